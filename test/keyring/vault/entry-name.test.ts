import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isKey } from '../../../src/keyring/key.ts';
import { formatEntryName, parseEntryName } from '../../../src/keyring/vault/entry-name.ts';

const keys = fc.string({ unit: 'binary', maxLength: 60 }).filter(isKey);

test.each([
  ['atmos_prod_admin@session', 'atmos_prod_admin@session'],
  ['a/b', 'a~2Fb'],
  ['a%2Fb', 'a~252Fb'],
  ['a~2Fb', 'a~7E2Fb'],
  ['ä b', '~C3~A4~20b'],
])('the entry %s is the secret %s', (key, name) => {
  expect(formatEntryName(key)).toBe(name);
  expect(parseEntryName(name)).toBe(key);
});

test('every key has a name of its own, without a slash, that a URL need not escape', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const name = formatEntryName(key);
      expect(name).toMatch(/^[A-Za-z0-9._@~-]+$/);
      expect(parseEntryName(name)).toBe(key);
    }),
  );
});

test('a name that no key has belongs to another program', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const key = parseEntryName(name);
      if (key !== undefined) expect(formatEntryName(key)).toBe(name);
    }),
  );
});

test.each(['', 'folder/', 'a b', 'ä', '~2f', '~41', '~', '~FF', 'a~2'])(
  'the name %j is not the name of a key',
  (name) => {
    expect(parseEntryName(name)).toBeUndefined();
  },
);
