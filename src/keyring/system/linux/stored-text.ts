import { malformed } from './dbus/bus-error.ts';

/**
 * Marks a value that is stored as base64. Everything that Atmos stores is JSON and goes as it is;
 * this is for texts that a provider would change without a word.
 */
const mark = 'atmos-auth-base64:';
/**
 * KWallet ends a value at a NUL; Qt drops a leading byte order mark, and so do KWallet and KeePassXC;
 * XML, in which KeePassXC keeps its values, has no other control characters than tab and line feed.
 */
// oxlint-disable-next-line no-control-regex
const unkept = /^\ufeff|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes to store for a value. */
export function formatStored(value: string): Buffer {
  const needsMark = unkept.test(value) || value.startsWith(mark);
  return Buffer.from(needsMark ? mark + Buffer.from(value).toString('base64') : value);
}

/** @throws BusError `malformed` for what is not text */
export function parseStored(stored: Buffer): string {
  const text = decode(stored);
  if (!text.startsWith(mark)) return text;
  const encoded = text.slice(mark.length);
  const value = Buffer.from(encoded, 'base64');
  if (value.toString('base64') !== encoded) throw malformed('a value is not the base64 it says');
  return decode(value);
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('a value is not text in UTF-8');
  }
}
