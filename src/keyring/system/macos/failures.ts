import { KeyringError, type KeyringErrorCode } from '../../../core/errors.ts';
import { run, storeAgain, type Hint } from '../../../core/hint.ts';
import type { BackendContext } from '../../contract.ts';
import { useFile, useMemory } from '../other-types.ts';

/** A failure in the keyring's terms, and which kind of hint helps. */
export interface Failure {
  readonly code: KeyringErrorCode;
  readonly reason: string;
  readonly remedy: 'unlock' | 'allow' | 'choose' | 'replace' | 'look';
  /** What the system said, for the log. */
  readonly cause?: unknown;
}

/** Status of Security.framework for a missing item. */
export const itemNotFound = -25300;
/** Status for an item that exists already. */
export const duplicateItem = -25299;

const cannotAsk = 'it is locked or needs consent, and this session cannot show a prompt';

const failures: ReadonlyMap<number, Failure> = new Map([
  [-25308, locked(cannotAsk)],
  [-25315, locked(cannotAsk)],
  [-25320, locked('it is locked, and no prompt can be shown while the machine sleeps')],
  [-128, locked('the prompt for its password or for consent was dismissed')],
  [-25293, denied('macOS denied access to the entry')],
  [-25243, denied('the entry does not allow access by any program')],
  [-25244, denied('the entry belongs to another program')],
  [duplicateItem, denied('the entry exists and macOS does not allow changing it')],
  [-25292, denied('the keychain is read-only')],
  [-61, denied('writing to the keychain is not allowed')],
  [-25291, unavailable('no keychain is available in this session')],
  [-25294, unavailable('the keychain does not exist')],
  [-25307, unavailable('there is no default keychain')],
  [-25295, { code: 'ERR_KEYRING_DAMAGED', reason: 'the keychain is damaged', remedy: 'choose' }],
  [-34, { code: 'ERR_KEYRING_IO', reason: 'the disk is full', remedy: 'look' }],
  [-36, { code: 'ERR_KEYRING_IO', reason: 'the disk failed', remedy: 'look' }],
]);

/**
 * The status behind the exit code of `security`, which has only its lowest eight bits: the known
 * status with these bits, else the exit code itself.
 */
export function statusOfExit(exitCode: number): number {
  const known = [itemNotFound, ...failures.keys()];
  return known.find((status) => (status & 0xff) === exitCode) ?? exitCode;
}

export function describeStatus(status: number): Failure {
  const known = failures.get(status);
  if (known !== undefined) return known;
  const named = status < 0 ? `status ${status}` : `exit code ${status}`;
  return { code: 'ERR_KEYRING_IO', reason: `security failed with ${named}`, remedy: 'look' };
}

/** @param doing "read from", "write to" … */
export function keyringError(
  { type }: BackendContext,
  doing: string,
  { code, reason, remedy, cause }: Failure,
  keychain?: string,
): KeyringError {
  return new KeyringError(
    code,
    `cannot ${doing} the system keyring: ${reason} (type system from ${type.source})`,
    { hints: hintsFor(remedy, keychain), cause },
  );
}

export function unavailable(reason: string): Failure {
  return { code: 'ERR_KEYRING_UNAVAILABLE', reason, remedy: 'choose' };
}

export function damaged(reason: string): Failure {
  return { code: 'ERR_KEYRING_DAMAGED', reason, remedy: 'replace' };
}

function locked(reason: string): Failure {
  return { code: 'ERR_KEYRING_LOCKED', reason, remedy: 'unlock' };
}

function denied(reason: string): Failure {
  return { code: 'ERR_KEYRING_PERMISSIONS', reason, remedy: 'allow' };
}

function hintsFor(remedy: Failure['remedy'], keychain: string | undefined): readonly Hint[] {
  switch (remedy) {
    case 'unlock': {
      const which = keychain === undefined ? [] : [keychain];
      return [run(['security', 'unlock-keychain', ...which]), useFile];
    }
    case 'allow':
      return [
        run(
          ['open', '-a', 'Keychain Access'],
          'to let security use the entry, under Access Control',
        ),
      ];
    case 'choose':
      return [
        run(
          ['security', 'default-keychain', '-s', 'login.keychain-db'],
          'if you have that keychain',
        ),
        useFile,
        useMemory,
      ];
    case 'replace':
      return storeAgain;
    case 'look':
      return [run(['atmos', 'auth', 'keyring', 'status'])];
  }
}
