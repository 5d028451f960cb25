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

test('sections and settings have their line numbers, and keys are in lower case', () => {
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

test('nested settings below a setting are not settings of the section', () => {
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

test('a comment ends a value only after a space', () => {
  expect(read('[a]\nx = 1 ; one\ny = 2# two\nz = 3\t# three\n')).toEqual([
    { name: 'a', line: 1, x: ['1', 2], y: ['2# two', 3], z: ['3', 4] },
  ]);
});

// The expected results are those of Python 3's RawConfigParser and botocore, which the AWS CLI
// uses.
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

test.each(['# [b]', ';[b]', '  [b]', '\t[b] # note'])(
  '%j is not a header below a setting',
  (line) => {
    expect(read(`[a]\nx = y\n\n${line}\nz = 1\n`)).toEqual([
      { name: 'a', line: 1, x: ['y', 2], z: ['1', 5] },
    ]);
  },
);

test('text after a bracket does not prevent the other sections from being kept', () => {
  const others = '[other]#note\nx = 1\n[third] trailing\nx = 2\n';
  const isRemoved = (name: string) => name === 'ours';
  expect(removeSections(`[ours]\nx = y\n  [ours too]\n${others}`, isRemoved)).toBe(others);
  expect(removeSections(`${others}[ours]# note\nx = y\n`, isRemoved)).toBe(others);
});

test.each(['', '\n', '[', '[]', '=', '[a', 'x', '\0', '[a]\n=\n: x'])(
  '%j is not an error',
  (text) => {
    expect(() => parseIni(text)).not.toThrow();
  },
);

describe('splitting the name of a section', () => {
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
  ])('splits %s', (name, words) => {
    expect(splitWords(name)).toEqual(words);
  });
});
