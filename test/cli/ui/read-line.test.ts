import { expect, test } from 'vitest';
import { typeKeys } from '../../../src/cli/ui/read-line.ts';

test.for<[title: string, line: string, keys: string, result: ReturnType<typeof typeKeys>]>([
  ['characters are added', 'ab', 'cä😀', { line: 'abcä😀' }],
  ['Enter ends the line', 'a', 'b\r', { line: 'ab', end: 'entered' }],
  ['a line feed ends it too', '', 'b\r\n', { line: 'b', end: 'entered' }],
  ['a line break in a pasted text does not', 'a', 'b\r\nc\nd\r', { line: 'abcd', end: 'entered' }],
  ['Backspace removes a character', 'ab', '\u007f\b\bc', { line: 'c' }],
  ['Ctrl-U removes all', 'ab', '\u0015c', { line: 'c' }],
  ['Ctrl-C cancels', 'ab', 'c\u0003d', { line: 'abc', end: 'canceled' }],
  ['Ctrl-D cancels an empty line', '', '\u0004', { line: '', end: 'canceled' }],
  ['Ctrl-D after text does nothing', 'a', '\u0004b', { line: 'ab' }],
  [
    'arrow keys and other controls do nothing',
    'a',
    '\u001b[A\u001bOB\u001b[1;5C\u001b[3~\u001bx\t\u0001b',
    { line: 'ab' },
  ],
  [
    'a line break between the marks around a pasted text does not',
    '',
    '\u001b[200~a\r\nb\u001b[201~',
    { line: 'ab' },
  ],
  ['the marks around a pasted text are dropped', '', '\u001b[200~ab\u001b[201~', { line: 'ab' }],
])('%s', ([, line, keys, result]) => {
  expect(typeKeys(line, keys)).toEqual(result);
});

test('a line is cut after 16 KiB', () => {
  expect(typeKeys('', 'x'.repeat(20_000)).line).toHaveLength(16_384);
});
