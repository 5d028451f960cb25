import { KeyringError } from '../../core/errors.ts';
import { checkKey, decodeKey, encodeKey, maxKeyBytes, shownKey } from '../key.ts';

// What Windows allows in no name of a file, besides the control characters that no key has.
const forbidden = /[\\:*?"<>|]/g;
// Windows drops it.
const lastDotOrSpace = /[. ]$/;
// Whatever follows the first dot, Windows opens the device.
const device = /^(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³]|CONIN\$|CONOUT\$) *(\.|$)/i;

/**
 * The file name of a key: as Atmos writes it, and on Windows with all escaped in the same way that no
 * file there can be called. Atmos reads those names too: it decodes every `%XX`.
 */
export function entryName(key: string, platform: NodeJS.Platform): string {
  const name = encodeKey(key);
  if (platform !== 'win32') return name;
  return name
    .replace(forbidden, escaped)
    .replace(lastDotOrSpace, escaped)
    .replace(device, (found) => escaped(found.slice(0, 1)) + found.slice(1));
}

/** The key of a file name, or undefined for a name that {@link entryName} would not give. */
export function keyOfEntry(name: string, platform: NodeJS.Platform): string | undefined {
  if (platform !== 'win32') return decodeKey(name);
  const key = name.replaceAll(/%([0-7][0-9A-F])/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const isKey = decodeKey(encodeKey(key)) === key;
  return isKey && entryName(key, platform) === name && fits(name) ? key : undefined;
}

/** @throws ERR_KEYRING_INVALID_KEY for no key, and for one that no file here can be called after */
export function checkEntryKey(key: string, platform: NodeJS.Platform): void {
  checkKey(key);
  const name = entryName(key, platform);
  if (fits(name)) return;
  throw new KeyringError(
    'ERR_KEYRING_INVALID_KEY',
    `key ${shownKey(key)} is too long for the name of a file on Windows (${Buffer.byteLength(name)} bytes with what is escaped, at most ${maxKeyBytes})`,
    {
      hints: [
        'use a shorter name, or one with fewer characters that Windows allows in no file name',
      ],
    },
  );
}

function fits(name: string): boolean {
  return Buffer.byteLength(name) <= maxKeyBytes;
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
