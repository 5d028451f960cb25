import type { Host } from './host.ts';

// Characters that Windows does not allow in a file name. Control characters are not allowed either.
const forbidden = /[\\:*?"<>|]/g;
// Windows removes a dot or a space at the end of a name.
const lastDotOrSpace = /[. ]$/;
// Windows opens the device even if an extension follows its name.
const device = /^(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³]|CONIN\$|CONOUT\$) *(\.|$)/i;

/**
 * Converts a name to a valid file name. On Windows, characters that are not allowed become `%XX`;
 * on other systems the name does not change.
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
