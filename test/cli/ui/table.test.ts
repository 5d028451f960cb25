import { expect, test } from 'vitest';
import { formatRows, formatTable } from '../../../src/cli/ui/table.ts';

test('rows are printed in two columns, without those that have no value', () => {
  expect(
    formatRows([
      ['Realm', 'r'],
      ['Account', undefined],
      ['Principal', ''],
      ['Identity', 'dev'],
    ]),
  ).toEqual(['  Realm     r', '  Identity  dev']);
  expect(formatRows([['Account', undefined]])).toEqual([]);
});

test('a table has columns as wide as their widest cell, and no spaces at line ends', () => {
  expect(
    formatTable([
      ['A', 'LONG', 'B'],
      ['aaa', 'b', ''],
    ]),
  ).toEqual(['A    LONG  B', 'aaa  b']);
  expect(formatTable([])).toEqual([]);
});

test('a cell is as wide as it is shown', () => {
  expect(
    formatTable([
      ['a\u001b', 'x'],
      ['bb', 'y'],
    ]),
  ).toEqual(['a\\u001b  x', 'bb       y']);
});

test('a wide character takes two columns', () => {
  expect(
    formatTable([
      ['開発', 'x'],
      ['bb', 'y'],
    ]),
  ).toEqual(['開発  x', 'bb    y']);
});
