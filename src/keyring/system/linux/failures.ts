import { KeyringError, type KeyringErrorCode } from '../../../core/errors.ts';
import { run, type Hint } from '../../../core/hint.ts';
import type { Host } from '../../../host/host.ts';
import type { BackendContext } from '../../contract.ts';
import { isBusError, type BusError } from './dbus/bus-error.ts';
import { resolveRuntimeEnvironment, unlockingWays, waysOut } from './runtime-environment.ts';

/** A failure in the keyring's terms, and which kind of hint helps. */
export interface Failure {
  readonly code: KeyringErrorCode;
  readonly reason: string;
  readonly remedy: 'install' | 'unlock' | 'disconnect' | 'look';
}

const maxTextLength = 200;
const errorOfBus = 'org.freedesktop.DBus.Error.';
const noProvider = unavailable('no program provides the Secret Service on the session bus');

const answers: ReadonlyMap<string, Failure> = new Map([
  [`${errorOfBus}ServiceUnknown`, noProvider],
  [`${errorOfBus}NameHasNoOwner`, noProvider],
  [`${errorOfBus}AccessDenied`, unavailable('the session bus denies access to the Secret Service')],
  [
    `${errorOfBus}LimitsExceeded`,
    {
      code: 'ERR_KEYRING_BUSY',
      reason: 'the session bus has no connections or requests left for this user',
      remedy: 'disconnect',
    },
  ],
  [
    `${errorOfBus}NoReply`,
    {
      code: 'ERR_KEYRING_IO',
      reason: 'the keyring service exited before it answered',
      remedy: 'look',
    },
  ],
  [
    'org.freedesktop.Secret.Error.IsLocked',
    { code: 'ERR_KEYRING_LOCKED', reason: 'it is locked', remedy: 'unlock' },
  ],
]);

const faults = {
  absent: ['ERR_KEYRING_UNAVAILABLE', 'install'],
  unreachable: ['ERR_KEYRING_UNAVAILABLE', 'install'],
  rejected: ['ERR_KEYRING_UNAVAILABLE', 'install'],
  empty: ['ERR_KEYRING_UNAVAILABLE', 'unlock'],
  closed: ['ERR_KEYRING_IO', 'look'],
  timeout: ['ERR_KEYRING_TIMEOUT', 'unlock'],
  malformed: ['ERR_KEYRING_DAMAGED', 'look'],
  locked: ['ERR_KEYRING_LOCKED', 'unlock'],
  session: ['ERR_KEYRING_DAMAGED', 'look'],
} as const satisfies Record<
  Exclude<BusError['fault'], 'answered'>,
  readonly [KeyringErrorCode, Failure['remedy']]
>;

export function describeFailure(error: BusError): Failure {
  if (error.fault !== 'answered') {
    const [code, remedy] = faults[error.fault];
    return { code, remedy, reason: error.message };
  }
  const known = answers.get(error.errorName);
  if (known) return known;
  const said = printable(`${error.errorName} ${error.message}`);
  return error.errorName.startsWith(`${errorOfBus}Spawn.`)
    ? unavailable(`the keyring service could not be started: ${said}`)
    : { code: 'ERR_KEYRING_IO', reason: `the keyring service answered ${said}`, remedy: 'look' };
}

/** @param doing "read from", "write to" … */
export function keyringError(
  context: BackendContext,
  doing: string,
  failure: Failure,
  cause: BusError,
): KeyringError {
  const { type, host } = context;
  return new KeyringError(
    failure.code,
    `cannot ${doing} the system keyring: ${failure.reason} (type system from ${type.source})`,
    { hints: hintsFor(failure.remedy, host), cause },
  );
}

/** Whether the item that was requested no longer exists. */
export function isGone(error: unknown): boolean {
  const names = [
    'org.freedesktop.Secret.Error.NoSuchObject',
    `${errorOfBus}UnknownObject`,
    `${errorOfBus}UnknownMethod`,
  ];
  return isBusError(error, 'answered') && names.includes(error.errorName);
}

function hintsFor(remedy: Failure['remedy'], host: Host): readonly Hint[] {
  const environment = resolveRuntimeEnvironment(host);
  switch (remedy) {
    case 'install':
      return waysOut(environment, host);
    case 'unlock':
      return unlockingWays(environment);
    case 'disconnect':
      return [run(['busctl', '--user', 'list'], 'to list the connected programs')];
    case 'look':
      return [run(['atmos', 'auth', 'keyring', 'status'])];
  }
}

function unavailable(reason: string): Failure {
  return { code: 'ERR_KEYRING_UNAVAILABLE', reason, remedy: 'install' };
}

/** Text of another program: printable characters only, with limited length. */
function printable(text: string): string {
  const shown = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return shown.length > maxTextLength ? `${shown.slice(0, maxTextLength)}...` : shown;
}
