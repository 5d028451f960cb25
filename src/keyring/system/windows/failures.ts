import { KeyringError, type KeyringErrorCode } from '../../../core/errors.ts';
import type { BackendContext } from '../../contract.ts';
import type { CredentialError } from './credential-manager.ts';

/** The beginning of "… Credential Manager", for a message. */
export type Doing = 'read from' | 'write to' | 'delete from' | 'list';

/** What happened, in the keyring's terms, and what mends it. */
export interface Failure {
  readonly code: KeyringErrorCode;
  readonly reason: string;
  readonly hints: readonly string[];
}

const fileWay =
  'export ATMOS_KEYRING_TYPE=file      # an encrypted file, with a password (auth.keyring.type: file)';
const memoryWay = 'export ATMOS_KEYRING_TYPE=memory    # nothing kept, for this run only';

/** What a network logon has none of, and a policy can forbid. */
export const noCredentialSet: Failure = {
  code: 'ERR_KEYRING_UNAVAILABLE',
  reason:
    'this logon session has no credentials of its own, as over SSH or WinRM and in some services',
  hints: ['log on at the machine or by remote desktop, and run it there', fileWay, memoryWay],
};

const service: Failure = {
  code: 'ERR_KEYRING_UNAVAILABLE',
  reason: 'the service Credential Manager does not answer',
  hints: ['sc.exe query VaultSvc', fileWay, memoryWay],
};

// Errors of winerror.h.
const failures: ReadonlyMap<number, Failure> = new Map([
  // ERROR_NO_SUCH_LOGON_SESSION
  [1312, noCredentialSet],
  // ERROR_SERVICE_DISABLED, ERROR_SERVICE_NOT_ACTIVE, RPC_S_SERVER_UNAVAILABLE, RPC_S_CALL_FAILED
  ...[1058, 1062, 1722, 1726].map((status) => [status, service] as const),
  // ERROR_ACCESS_DENIED
  [
    5,
    {
      code: 'ERR_KEYRING_PERMISSIONS',
      reason: 'Windows denies access',
      hints: ['whoami /all    # who runs this, and with which privileges', fileWay],
    },
  ],
  // NTE_BAD_KEY_STATE
  [
    0x8009000b,
    {
      code: 'ERR_KEYRING_DAMAGED',
      reason:
        'Windows cannot decrypt it, as after the password of the account was reset by somebody else',
      hints: ['store it again: atmos auth user configure, or atmos auth login --force'],
    },
  ],
]);

export function describeFailure({ call, status }: CredentialError): Failure {
  return (
    failures.get(status) ?? {
      code: 'ERR_KEYRING_IO',
      reason: `${call} answered error ${status}`,
      hints: [`net helpmsg ${status}`],
    }
  );
}

export function keyringError(
  { settings }: Pick<BackendContext, 'settings'>,
  doing: Doing,
  { code, reason, hints }: Failure,
): KeyringError {
  const message = `cannot ${doing} Credential Manager: ${reason} (type system from ${settings.type.source})`;
  return new KeyringError(code, message, { hints });
}

/** Of an entry under our name that we did not make. It stays as it is. */
export function foreignError(name: string, what: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_FOREIGN',
    `the entry ${JSON.stringify(name)} in Credential Manager is not ours: ${what}`,
    { hints: ['cmdkey /list    # then remove it with cmdkey /delete:TARGET, if nobody needs it'] },
  );
}
