import { describe, expect, test } from 'vitest';
import { listNames } from '../../src/core/json.ts';

describe('a list of names', () => {
  test.each<[string[], string]>([
    [['a'], '"a"'],
    [['a', 'b\n', '\u009b31m'], '"a", "b\\n", "\\u009b31m"'],
    [['a', 'b', 'c', 'd', 'e'], '"a", "b", "c", "d", "e"'],
    [['a', 'b', 'c', 'd', 'e', 'f', 'g'], '"a", "b", "c", "d", "e" and 2 more'],
  ])('%j is shown as %s', (names, shown) => {
    expect(listNames(names)).toBe(shown);
  });
});
