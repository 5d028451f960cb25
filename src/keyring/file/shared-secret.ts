import { createHash, randomBytes } from 'node:crypto';
import { KeyringError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import type { Identities } from '../identity-file.ts';
import { hasRecipientForm } from '../recipient.ts';
import { maxEntryBytes } from './entry.ts';
import { isSecretText } from './strength.ts';

/**
 * The random secret that is the password of a keyring with readers, and what `.state/secret.age`
 * contains. The file is encrypted for the readers. Only a reader knows the secret, so a file with the
 * right secret was written by a reader: that authenticates the list of readers in it.
 */

const secretBytes = 32;
const fingerprintForm = /^[0-9a-f]{32}$/;
const currentVersion = 1;
/** Far above the number of changes that people make. */
export const maxRevision = 1_000_000;

/** What the readers of a keyring share. */
export interface SharedSecret {
  readonly secret: string;
  /** From 1 to {@link maxRevision}. Grows with each change of the readers of a secret. */
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
    revision >= 1 &&
    revision <= maxRevision &&
    isListOf(readers, hasRecipientForm) &&
    isListOf(earlier, isFingerprint);
  return isValid ? { secret, revision, readers, earlier } : undefined;
}

function isListOf(value: unknown, isItem: (text: string) => boolean): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && isItem(item));
}

/**
 * The text of `.state/secret.age`, encrypted for the readers. It is opened and parsed again before it
 * is returned, because it replaces the only copy of the secret.
 *
 * @param own of the user, who may have removed their own key from the readers
 * @throws ERR_KEYRING_DAMAGED for a reader that an earlier list has with a wrong checksum, and for a
 *   text that cannot be read again; ERR_KEYRING_TOO_LARGE
 */
export async function wrapSecret(
  shared: SharedSecret,
  { identities, recipients }: Pick<Identities, 'identities' | 'recipients'>,
): Promise<string> {
  const { decryptWith, encryptFor, isRecipient } = await import('../age.ts');
  const invalid = shared.readers.find((reader) => !isRecipient(reader));
  if (invalid !== undefined) {
    throw new KeyringError(
      'ERR_KEYRING_DAMAGED',
      `nothing was changed, because the reader ${invalid} is not a public key of age: its checksum is wrong`,
      { hints: [run(['atmos', 'auth', 'keyring', 'recipients', 'remove', invalid])] },
    );
  }
  const text = formatSharedSecret(shared);
  const wrapped = await encryptFor(shared.readers, text);
  if (Buffer.byteLength(wrapped) > maxEntryBytes) {
    throw new KeyringError(
      'ERR_KEYRING_TOO_LARGE',
      `nothing was changed, because the list of readers would have ${Buffer.byteLength(wrapped)} bytes, and at most ${maxEntryBytes} can be read`,
    );
  }
  const isReader = recipients.some((recipient) => shared.readers.includes(recipient));
  const opened = isReader ? await decryptWith(identities, wrapped) : { text };
  const parsed = 'text' in opened ? parseSharedSecret(opened.text) : undefined;
  if (parsed !== undefined && 'secret' in parsed && formatSharedSecret(parsed) === text)
    return wrapped;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    'nothing was changed, because the new wrapped secret could not be read again',
  );
}
