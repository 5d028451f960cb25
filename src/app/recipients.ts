import type { AuthPlan } from '../auth/plan.ts';
import { keyringNeeds } from '../auth/trust-needs.ts';
import { requireTrust } from '../config/trust.ts';
import { AtmosError } from '../core/errors.ts';
import { setVariable } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type {
  AddedReaders,
  KeyringCaller,
  KeyringReaders,
  ReadersChange,
  ReadersControl,
  RemovedReader,
} from '../keyring/contract.ts';
import {
  locationOf,
  readersOf,
  revealPassword,
  settleCapable,
  usableTypes,
  type SettledBackend,
} from '../keyring/registry.ts';
import type { Progress, StartProgress } from './copy-entries.ts';
import { keyringContext } from './keyring-context.ts';

export interface RecipientServices extends Pick<KeyringCaller, 'promptPassword'> {
  readonly host: Host;
  readonly warn: NonNullable<KeyringCaller['warn']>;
}

/** A result, and the keyring's directory. */
export type Located<T> = T & { readonly location: string };

export interface ListedReaders extends Located<KeyringReaders> {
  /** The recipients of the configuration. Undefined if it has none. */
  readonly configured: readonly string[] | undefined;
}

/** The readers of the file keyring, to be compared with those of the configuration. */
export async function listRecipients(
  plan: AuthPlan,
  services: RecipientServices,
): Promise<ListedReaders> {
  const configured = plan.keyring.spec['recipients']?.value;
  const readers = await withReaders(plan, services, (control, context) => control.list(context));
  return {
    ...readers,
    configured: configured === undefined ? undefined : [configured].flat().map(String),
  };
}

/** Adds readers to the file keyring. */
export async function addRecipients(
  plan: AuthPlan,
  recipients: readonly string[],
  services: RecipientServices,
): Promise<Located<AddedReaders>> {
  return withReaders(plan, services, (control, context) => control.add(context, recipients));
}

/**
 * Removes a reader from the file keyring and changes its secret. SIGINT, SIGTERM and SIGHUP cancel the
 * change until it is committed; after that it is completed.
 */
export async function removeRecipient(
  plan: AuthPlan,
  recipient: string,
  services: RecipientServices & { readonly startProgress: StartProgress },
): Promise<Located<RemovedReader>> {
  const leaving = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stopListening = services.host.onSignals(signals, () => leaving.abort());
  let progress: Progress | undefined;
  try {
    return await withReaders(plan, services, (control, context) =>
      control.remove(context, recipient, {
        signal: leaving.signal,
        onProgress(done, total) {
          progress ??= services.startProgress({ doing: 're-encrypting', total });
          void progress.tell(done).catch(() => {});
        },
      }),
    );
  } finally {
    stopListening();
    await progress?.end();
  }
}

/**
 * Accepts the secret of the file keyring on this machine.
 *
 * @param fingerprint which one. Undefined: the one that `confirm` agrees to
 * @param services `confirm` shows the change; it is called only without a fingerprint, and only if
 *   the secret is not accepted yet
 * @returns undefined if the user did not agree
 */
export async function acceptRecipients(
  plan: AuthPlan,
  fingerprint: string | undefined,
  services: RecipientServices & {
    confirm(change: Located<ReadersChange>): Promise<boolean>;
  },
): Promise<Located<ReadersChange> | undefined> {
  if (fingerprint !== undefined) {
    return withReaders(plan, services, (control, context) => control.accept(context, fingerprint));
  }
  const change = await withReaders(plan, services, (control, context) => control.look(context));
  if (!change.isAccepted && !(await services.confirm(change))) return undefined;
  return withReaders(plan, services, (control, context) =>
    control.accept(context, change.fingerprint),
  );
}

/** The password of the file keyring, for other programs. */
export async function revealKeyringPassword(
  plan: AuthPlan,
  { host, ...caller }: RecipientServices,
): Promise<string> {
  const settled = settleUsed(plan, host, 'revealPassword');
  return revealPassword({ ...settled, context: { ...settled.context, ...caller } });
}

async function withReaders<T extends object>(
  plan: AuthPlan,
  { host, warn }: RecipientServices,
  use: (control: ReadersControl, context: SettledBackend['context']) => Promise<T>,
): Promise<Located<T>> {
  const settled = settleUsed(plan, host, 'loadReaders');
  const control = await readersOf(settled);
  const result = await use(control, { ...settled.context, warn });
  return { ...result, location: locationOf(settled) };
}

/** @throws ERR_USAGE for another type of keyring; ERR_CONFIG_UNTRUSTED */
function settleUsed(
  plan: AuthPlan,
  host: Host,
  capability: 'loadReaders' | 'revealPassword',
): SettledBackend {
  const { keyring } = plan;
  const settled = settleCapable(keyringContext(plan, host), capability);
  const { type } = settled.backend;
  if (usableTypes(keyring).includes(type)) {
    const needs = keyringNeeds(plan, host, undefined, [settled.backend]);
    for (const need of needs) requireTrust(plan.config, need, host);
    return settled;
  }
  throw new AtmosError(
    'ERR_USAGE',
    `the keyring type is ${keyring.type.value} (from ${keyring.type.source}), but only a ${type} keyring has ${capability === 'loadReaders' ? 'readers' : 'a password'}`,
    { hints: [setVariable('ATMOS_KEYRING_TYPE', type)] },
  );
}
