import { expect, test } from 'vitest';
import { displayWidth, lineWidth, shorten } from '../../../src/cli/ui/display-width.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['鍵', 2],
  ['한글', 4],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['…', 1],
])('%j takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test.each([
  ['abcd', 4, 'abcd'],
  ['abcde', 4, 'abc…'],
  ['ab  cd', 4, 'ab…'],
  ['鍵鍵鍵', 4, '鍵…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j is shortened to %i columns: %j', (text, columns, short) => {
  expect(shorten(text, columns)).toBe(short);
});

test.each([
  [{ columns: 40 }, 39],
  [{ columns: 200 }, 79],
  [{}, 79],
])('a line at the terminal %j has %i columns', (terminal, columns) => {
  expect(lineWidth({ ...terminal, write: () => {} })).toBe(columns);
});
