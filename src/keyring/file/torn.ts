import { KeyringError } from '../../core/errors.ts';
import { moveHome, run, say } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import { createAllowance, type Allowance } from './allowance.ts';
import type { Derivation } from './derivation.ts';
import { derivationWork, openJwe, type Jwe } from './jwe.ts';

// Writers that do not replace files atomically, such as Go's, leave an incomplete file for a
// moment.
export const tornReads = 5;
export const tornReadPauseMs = 20;
// Many malformed files must cost no more than a few: in total half a second of pauses, and a
// limited number of derivations with our own parameters.
const pausesInVain = 25;
const derivationsInVain = 8;

/** Limits for wasted work on entries that are opened one after another. */
export interface Bounds {
  /** Pauses for files that stay malformed. */
  readonly pauses: Allowance;
  /** The work of deriving keys that open nothing. */
  readonly derivations: Allowance;
}

export function createBounds(host: Host): Bounds {
  return {
    pauses: createAllowance(pausesInVain, host),
    derivations: createAllowance(derivationsInVain, host),
  };
}

/** Retries while an entry may be incomplete: malformed, or a mixture of its old and new text. */
export async function whenWhole<T extends object>(
  { host, bounds }: { readonly host: Host; readonly bounds: Bounds },
  attempt: () => Promise<T | { fault: KeyringError } | undefined>,
): Promise<T | undefined> {
  for (let attempts = 1; ; attempts++) {
    const result = await attempt();
    if (result === undefined || !('fault' in result)) {
      bounds.pauses.giveBack(attempts - 1);
      return result;
    }
    if (attempts === tornReads || !bounds.pauses.take(1)) throw result.fault;
    await host.sleep(tornReadPauseMs);
  }
}

type Opened =
  | { readonly plaintext: Buffer; readonly derivation: Derivation }
  | { readonly failed: 'key' | 'content' };

/**
 * Derives the key of an entry with each of the passwords that it may have, and decrypts it.
 * Undefined if this entry was not tried, because too many other entries did not open.
 */
export async function openWithin(
  { derivations }: Bounds,
  token: Jwe,
  passwords: readonly Derivation[],
): Promise<Opened | undefined> {
  let inVain = 0;
  for (const derivation of passwords) {
    const work = derivation.isDerived(token.parameters) ? 0 : derivationWork(token.parameters);
    if (!derivations.take(work)) return undefined;
    inVain += work;
    const opened = openJwe(token, await derivation.wrappingKey(token.parameters));
    if ('failed' in opened && opened.failed === 'key') continue;
    derivations.giveBack(inVain);
    return 'plaintext' in opened ? { ...opened, derivation } : opened;
  }
  return { failed: 'key' };
}

/** The error for an entry that {@link openWithin} did not try. */
export function untried(path: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the entry ${path} was not tried: too many other entries cannot be decrypted with the password`,
    { hints: [run(['atmos', 'auth', 'keyring', 'doctor'], 'to list them')] },
  );
}

/** The file of an entry with an error. */
export interface FaultyEntry {
  readonly path: string;
  /** Whether the entry is our own. */
  readonly isOwn: boolean;
}

/** Like {@link damaged}, but without a hint to move an entry of another program away. */
export function damagedEntry({ path, isOwn }: FaultyEntry, fault: string): KeyringError {
  if (isOwn) return damaged(path, fault);
  return new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${path} is damaged: ${fault}`);
}

/** The error for an entry whose content key does not unwrap although the password is right. */
export function notUnwrapped({ path, isOwn }: FaultyEntry): KeyringError {
  if (isOwn) return damaged(path, 'it was changed, or encrypted with another password');
  return new KeyringError(
    'ERR_KEYRING_FOREIGN',
    `the entry ${path} is not readable with this password: another program encrypted it with another password, or it was changed`,
  );
}

export function damaged(path: string, fault: string): KeyringError {
  return new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${path} is damaged: ${fault}`, {
    hints: [moveHome(path, 'before storing it again or restoring it from a backup')],
  });
}

/** The error for an accepted secret of a keyring with readers that opens no entry. */
export function wrongSecret(location: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the secret of the keyring ${location} opens neither its verifier nor its entries: they belong to another keyring or to an earlier state of this one`,
    {
      hints: [say('restore .state/ and the entries together, or wait until they are synchronized')],
    },
  );
}
