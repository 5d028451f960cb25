import { isUtf8 } from 'node:buffer';

const base64Prefix = 'go-keyring-base64:';
/** Of older releases of go-keyring, for values with line ends. */
const hexPrefix = 'go-keyring-encoded:';

/** How go-keyring stores a value, and so Atmos. */
export function encodeSecret(bytes: Buffer): string {
  return base64Prefix + bytes.toString('base64');
}

/** The most bytes whose stored form has no more bytes than that. */
export function decodedRoom(room: number): number {
  return Math.floor((room - base64Prefix.length) / 4) * 3;
}

/**
 * The value in what is stored, as go-keyring reads it: text without a prefix is taken without the
 * white space around it. Undefined for a prefix that does not keep what it promises.
 */
export function decodeSecret(stored: Buffer): Buffer | undefined {
  if (!isUtf8(stored)) return stored;
  const text = trimmed(stored.toString('utf8'));
  if (text.startsWith(hexPrefix)) return decoded(text.slice(hexPrefix.length), 'hex');
  if (text.startsWith(base64Prefix)) return decoded(text.slice(base64Prefix.length), 'base64');
  return Buffer.from(text);
}

/** Node drops what is no hex or base64; here that is damage. */
function decoded(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  const again = bytes.toString(encoding);
  return again === (encoding === 'hex' ? text.toLowerCase() : text) ? bytes : undefined;
}

/** Go's white space, which is Unicode's. Not by an expression: one would take its time on much of it. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charAt(start))) start++;
  while (end > start && isSpace(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character);
}
