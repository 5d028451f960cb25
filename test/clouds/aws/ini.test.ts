import { describe, expect, test } from 'vitest';
import { parseIni, removeSections, splitWords } from '../../../src/clouds/aws/ini.ts';

/** `{ section: { key: [value, line] } }` */
function read(text: string) {
  return parseIni(text).map(({ name, line, settings }) => ({
    name,
    line,
    ...Object.fromEntries([...settings].map(([key, one]) => [key, [one.value, one.line]])),
  }));
}

test('sections and settings have their lines, and keys are in lower case', () => {
  const text = `# keys
ignored = before the first section
[default]
AWS_ACCESS_KEY_ID = AKIA

[ops]  ; of the night\r
aws_secret_access_key: x\r
; aws_secret_access_key = old
  # so
[ops2]
no setting
a=b=c:d
`;
  expect(read(text)).toEqual([
    { name: 'default', line: 3, aws_access_key_id: ['AKIA', 4] },
    { name: 'ops', line: 6, aws_secret_access_key: ['x', 7] },
    { name: 'ops2', line: 10, a: ['b=c:d', 12] },
  ]);
});

test('settings below a setting are not those of the section', () => {
  const text = `[a]
s3 =
    aws_access_key_id = not this one

    region = nor this
  output = nor this
output = json
    region = x
[b]
  s3 =
    region = not this one
  region = y
`;
  expect(read(text)).toEqual([
    { name: 'a', line: 1, s3: ['', 2], output: ['json', 7], region: ['x', 8] },
    { name: 'b', line: 9, s3: ['', 10], region: ['y', 12] },
  ]);
});

test('a comment ends a value, and needs a space before it', () => {
  expect(read('[a]\nx = 1 ; one\ny = 2# two\nz = 3\t# three\n')).toEqual([
    { name: 'a', line: 1, x: ['1', 2], y: ['2# two', 3], z: ['3', 4] },
  ]);
});

// As RawConfigParser of Python 3 and botocore, which the AWS CLI reads with, say.
test.each([
  ['[other]#note', 'other'],
  ['[other] trailing', 'other'],
  ['[other] # note', 'other'],
  ['[other]=x', 'other'],
  ['[a]b]', 'a]b'],
  ['[a ; b]', 'a ; b'],
  ['[a #b] ;c]', 'a #b] ;c'],
  ['[ emergency-user ]', ' emergency-user '],
  ['  [indented]', 'indented'],
])('%s is the header of %j', (header, name) => {
  expect(read(`${header}\nx = y\n`)).toEqual([{ name, line: 1, x: ['y', 2] }]);
});

test.each(['# [b]', ';[b]', '  [b]', '\t[b] # note'])('%j is no header below a setting', (line) => {
  expect(read(`[a]\nx = y\n\n${line}\nz = 1\n`)).toEqual([
    { name: 'a', line: 1, x: ['y', 2], z: ['1', 5] },
  ]);
});

test('what follows a bracket keeps no section of others from staying', () => {
  const others = '[other]#note\nx = 1\n[third] trailing\nx = 2\n';
  const isRemoved = (name: string) => name === 'ours';
  expect(removeSections(`[ours]\nx = y\n  [ours too]\n${others}`, isRemoved)).toBe(others);
  expect(removeSections(`${others}[ours]# note\nx = y\n`, isRemoved)).toBe(others.trimEnd());
});

test.each(['', '\n', '[', '[]', '=', '[a', 'x', '\0', '[a]\n=\n: x'])('%j is no error', (text) => {
  expect(() => parseIni(text)).not.toThrow();
});

describe('the words of a name', () => {
  test.each([
    ['profile x', ['profile', 'x']],
    ['profile "My Prof"', ['profile', 'My Prof']],
    ["profile 'My Prof'", ['profile', 'My Prof']],
    ['profile My\\ Prof', ['profile', 'My Prof']],
    ['profile   x  ', ['profile', 'x']],
    ['profile a"b c"d', ['profile', 'ab cd']],
    ['profile "a\\"b\\\\c\\d"', ['profile', 'a"b\\c\\d']],
    ['profile ""', ['profile', '']],
    ['profile', ['profile']],
    ['profile a b', ['profile', 'a', 'b']],
    ['profile "a', undefined],
    ["profile o'neil", undefined],
    ['', []],
  ])('%s', (name, words) => {
    expect(splitWords(name)).toEqual(words);
  });
});
