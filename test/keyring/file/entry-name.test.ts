import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkEntryKey, entryName, keyOfEntry } from '../../../src/keyring/file/entry.ts';
import { hostileKeys } from '../../contract/hostile.ts';
import { expectError, thrownBy } from './rejection.ts';

const onWindows = { platform: 'win32' } as const;

/** Decodes any `%XX`, as the library of Atmos does. */
const asGo = (name: string) =>
  Buffer.from(
    name.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number(`0x${hex}`)),
    ),
  ).toString();

const devices = [
  'CON',
  'PRN',
  'AUX',
  'NUL',
  'CONIN$',
  'CONOUT$',
  'COM0',
  'COM9',
  'LPT1',
  'COM¹',
  'LPT³',
];

function isLegalOnWindows(name: string): boolean {
  const [stem = ''] = name.split('.');
  return !/[\\/:*?"<>|]|[. ]$/.test(name) && !devices.includes(stem.trimEnd().toUpperCase());
}

describe('the file name of a key on Windows', () => {
  test.each([
    ['atmos_realm_alias', 'atmos_realm_alias'],
    ['atmos_realm_alias@session', 'atmos_realm_alias@session'],
    ['a/b', 'a%2Fb'],
    ['a%b', 'a%25b'],
    ['a\\b', 'a%5Cb'],
    ['C:x', 'C%3Ax'],
    ['a*?"<>|b', 'a%2A%3F%22%3C%3E%7Cb'],
    ['dot.', 'dot%2E'],
    ['dots..', 'dots.%2E'],
    ['space ', 'space%20'],
    [' space', ' space'],
    ['con', '%63on'],
    ['AUX.txt', '%41UX.txt'],
    ['nul .a.b', '%6Eul .a.b'],
    ['Com1', '%43om1'],
    ['com10', 'com10'],
    ['com¹', '%63om¹'],
    ['lpt0.x', '%6Cpt0.x'],
    ['conin$', '%63onin$'],
    ['console', 'console'],
    ['con:x', 'con%3Ax'],
    ['naïve 🔑', 'naïve 🔑'],
  ])('of %j is %s', (key, name) => {
    expect(entryName(key, onWindows)).toBe(name);
    expect(keyOfEntry(name, onWindows)).toBe(key);
    expect(asGo(name)).toBe(key);
  });

  test.each(['con', 'a%3ab', '%61', 'a%41', 'a%C3%A9', 'a%00b', '.state', 'a.', '100%', '%2E%2E'])(
    '%j belongs to no entry',
    (name) => expect(keyOfEntry(name, onWindows)).toBeUndefined(),
  );

  test('is different for each entry name, valid, and decoded to it, also by Go', () => {
    const part = fc.oneof(
      fc.constantFrom(...hostileKeys, ...devices, '.', ' ', '%', '%2E', '%63', ':', '\\', '¹'),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    const key = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''))
      .filter((text) => thrownByCheck(text) === undefined);
    fc.assert(
      fc.property(key, key, (one, other) => {
        const name = entryName(one, onWindows);
        expect(isLegalOnWindows(name)).toBe(true);
        expect(keyOfEntry(name, onWindows)).toBe(one);
        expect(asGo(name)).toBe(one);
        expect(name === entryName(other, onWindows)).toBe(one === other);
      }),
      { numRuns: 2000 },
    );
  });

  test('is decoded without throwing, and only in its canonical form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        const key = keyOfEntry(name, onWindows);
        if (key !== undefined) expect(entryName(key, onWindows)).toBe(name);
      }),
    );
  });

  test('is limited in length, including its escapes', () => {
    const longest = ':'.repeat(80);
    expect(() => checkEntryKey(longest, onWindows)).not.toThrow();
    expect(() => checkEntryKey(`${longest}:`, { platform: 'linux' })).not.toThrow();
    expectError(
      thrownBy(() => checkEntryKey(`${longest}:`, onWindows)),
      'ERR_KEYRING_INVALID_KEY',
      `key "${longest}…" is too long for a file name on Windows (243 bytes with escapes, at most 240)`,
      'use a shorter name, or one with fewer characters that Windows forbids in file names',
    );
    expect(keyOfEntry(entryName(`${longest}:`, onWindows), onWindows)).toBe(`${longest}:`);
    expect(keyOfEntry(entryName(':'.repeat(86), onWindows), onWindows)).toBeUndefined();
  });

  test.each(['linux', 'darwin'] as const)('is not escaped further on %s', (platform) => {
    const host = { platform };
    for (const key of hostileKeys) {
      const name = key.replaceAll('%', '%25').replaceAll('/', '%2F');
      expect(entryName(key, host)).toBe(name);
      expect(keyOfEntry(name, host)).toBe(key);
    }
  });
});

function thrownByCheck(key: string): unknown {
  try {
    checkEntryKey(key, onWindows);
    return undefined;
  } catch (error) {
    return error;
  }
}
