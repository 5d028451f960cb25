import { AtmosError, isAtmosError } from '../../core/errors.ts';
import type { Keyring, KeyringSettings } from '../../keyring/contract.ts';
import { openWithFallback, type OpenedKeyring } from '../../keyring/fallback.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlanIfAny } from '../plan.ts';
import { exitCodeOf } from '../report.ts';
import { formatRows } from '../rows.ts';

/** The documented form of `-o json`: always every field, null for what is not known. */
interface KeyringStatus {
  /** `system`, `file` or `memory`: the configured one. */
  type: string;
  /** What settled the type. */
  source: string;
  location: string;
  /** What settled the directory; null but for `file`. */
  location_source: string | null;
  /** Whether another process finds what was stored. */
  persistent: boolean;
  state: 'ready' | 'locked' | 'unavailable';
  /** What there is to say of the state. */
  reason: string | null;
  /** All there are, those of other programs too; null when that cannot be told without asking. */
  entries: number | null;
  /** The type used in its place, because it is unavailable and `auth.keyring.fallback` says so. */
  fallback: string | null;
}

/**
 * `atmos auth keyring status`: which keyring, why, where, and whether it would open. Asks for
 * nothing and runs nothing. Fails when it is unavailable; the JSON is printed all the same.
 */
export async function keyringStatus(context: Context, { values }: Invocation): Promise<number> {
  const { host, out, note } = context;
  const { keyring: settings } = await loadPlanIfAny(context);
  const opened = await openWithFallback({ settings, host });
  const { keyring } = opened;
  const status = await statusOf(opened, settings);
  const failure =
    status.state === 'unavailable' ? await whyUnavailable(keyring, status) : undefined;
  if (values['output'] === 'json') {
    await out(`${JSON.stringify(status, null, 2)}\n`);
    return failure === undefined ? 0 : exitCodeOf(failure);
  }
  await note(formatStatus(status));
  if (failure !== undefined) throw failure;
  return 0;
}

async function statusOf(
  { keyring, insteadOf }: OpenedKeyring,
  settings: KeyringSettings,
): Promise<KeyringStatus> {
  const { state, reason } = await keyring.probe();
  const { type, location, persistent } = keyring.info;
  return {
    type: settings.type.value,
    source: settings.type.source,
    location,
    location_source: type === 'file' ? settings.directory.source : null,
    persistent,
    state,
    reason: insteadOf?.reason ?? reason ?? null,
    entries: listsUnasked(state, type) ? (await keyring.keys()).length : null,
    fallback: insteadOf === undefined ? null : type,
  };
}

/** A system keyring that is locked would ask a person to unlock it before it lists. */
function listsUnasked(state: KeyringStatus['state'], type: string): boolean {
  return state === 'ready' || (state === 'locked' && type !== 'system');
}

/** The error that whoever uses the keyring gets: it says what mends it, which a probe does not. */
async function whyUnavailable(
  keyring: Keyring,
  { type, reason }: KeyringStatus,
): Promise<AtmosError> {
  try {
    await keyring.keys();
  } catch (error) {
    if (isAtmosError(error)) return error;
    throw error;
  }
  const message = `the ${type} keyring cannot be used: ${reason ?? 'it does not say why'}`;
  return new AtmosError('ERR_KEYRING_UNAVAILABLE', message);
}

function formatStatus(status: KeyringStatus): string {
  const { reason, state } = status;
  const from = status.location_source === null ? '' : ` (${status.location_source})`;
  return formatRows([
    ['Keyring', `${status.type} (${status.source})`],
    [
      'Instead',
      status.fallback === null ? undefined : `${status.fallback} (auth.keyring.fallback)`,
    ],
    ['Where', `${status.location}${from}`],
    // What makes it unavailable follows as the error.
    ['State', reason === null || state === 'unavailable' ? state : `${state}: ${reason}`],
    ['Entries', status.entries === null ? undefined : String(status.entries)],
    [
      'Kept',
      status.persistent ? 'for other processes' : 'by this process alone: gone when it ends',
    ],
  ]);
}
