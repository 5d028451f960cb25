// What may precede a host name, and the characters that terminate it.
const start = /(^|[\s"'`=(,;|]|\/\/|@)/;
const name = /([^\s/\\"'`@:?#=(),;|]*[^\0-\u007f][^\s/\\"'`@:?#=(),;|]*)/;
const candidates = new RegExp(`${start.source}${name.source}`, 'gu');

/**
 * Appends the ASCII form of international host names to a text that is shown before a decision:
 * `https://аpple.com (in ASCII: xn--pple-43d.com)`, where the first letter is Cyrillic. Without a
 * scheme, a word with a dot is treated as a host name.
 */
export function withAsciiHosts(text: string): string {
  const hosts = [...text.matchAll(candidates)].flatMap(([, before = '', host = '']) =>
    before === '//' || before === '@' || host.includes('.') ? asciiOf(host) : [],
  );
  return hosts.length === 0 ? text : `${text} (in ASCII: ${[...new Set(hosts)].join(', ')})`;
}

/** Empty if the text is not a valid host name. */
function asciiOf(host: string): string[] {
  const url = `http://${host}`;
  return URL.canParse(url) ? [new URL(url).hostname] : [];
}
