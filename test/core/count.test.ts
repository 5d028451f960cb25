import { expect, test } from 'vitest';
import { countOf } from '../../src/core/count.ts';

test('a count says one thing or several', () => {
  expect(countOf(1, 'key')).toBe('1 key');
  expect(countOf(0, 'key')).toBe('0 keys');
  expect(countOf(2, 'entry', 'entries')).toBe('2 entries');
});
