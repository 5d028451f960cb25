// What may stand before a host name, and what ends one.
const start = /(^|[\s"'`=(,;|]|\/\/|@)/;
const name = /([^\s/\\"'`@:?#=(),;|]*[^\0-\u007f][^\s/\\"'`@:?#=(),;|]*)/;
const candidates = new RegExp(`${start.source}${name.source}`, 'gu');

/**
 * A text that is shown for a decision, followed by its international host names as the network knows
 * them: `https://аpple.com (in ASCII: xn--pple-43d.com)`, where the first letter is Cyrillic. Without
 * a scheme, what has a dot is taken for a host name.
 */
export function withAsciiHosts(text: string): string {
  const hosts = [...text.matchAll(candidates)].flatMap(([, before = '', host = '']) =>
    before === '//' || before === '@' || host.includes('.') ? asciiOf(host) : [],
  );
  return hosts.length === 0 ? text : `${text} (in ASCII: ${[...new Set(hosts)].join(', ')})`;
}

/** Nothing for what no host can be called. */
function asciiOf(host: string): string[] {
  const url = `http://${host}`;
  return URL.canParse(url) ? [new URL(url).hostname] : [];
}
