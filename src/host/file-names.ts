import type { Host } from './host.ts';

// What Windows allows in no name of a file, besides control characters.
const forbidden = /[\\:*?"<>|]/g;
// Windows drops it.
const lastDotOrSpace = /[. ]$/;
// Whatever follows the first dot, Windows opens the device.
const device = /^(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³]|CONIN\$|CONOUT\$) *(\.|$)/i;

/**
 * A name that a file can have: on Windows with what is not allowed there written as `%XX`, elsewhere
 * the name as it is.
 *
 * @param name without `/` and control characters
 */
export function escapeFileName(name: string, { platform }: Pick<Host, 'platform'>): string {
  if (platform !== 'win32') return name;
  return name
    .replace(forbidden, escaped)
    .replace(lastDotOrSpace, escaped)
    .replace(device, (found) => escaped(found.slice(0, 1)) + found.slice(1));
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
