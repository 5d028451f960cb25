import { expect, test } from 'vitest';
import { escapeFileName } from '../../src/host/file-names.ts';

const names = ['a:b', 'dot.', 'space ', 'con', 'NUL.txt', 'console', 'a%b'];

test('characters that Windows does not allow in a name are escaped on Windows', () => {
  const escaped = names.map((name) => escapeFileName(name, { platform: 'win32' }));
  expect(escaped).toEqual(['a%3Ab', 'dot%2E', 'space%20', '%63on', '%4EUL.txt', 'console', 'a%b']);
});

test.each(['linux', 'darwin'] as const)('names are not changed on %s', (platform) => {
  expect(names.map((name) => escapeFileName(name, { platform }))).toEqual(names);
});
