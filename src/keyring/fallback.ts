import { KeyringError } from '../core/errors.ts';
import type { KeyringContext, Keyring } from './contract.ts';
import { checkKeyringType, openBackend } from './registry.ts';

export interface OpenedKeyring {
  readonly keyring: Keyring;
  /** The configured type, and why another one is used instead; undefined if it is used itself. */
  readonly insteadOf?: { readonly type: string; readonly reason: string };
}

/**
 * Opens the configured keyring. If a fallback is configured and the keyring is unavailable, opens the first
 * available one of the fallback. A keyring that is locked, timed out or has another password is not
 * unavailable. If all are unavailable, the configured one is returned, and its errors suggest the fix.
 *
 * @throws ERR_KEYRING_UNKNOWN_TYPE, also for a type of the fallback
 */
export async function openWithFallback(context: KeyringContext): Promise<OpenedKeyring> {
  const { keyring: settings } = context;
  const configured = await openBackend(context);
  const { fallback } = settings;
  if (fallback === undefined || fallback.value.length === 0) return { keyring: configured };
  const { source, tag } = fallback;
  const others = fallback.value.map((value) => ({ value, source, tag }));
  for (const type of others) checkKeyringType(type);
  const reason = await whyUnavailable(configured);
  if (reason === undefined) return { keyring: configured };
  for (const type of others) {
    const keyring = await openBackend({ ...context, keyring: { ...settings, type } });
    if ((await whyUnavailable(keyring)) !== undefined) continue;
    context.warn?.(
      `the ${settings.type.value} keyring is unavailable (${reason}): using ${type.value}, as configured in ${fallback.source}`,
    );
    context.host.log('keyring.fallback', {
      type: type.value,
      instead_of: settings.type.value,
      source: fallback,
    });
    return { keyring, insteadOf: { type: settings.type.value, reason } };
  }
  return { keyring: configured };
}

/**
 * Undefined of one that is there, which includes one that cannot be looked at: its use says why.
 */
async function whyUnavailable(keyring: Keyring): Promise<string | undefined> {
  try {
    const { state, reason = 'no reason given' } = await keyring.probe();
    return state === 'unavailable' ? reason : undefined;
  } catch (error) {
    if (error instanceof KeyringError) return undefined;
    throw error;
  }
}
