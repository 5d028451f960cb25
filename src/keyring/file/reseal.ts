import { randomBytes } from 'node:crypto';
import type { KeyringError } from '../../core/errors.ts';
import { isOwnEntry } from '../key.ts';
import type { Derivation } from './derivation.ts';
import { parseItem, type EntryFile } from './entry.ts';
import {
  hasParameters,
  openJwe,
  parametersName,
  sealJwe,
  type Jwe,
  type KeyParameters,
} from './jwe.ts';
import type { IsOwn } from './own-entries.ts';
import { isStrongFor } from './strength.ts';
import { damagedEntry, notUnwrapped, openWithin, untried, type Bounds } from './torn.ts';

/** How entries are to be encrypted. */
export interface Target {
  /** Of the password that the entries are to have. */
  readonly derivation: Derivation;
  readonly parameters: KeyParameters;
  readonly wrappingKey: Buffer;
  /** The text of the verifier for this password. */
  readonly verifier: string;
}

export interface Resealing {
  /** Whether an entry is our own, according to its name. */
  readonly isOwn: IsOwn;
  /** Of the passwords that the entries may have. */
  readonly derivations: readonly Derivation[];
  readonly target: Target;
  /** How to encrypt entries of other programs: not at all, with their own or with our strength. */
  readonly others: 'unchanged' | 'same-strength' | 'strong';
  /** Only reports what would be changed. */
  readonly isDryRun: boolean;
  /** Limits for wasted work. */
  readonly bounds: Bounds;
  /**
   * New parameters for other programs' entries, by old parameters, so that shared salts stay
   * shared.
   */
  readonly alike: Map<string, KeyParameters>;
}

export interface Resealed {
  /** Undefined if the entry does not change. */
  readonly text?: string;
  readonly isWeakOther: boolean;
}

/** Decrypts an entry and encrypts it again if it does not match the target. */
export async function reseal(
  resealing: Resealing,
  token: Jwe,
  entry: EntryFile,
): Promise<Resealed | { fault: KeyringError }> {
  const { derivations, target, bounds, others, isDryRun, isOwn } = resealing;
  if (isUnderTarget(token, target)) return { isWeakOther: false };
  const opened = await openWithin(bounds, token, derivations);
  if (opened === undefined) throw untried(entry.path);
  if ('failed' in opened) {
    const faulty = { path: entry.path, isOwn: isOwn(entry.key) };
    const isContent = opened.failed === 'content';
    return {
      fault: isContent ? damagedEntry(faulty, 'its content was changed') : notUnwrapped(faulty),
    };
  }
  const { plaintext, derivation } = opened;
  try {
    if (holdsOwn(entry, plaintext, isOwn) || others === 'strong') {
      const text = sealJwe(plaintext, target.parameters, target.wrappingKey);
      return { text, isWeakOther: false };
    }
    const isWeakOther = !isStrongFor(derivation, token.parameters);
    const isDone = others === 'unchanged' || (derivation === target.derivation && !isDryRun);
    if (isDone) return { isWeakOther };
    const parameters = parametersLike(resealing, token.parameters);
    const wrappingKey = await target.derivation.wrappingKey(parameters);
    return { text: sealJwe(plaintext, parameters, wrappingKey), isWeakOther };
  } finally {
    plaintext.fill(0);
  }
}

function isUnderTarget(token: Jwe, { parameters, wrappingKey }: Target): boolean {
  if (!hasParameters(token, parameters)) return false;
  const opened = openJwe(token, wrappingKey);
  if ('failed' in opened) return false;
  opened.plaintext.fill(0);
  return true;
}

/** Decides by the name and, if that is not enough, by the value. */
function holdsOwn({ key }: EntryFile, plaintext: Buffer, isOwn: IsOwn): boolean {
  if (key === undefined || isOwn(key)) return isOwn(key);
  const item = parseItem(plaintext);
  return !('fault' in item) && isOwnEntry(key, item.value);
}

/** Parameters of the same strength with a new salt: a salt is never used for two passwords. */
function parametersLike({ target, alike }: Resealing, parameters: KeyParameters): KeyParameters {
  const { algorithm, rounds, salt } = parameters;
  if (algorithm === target.parameters.algorithm && rounds === target.parameters.rounds)
    return target.parameters;
  const name = parametersName(parameters);
  const known = alike.get(name) ?? { algorithm, rounds, salt: randomBytes(salt.length) };
  alike.set(name, known);
  return known;
}
