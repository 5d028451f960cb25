// The name of an entry as the last segment of a path on the server. A slash would cut the path, and
// clients, proxies and policies change or interpret other characters. So each byte that is not a letter
// or digit of ASCII, `.`, `_`, `-` or `@` is written as `~` and two hexadecimal digits: the other
// characters are those that stay as they are in a URL, and `%` is not used because it would be escaped
// again. The common names, `atmos_<realm>_<identity>@session`, stay as they are.

const unescaped = /^[A-Za-z0-9._@-]$/;

/** Injective: no two keys have the same name. */
export function formatEntryName(key: string): string {
  return [...Buffer.from(key)].map((byte) => formatByte(byte)).join('');
}

function formatByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (unescaped.test(character)) return character;
  return `~${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Undefined for a name that {@link formatEntryName} never returns: another program wrote it. */
export function parseEntryName(name: string): string | undefined {
  const bytes = name.replaceAll(/~[0-9A-F]{2}|[^]/gu, (part) =>
    part.length === 3 ? part.slice(1) : hexOf(part),
  );
  const key = Buffer.from(bytes, 'hex').toString('utf8');
  return key !== '' && formatEntryName(key) === name ? key : undefined;
}

function hexOf(character: string): string {
  return Buffer.from(character).toString('hex');
}
