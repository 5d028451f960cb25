import { KeyringError, type KeyringErrorCode } from '../../../core/errors.ts';
import { run, say, storeAgain, type Hint } from '../../../core/hint.ts';
import type { BackendContext } from '../../contract.ts';
import { useFile, useMemory } from '../other-types.ts';
import type { CredentialError } from './credential-manager.ts';

/** The beginning of "… Credential Manager", for a message. */
export type Doing = 'read from' | 'write to' | 'delete from' | 'list';

/** What happened, in the keyring's terms, and what mends it. */
export interface Failure {
  readonly code: KeyringErrorCode;
  readonly reason: string;
  readonly hints: readonly Hint[];
}

/** What a network logon has none of, and a policy can forbid. */
export const noCredentialSet: Failure = {
  code: 'ERR_KEYRING_UNAVAILABLE',
  reason:
    'this logon session has no credentials of its own, as over SSH or WinRM and in some services',
  hints: [
    say('log on at the machine or by remote desktop, and run the command there'),
    useFile,
    useMemory,
  ],
};

const service: Failure = {
  code: 'ERR_KEYRING_UNAVAILABLE',
  reason: 'the service Credential Manager does not answer',
  hints: [run(['sc.exe', 'query', 'VaultSvc']), useFile, useMemory],
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
      hints: [run(['whoami', '/all'], 'to show the user and its privileges'), useFile],
    },
  ],
  // NTE_BAD_KEY_STATE
  [
    0x8009000b,
    {
      code: 'ERR_KEYRING_DAMAGED',
      reason:
        'Windows cannot decrypt it, as after the password of the account was reset by somebody else',
      hints: storeAgain,
    },
  ],
]);

export function describeFailure({ call, status }: CredentialError): Failure {
  return (
    failures.get(status) ?? {
      code: 'ERR_KEYRING_IO',
      reason: `${call} answered error ${status}`,
      hints: [run(['net', 'helpmsg', String(status)])],
    }
  );
}

export function keyringError(
  { type }: Pick<BackendContext, 'type'>,
  doing: Doing,
  { code, reason, hints }: Failure,
  cause: CredentialError,
): KeyringError {
  const message = `cannot ${doing} Credential Manager: ${reason} (type system from ${type.source})`;
  return new KeyringError(code, message, { hints, cause });
}

/** Of an entry under our name that we did not make. It stays as it is. */
export function foreignError(name: string, what: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_FOREIGN',
    `the entry ${JSON.stringify(name)} in Credential Manager is not ours: ${what}`,
    {
      hints: [
        run(
          ['cmdkey', '/list'],
          'to find it, and if no other program needs it, remove it with cmdkey /delete:TARGET',
        ),
      ],
    },
  );
}
