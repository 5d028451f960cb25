import { expect, test } from 'vitest';
import { isProvisionedName, wordOf } from '../../src/core/provisioned.ts';

test.each([
  ['prod', 'prod'],
  ['Team.Data (EU)', 'Team-Data-EU'],
  ['a/b\\c', 'a-b-c'],
  ['  x  ', 'x'],
  ['Zürich', 'Zurich'],
  ['日本', ''],
  ['', ''],
  ['-x-', 'x'],
  ['$(rm -rf ~)', 'rm-rf'],
  ['a_b@session', 'a_b-session'],
  ['x'.repeat(80), 'x'.repeat(64)],
  [`${'x'.repeat(63)}-${'y'.repeat(9)}`, 'x'.repeat(63)],
])('%j becomes the word %j', (text, word) => {
  expect(wordOf(text)).toBe(word);
});

test.each([
  ['a/b', true],
  ['corp/a/b', true],
  ['a-b_c/D', true],
  ['a', false],
  ['a/', false],
  ['/b', false],
  ['a.b/c', false],
  ['a/b c', false],
  ['-a/b', false],
  [`${'a'.repeat(300)}/b`, false],
])('%j is such a name: %s', (name, isOne) => {
  expect(isProvisionedName(name)).toBe(isOne);
});
