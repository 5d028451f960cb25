import { KeyringError } from '../../core/errors.ts';
import { moveHome, run } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import { createAllowance, type Allowance } from './allowance.ts';
import type { Derivation } from './derivation.ts';
import { derivationWork, openJwe, type Jwe } from './jwe.ts';

// A writer that does not replace files whole, as Go's, shows a torn one for a moment.
export const tornReads = 5;
export const tornReadPauseMs = 20;
// A thousand malformed files must cost no more than a few: half a second of pauses, and derivations of
// our own strength.
const pausesInVain = 25;
const derivationsInVain = 8;

/** What entries that are opened one after another may cost in vain. */
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

/** Tries again while an entry may be torn: malformed, or the halves of two that look like one. */
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
 * Derives the key of an entry with each of the passwords that it may be under, and opens it.
 * Undefined when so many entries did not open that this one was not tried.
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

/** The error of an entry that {@link openWithin} did not try. */
export function untried(path: string): KeyringError {
  return new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `the entry ${path} was not tried: too many other entries do not open with the password`,
    { hints: [run(['atmos', 'auth', 'keyring', 'doctor'], 'to name them')] },
  );
}

/** The file of an entry that is at fault. */
export interface FaultyEntry {
  readonly path: string;
  /** Whether it is one of ours. */
  readonly isOwn: boolean;
}

/** {@link damaged}; an entry of another program is never to be moved away. */
export function damagedEntry({ path, isOwn }: FaultyEntry, fault: string): KeyringError {
  if (isOwn) return damaged(path, fault);
  return new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${path} is damaged: ${fault}`);
}

/** The error of an entry whose content key does not unwrap, while the password is right. */
export function notUnwrapped({ path, isOwn }: FaultyEntry): KeyringError {
  if (isOwn) return damaged(path, 'it was changed, or written under another password');
  return new KeyringError(
    'ERR_KEYRING_FOREIGN',
    `the entry ${path} is not readable with this password: another program wrote it under another password, or it was changed`,
  );
}

export function damaged(path: string, fault: string): KeyringError {
  return new KeyringError('ERR_KEYRING_DAMAGED', `the entry ${path} is damaged: ${fault}`, {
    hints: [moveHome(path, 'before storing it again or restoring it from a backup')],
  });
}
