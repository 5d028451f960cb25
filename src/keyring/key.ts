import { KeyringError } from '../core/errors.ts';

/** Longest key, counted as bytes of its encoded file name. */
export const maxKeyBytes = 240;
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

/** The key of a file name, or undefined for a name that {@link encodeKey} would not give. */
export function decodeKey(name: string): string | undefined {
  const key = name.replaceAll('%2F', '/').replaceAll('%25', '%');
  return encodeKey(key) === name && keyFault(key) === undefined ? key : undefined;
}

/** @throws ERR_KEYRING_INVALID_KEY saying what is wrong with it */
export function checkKey(key: string): void {
  const fault = keyFault(key);
  if (fault !== undefined) {
    throw new KeyringError('ERR_KEYRING_INVALID_KEY', `key ${shownKey(key)} ${fault}`, {
      hints: [
        `use a name without control characters or a leading dot, of at most ${maxKeyBytes} bytes`,
      ],
    });
  }
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

function keyFault(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (!key.isWellFormed()) return 'is not well-formed text';
  if (key.startsWith('.')) return 'starts with a dot';
  if (/\p{Cc}/u.test(key)) return 'holds a control character';
  const bytes = Buffer.byteLength(encodeKey(key));
  if (bytes > maxKeyBytes) return `is too long (${bytes} bytes, at most ${maxKeyBytes})`;
  return undefined;
}

/** A key for a message: control characters escaped, and not endless. */
export function shownKey(key: string): string {
  const text = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  return text.replaceAll(/\p{Cc}/gu, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
