import { describe, expect, test } from 'vitest';
import { lowerCase, nearestName } from '../../src/core/names.ts';

describe('lower case, as Go has it', () => {
  // The right side is what Go 1.24's strings.ToLower gives.
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

  test('maps every code point to one, so that names keep their length', () => {
    const changed: string[] = [];
    // No letter beyond the second plane has a case.
    for (let point = 0; point <= 0x1ffff; point++) {
      const char = String.fromCodePoint(point);
      const lower = lowerCase(char);
      const isOne = Array.from(lower).length === 1;
      if (!isOne || lowerCase(lower) !== lower) changed.push(point.toString(16));
    }
    expect(changed).toEqual([]);
  });

  test('does not depend on what stands beside', () => {
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

  test('is the first of those as near', () => {
    expect(nearestName('ab', ['ac', 'ad'])).toBe('ac');
  });

  test('is none among none', () => {
    expect(nearestName('dev', [])).toBeUndefined();
  });
});
