import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../src/config/tags/query.ts';

describe('a query', () => {
  it.each([
    ['.', []],
    ['.a', ['a']],
    ['.a.b', ['a', 'b']],
    ['.a[0]', ['a', 0]],
    ['.a[0][1].b', ['a', 0, 1, 'b']],
    ['.a.[0]', ['a', 0]],
    ['.[2]', [2]],
    ['."a b"', ['a b']],
    ['.a."b.c".d', ['a', 'b.c', 'd']],
    ['.["a b"].c', ['a b', 'c']],
    ['.a["b"]', ['a', 'b']],
    ['.us-east-1', ['us-east-1']],
    ['._x9', ['_x9']],
    ['.""', ['']],
  ])('%s is a path', (query, steps) => {
    expect(parseQuery(query)).toEqual(steps);
  });

  it.each([
    '',
    'a',
    '[0]',
    '..',
    '.a.',
    '.a..b',
    '.a[]',
    '.a[-1]',
    '.a[0',
    '.a[1:2]',
    '.a | .b',
    '.a // "x"',
    '.a?',
    '.*',
    '.a b',
    '.a"b"',
    '."a',
    '."a\\"b"',
    '.["a',
    '.[a]',
    '."a"]',
    '.a + .b',
    'keys',
    'env(HOME)',
    'load("x")',
    '.9',
    `.a[${'9'.repeat(400)}]`,
  ])('%s is not a plain path', (query) => {
    expect(parseQuery(query)).toBeUndefined();
  });

  it('never throws', () => {
    const piece = fc.constantFrom('.', '[', ']', '"', '0', 'a', '\\', ' ', '|');
    const text = fc.array(fc.oneof(piece, fc.string())).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (query) => void parseQuery(query)),
      { numRuns: 1000 },
    );
  });

  it('returns the keys that it was built from', () => {
    const key = fc.string().filter((text) => !/["\\]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.nat(1000)), { minLength: 1 }), (steps) => {
        const parts = steps.map((step) => (typeof step === 'number' ? `.[${step}]` : `."${step}"`));
        expect(parseQuery(parts.join(''))).toEqual(steps);
      }),
    );
  });
});
