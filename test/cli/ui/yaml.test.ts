import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { formatYaml } from '../../../src/cli/ui/yaml.ts';

test('writes maps as blocks and everything else as JSON', () => {
  const value = {
    kind: 'a',
    map: { on: { is_set: true, none: null, list: ['a', { b: 1 }] } },
    empty: {},
  };
  expect(formatYaml(value)).toEqual([
    'kind: "a"',
    'map:',
    '  "on":',
    '    is_set: true',
    '    none: null',
    '    list: ["a",{"b":1}]',
    'empty: {}',
  ]);
});

test.each([
  'a"b',
  "a'b",
  'a: b',
  '- a',
  '# a',
  'no',
  '~',
  '0x10',
  '1e3',
  '2026-01-01',
  'a\nb',
  'a\tb',
  '&a',
  '*a',
  '!tag',
  '{a}',
  '[a]',
  '|',
  '>',
  '%a',
  '@a',
  '`a`',
  '',
  ' ',
  '\ufffe',
  '\uffff',
  '😀',
  '__proto__',
  '<<',
  '=',
])('is read back by a YAML parser for the name and the value %j', (text) => {
  const value = { map: Object.fromEntries([[text, { value: text, list: [text] }]]) };
  expect(load(formatYaml(value).join('\n'))).toEqual(value);
});
