import { KeyringError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { hasControl } from '../core/control-characters.ts';

/** Maximum length of an entry name for writing, in bytes of its encoded file name. */
export const maxKeyBytes = 240;
/**
 * Maximum length of a file name on every system: other programs write entries with names as long.
 */
export const maxNameBytes = 255;
/** Maximum size of a value in `file` and `memory`, in bytes of UTF-8. */
export const maxValueBytes = 1024 * 1024;
/** Maximum size of a value in `system`, in bytes of UTF-8. */
export const maxSystemValueBytes = 64 * 1024;

/**
 * The file name of an entry, as Atmos writes it: `/` and `%` are escaped, other characters are not.
 * The `file` backend uses it, and it limits the length of entry names in every backend.
 */
export function encodeKey(key: string): string {
  return key.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/**
 * The entry name of a file, whichever program wrote it. Undefined for a file name that {@link
 * encodeKey} never returns: Go lists such a file but does not find it either.
 */
export function decodeKey(name: string): string | undefined {
  const key = name.replaceAll('%2F', '/').replaceAll('%25', '%');
  return encodeKey(key) === name && findReadFault(key) === undefined ? key : undefined;
}

/** Whether an entry can be stored under the key. */
export function isKey(key: string): boolean {
  return findFault(key) === undefined;
}

/** @throws ERR_KEYRING_INVALID_KEY with the reason why no entry can have this name */
export function checkKey(key: string): void {
  const fault = findFault(key);
  if (fault !== undefined) throw invalidKey(key, fault, maxKeyBytes);
}

/**
 * {@link checkKey} for an entry that is only read or deleted. Other programs also write entries
 * whose names are longer, begin with a dot or contain control characters.
 *
 * @throws ERR_KEYRING_INVALID_KEY with the reason why no program can have written such an entry
 */
export function checkReadKey(key: string): void {
  const fault = findReadFault(key);
  if (fault !== undefined) throw invalidKey(key, fault, maxNameBytes);
}

/** Whether an entry with this name can exist, whichever program wrote it. */
export function isReadKey(key: string): boolean {
  return findReadFault(key) === undefined;
}

const ownPrefix = 'atmos_';

/**
 * Whether an entry belongs to `atmos auth`, written by us or by Go. Other programs (Atmos's
 * keychain store, aws-vault) keep entries in the same place, perhaps under another password. The
 * keychain store joins a prefix that users choose and the name of a secret with `/`, so a name like
 * `atmos_secrets/dev/TOKEN` belongs to `atmos auth` only if its value is an envelope of
 * credentials.
 *
 * @param value of the entry, if it could be read
 */
export function isOwnEntry(key: string, value?: string): boolean {
  if (!key.startsWith(ownPrefix)) return false;
  return !key.includes('/') || (value !== undefined && isEnvelope(value));
}

/** Whether it has the form that our credential store and Go write: `{"type": …, "data": {…}}`. */
export function isEnvelope(value: string): boolean {
  const envelope = parseJson(value);
  return isObject(envelope) && typeof envelope['type'] === 'string' && isObject(envelope['data']);
}

/** @throws ERR_KEYRING_TOO_LARGE; TypeError for text that is not well-formed */
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
  if (hasControl(key)) return 'holds a control character';
  return findLengthFault(key, maxKeyBytes);
}

function findReadFault(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (!key.isWellFormed()) return 'is not well-formed text';
  if (key.includes('\0')) return 'holds a control character';
  // Names of the directory itself, of its parent, and of files that we keep beside the entries.
  if (/^(\.{1,2}|\.state(\/.*)?)$/s.test(key)) return 'starts with a dot';
  return findLengthFault(key, maxNameBytes);
}

function findLengthFault(key: string, maxBytes: number): string | undefined {
  const bytes = Buffer.byteLength(encodeKey(key));
  return bytes > maxBytes ? `is too long (${bytes} bytes, at most ${maxBytes})` : undefined;
}

/** An entry name for a message: with escaped control characters and limited length. */
export function shownKey(key: string): string {
  const text = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  return text.replaceAll(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
