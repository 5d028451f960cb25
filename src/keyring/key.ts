import { KeyringError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';

/** Longest key that is written, counted as bytes of its encoded file name. */
export const maxKeyBytes = 240;
/** Longest name of a file on every system: other programs write entries that use all of it. */
export const maxNameBytes = 255;
/** Most bytes of UTF-8 in a value of `file` and `memory`. */
export const maxValueBytes = 1024 * 1024;
/** Most bytes of UTF-8 in a value of `system`. */
export const maxSystemValueBytes = 64 * 1024;

/**
 * The file name of a key, as Atmos writes it: `/` and `%` are escaped, everything else stays raw.
 * Both `file` and the limit on keys of every backend go by it.
 */
export function encodeKey(key: string): string {
  return key.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/**
 * The key of a file name, whichever program wrote it, or undefined for a name that {@link encodeKey}
 * would not give: Go lists such a file and does not find it either.
 */
export function decodeKey(name: string): string | undefined {
  const key = name.replaceAll('%2F', '/').replaceAll('%25', '%');
  return encodeKey(key) === name && findReadFault(key) === undefined ? key : undefined;
}

/** Whether an entry can be stored under the key. */
export function isKey(key: string): boolean {
  return findFault(key) === undefined;
}

/** @throws ERR_KEYRING_INVALID_KEY saying why no entry can be stored under the key */
export function checkKey(key: string): void {
  const fault = findFault(key);
  if (fault !== undefined) throw invalidKey(key, fault, maxKeyBytes);
}

/**
 * {@link checkKey} for a key that is only read or deleted. Other programs also write entries whose
 * names are longer, begin with a dot or contain control characters.
 *
 * @throws ERR_KEYRING_INVALID_KEY saying why no program can have stored an entry under the key
 */
export function checkReadKey(key: string): void {
  const fault = findReadFault(key);
  if (fault !== undefined) throw invalidKey(key, fault, maxNameBytes);
}

const ownPrefix = 'atmos_';

/**
 * Whether an entry belongs to `atmos auth`, ours or Go's. Other programs (Atmos's keychain store,
 * aws-vault) keep entries in the same place, perhaps under another password. The keychain store joins
 * a prefix that users choose and the name of a secret with `/`, so a name like
 * `atmos_secrets/dev/TOKEN` belongs to `atmos auth` only if its value is an envelope of credentials.
 *
 * @param value of the entry, where it could be read
 */
export function isOwnEntry(key: string, value?: string): boolean {
  if (!key.startsWith(ownPrefix)) return false;
  return !key.includes('/') || (value !== undefined && isEnvelope(value));
}

/** Whether it has the form of what the credential store writes, and Go: `{"type": …, "data": {…}}`. */
export function isEnvelope(value: string): boolean {
  const envelope = parseJson(value);
  return isObject(envelope) && typeof envelope['type'] === 'string' && isObject(envelope['data']);
}

/** @throws ERR_KEYRING_TOO_LARGE, or TypeError for text that UTF-8 cannot hold */
export function checkValue(key: string, value: string, limitBytes = maxValueBytes): void {
  if (!value.isWellFormed())
    throw new TypeError(`the value of ${shownKey(key)} is not well-formed text`);
  const bytes = Buffer.byteLength(value);
  if (bytes > limitBytes) {
    throw new KeyringError(
      'ERR_KEYRING_TOO_LARGE',
      `the value of ${shownKey(key)} has ${bytes} bytes, and at most ${limitBytes} can be stored`,
    );
  }
}

function invalidKey(key: string, fault: string, maxBytes: number): KeyringError {
  return new KeyringError('ERR_KEYRING_INVALID_KEY', `key ${shownKey(key)} ${fault}`, {
    hints: [
      say(`use a name without control characters or a leading dot, of at most ${maxBytes} bytes`),
    ],
  });
}

function findFault(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (!key.isWellFormed()) return 'is not well-formed text';
  if (key.startsWith('.')) return 'starts with a dot';
  if (/\p{Cc}/u.test(key)) return 'holds a control character';
  return findLengthFault(key, maxKeyBytes);
}

function findReadFault(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (!key.isWellFormed()) return 'is not well-formed text';
  if (key.includes('\0')) return 'holds a control character';
  // Of the directory itself, its parent, and what a file keyring keeps beside the entries.
  if (/^(\.{1,2}|\.state(\/.*)?)$/s.test(key)) return 'starts with a dot';
  return findLengthFault(key, maxNameBytes);
}

function findLengthFault(key: string, maxBytes: number): string | undefined {
  const bytes = Buffer.byteLength(encodeKey(key));
  return bytes > maxBytes ? `is too long (${bytes} bytes, at most ${maxBytes})` : undefined;
}

/** A key for a message: control characters escaped, and not endless. */
export function shownKey(key: string): string {
  const text = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  return text.replaceAll(/\p{Cc}/gu, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
