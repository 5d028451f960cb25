import { KeyringError, type KeyringErrorCode } from '../../../core/errors.ts';
import { run, say, storeAgain, type Hint } from '../../../core/hint.ts';
import type { BackendContext } from '../../contract.ts';
import { useFile, useMemory } from '../other-types.ts';
import type { CredentialError } from './credential-manager.ts';

/** The beginning of "… Credential Manager", for a message. */
export type Doing = 'read from' | 'write to' | 'delete from' | 'list';

/** A failure in the keyring's terms, with hints. */
export interface Failure {
  readonly code: KeyringErrorCode;
  readonly reason: string;
  readonly hints: readonly Hint[];
}

/** A network logon has no credential store, and a policy can forbid one. */
export const noCredentialSet: Failure = {
  code: 'ERR_KEYRING_UNAVAILABLE',
  reason: 'this logon session has no credential store (as over SSH or WinRM and in some services)',
  hints: [
    say('log on at the machine or by remote desktop, and run the command there'),
    useFile,
    useMemory,
  ],
};

const service: Failure = {
  code: 'ERR_KEYRING_UNAVAILABLE',
  reason: 'the Credential Manager service does not answer',
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
        'Windows cannot decrypt it; this happens after an administrator resets the account password',
      hints: storeAgain,
    },
  ],
]);

export function describeFailure({ call, status }: CredentialError): Failure {
  return (
    failures.get(status) ?? {
      code: 'ERR_KEYRING_IO',
      reason: `${call} failed with error ${status}`,
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

/** For an entry under our name that another program wrote. It is not changed. */
export function foreignError(name: string, what: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_FOREIGN',
    `the entry ${JSON.stringify(name)} in Credential Manager was not written by atmos-auth: ${what}`,
    {
      hints: [
        run(
          ['cmdkey', '/list'],
          'to find it; if no other program needs it, remove it with cmdkey /delete:TARGET',
        ),
      ],
    },
  );
}
