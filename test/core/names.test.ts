import { describe, expect, test } from 'vitest';
import { foldName, isSameName, lowerCase, nearestName } from '../../src/core/names.ts';

describe('lower case, as in Go,', () => {
  // The right side is the result of strings.ToLower in Go 1.24.
  test.each<[string, string]>([
    ['DEV', 'dev'],
    ['dev-Éù_42', 'dev-éù_42'],
    ['İstanbul', 'istanbul'],
    ['ΌΣΟΣ', 'όσοσ'],
    ['STRAẞE', 'straße'],
    ['\u212Aelvin', 'kelvin'],
    ['\u212Bngström', 'ångström'],
    ['\u2126', 'ω'],
    ['Ǆ', 'ǆ'],
    ['ı', 'ı'],
    ['ſ', 'ſ'],
    ['ﬀ', 'ﬀ'],
    ['𐐀', '𐐨'],
    ['👩‍💻', '👩‍💻'],
  ])('of %j is %j', (text, lower) => {
    expect(lowerCase(text)).toBe(lower);
  });

  test('maps every code point to one code point, so that the length does not change', () => {
    const changed: string[] = [];
    // Characters beyond the second plane have no case.
    for (let point = 0; point <= 0x1ffff; point++) {
      const char = String.fromCodePoint(point);
      const lower = lowerCase(char);
      const isOne = Array.from(lower).length === 1;
      if (!isOne || lowerCase(lower) !== lower) changed.push(point.toString(16));
    }
    expect(changed).toEqual([]);
  });

  test('does not depend on adjacent characters', () => {
    const upper = 'ΣİẞΣ';
    expect(lowerCase(upper)).toBe(Array.from(upper, lowerCase).join(''));
  });
});

describe('the nearest name', () => {
  const known = ['production', 'staging', 'dev', 'Sandbox'];

  test.each<[string, string | undefined]>([
    ['prodction', 'production'],
    ['PRODUCTION', 'production'],
    ['stagign', 'staging'],
    ['dve', 'dev'],
    ['vd', undefined],
    ['deb', 'dev'],
    ['sandbox', 'Sandbox'],
    ['anything else', undefined],
    ['', undefined],
  ])('to %j is %j', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  test('is the first of several that are equally near', () => {
    expect(nearestName('ab', ['ac', 'ad'])).toBe('ac');
  });

  test('is undefined if there are no names', () => {
    expect(nearestName('dev', [])).toBeUndefined();
  });
});

describe('two spellings', () => {
  test.each([
    ['caf\u00e9', 'cafe\u0301'],
    ['CAFE\u0301', 'caf\u00e9'],
    ['\u212bngstr\u00f6m', 'a\u030angstro\u0308m'],
    ['\ud55c\uae00', '\u1112\u1161\u11ab\u1100\u1173\u11af'],
    ['\u0130stanbul', 'I\u0307stanbul'],
  ])('%j and %j are the same name', (one, other) => {
    expect(isSameName(one, other)).toBe(true);
    expect(foldName(one)).toBe(foldName(other));
  });

  test('that only look alike in a compatibility form are different names', () => {
    expect(isSameName('\ufb00', 'ff')).toBe(false);
    expect(isSameName('dev\u2460', 'dev1')).toBe(false);
  });
});
