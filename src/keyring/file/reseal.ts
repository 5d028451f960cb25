import { randomBytes } from 'node:crypto';
import type { KeyringError } from '../../core/errors.ts';
import { isOwnEntry } from '../key.ts';
import type { Derivation } from './derivation.ts';
import { parseItem, type EntryFile } from './entry.ts';
import {
  hasParameters,
  isStrong,
  openJwe,
  parametersName,
  sealJwe,
  type Jwe,
  type KeyParameters,
} from './jwe.ts';
import type { IsOwn } from './own-entries.ts';
import { damagedEntry, notUnwrapped, openWithin, untried, type Bounds } from './torn.ts';

/** What entries are to be encrypted under. */
export interface Target {
  /** Of the password. */
  readonly derivation: Derivation;
  readonly parameters: KeyParameters;
  readonly wrappingKey: Buffer;
  /** The text of the verifier that says so. */
  readonly verifier: string;
}

export interface Resealing {
  /** Whether an entry is one of ours, as far as the name says. */
  readonly isOwn: IsOwn;
  /** Of the passwords that an entry may be under. */
  readonly derivations: readonly Derivation[];
  readonly target: Target;
  /** What entries of other programs are to be: as they are, or encrypted anew, as strongly as what. */
  readonly others: 'unchanged' | 'same-strength' | 'strong';
  /** Only tells what there is to do. */
  readonly isDryRun: boolean;
  /** What may still be spent in vain. */
  readonly bounds: Bounds;
  /** New parameters of other programs' entries, by the old ones: entries that share a salt go on to. */
  readonly alike: Map<string, KeyParameters>;
}

export interface Resealed {
  /** Undefined for an entry that stays as it is. */
  readonly text?: string;
  readonly isWeakOther: boolean;
}

/** Opens an entry, and encrypts it anew unless it is as it is to be. */
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
    const isWeakOther = !isStrong(token.parameters);
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

/** By the name, and where that does not decide by the value. */
function holdsOwn({ key }: EntryFile, plaintext: Buffer, isOwn: IsOwn): boolean {
  if (key === undefined || isOwn(key)) return isOwn(key);
  const item = parseItem(plaintext);
  return !('fault' in item) && isOwnEntry(key, item.value);
}

/** As strong as those, with another salt: none is used again under another password. */
function parametersLike({ target, alike }: Resealing, parameters: KeyParameters): KeyParameters {
  const { algorithm, rounds, salt } = parameters;
  if (algorithm === target.parameters.algorithm && rounds === target.parameters.rounds)
    return target.parameters;
  const name = parametersName(parameters);
  const known = alike.get(name) ?? { algorithm, rounds, salt: randomBytes(salt.length) };
  alike.set(name, known);
  return known;
}
