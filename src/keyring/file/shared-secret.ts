import { createHash, randomBytes } from 'node:crypto';
import { isObject, parseJson } from '../../core/json.ts';
import { hasRecipientForm } from '../recipient.ts';
import { isSecretText } from './strength.ts';

/**
 * The random secret that is the password of a keyring with readers, and what `.state/secret.age`
 * contains. The file is encrypted for the readers. Only a reader knows the secret, so a file with the
 * right secret was written by a reader: that authenticates the list of readers in it.
 */

const secretBytes = 32;
const fingerprintForm = /^[0-9a-f]{32}$/;
const currentVersion = 1;

/** What the readers of a keyring share. */
export interface SharedSecret {
  readonly secret: string;
  /** Grows with each change of the readers, also when the secret changes. */
  readonly revision: number;
  /** Public keys of age, sorted. */
  readonly readers: readonly string[];
  /** Fingerprints of the secrets that this one replaced, the oldest first. */
  readonly earlier: readonly string[];
}

export function createSecret(): string {
  return `akr1_${randomBytes(secretBytes).toString('base64url')}`;
}

/** Names a secret and tells nothing about it: 128 bits of a SHA-256, in hex. */
export function fingerprintOf(secret: string): string {
  return createHash('sha256')
    .update(`atmos-auth keyring secret\0${secret}`)
    .digest('hex')
    .slice(0, 32);
}

export function isFingerprint(text: string): boolean {
  return fingerprintForm.test(text);
}

export function formatSharedSecret({ secret, revision, readers, earlier }: SharedSecret): string {
  const shared = { version: currentVersion, secret, revision, readers, earlier };
  return `${JSON.stringify(shared, undefined, 2)}\n`;
}

/** Never throws. `newer`: the version of a file that a newer atmos-auth wrote. */
export function parseSharedSecret(text: string): SharedSecret | { newer: string } | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { version, secret, revision, readers, earlier } = value;
  if (typeof version === 'number' && version > currentVersion) return { newer: String(version) };
  const isValid =
    version === currentVersion &&
    typeof secret === 'string' &&
    isSecretText(secret) &&
    typeof revision === 'number' &&
    Number.isSafeInteger(revision) &&
    isListOf(readers, hasRecipientForm) &&
    isListOf(earlier, isFingerprint);
  return isValid ? { secret, revision, readers, earlier } : undefined;
}

function isListOf(value: unknown, isItem: (text: string) => boolean): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && isItem(item));
}

/** The text of `.state/secret.age`, encrypted for the readers. */
export async function wrapSecret(shared: SharedSecret): Promise<string> {
  const { encryptFor } = await import('../age.ts');
  return encryptFor(shared.readers, formatSharedSecret(shared));
}
