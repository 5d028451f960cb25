import { expect, test } from 'vitest';
import { formatRows, formatTable } from '../../src/cli/rows.ts';

test('rows stand in two columns, without those that have no value', () => {
  expect(
    formatRows([
      ['Realm', 'r'],
      ['Account', undefined],
      ['Principal', ''],
      ['Identity', 'dev'],
    ]),
  ).toBe('  Realm     r\n  Identity  dev\n');
  expect(formatRows([['Account', undefined]])).toBe('');
  expect(formatRows([['Realm', 'r\u001b[2J']])).toBe('  Realm  r\\u001b[2J\n');
});

test('a table has columns as wide as their widest cell, and no spaces at the end', () => {
  expect(
    formatTable([
      ['A', 'LONG', 'B'],
      ['aaa', 'b', ''],
    ]),
  ).toBe('A    LONG  B\naaa  b\n');
  expect(formatTable([])).toBe('');
});
