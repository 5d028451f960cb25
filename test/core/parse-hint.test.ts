import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addOptions,
  edit,
  evaluate,
  home,
  placeholder,
  random,
  run,
  say,
  setVariable,
  unsetVariable,
} from '../../src/core/hint.ts';
import { parseHints, sendableHints } from '../../src/core/parse-hint.ts';

test('every kind of hint is the same after JSON', () => {
  const hints = [
    run(['a', placeholder("a file, if it's there"), home], 'why'),
    evaluate(['a', 'b'], 'why'),
    addOptions(['--x', ''], 'why'),
    setVariable('A', 'b', 'why'),
    setVariable('A', random),
    setVariable('A', placeholder('x')),
    unsetVariable('A', 'B'),
    edit('a:1:2', 'change it'),
    say('words'),
  ];
  expect(parseHints(JSON.parse(JSON.stringify(hints)))).toEqual(hints);
});

test.each([
  ['a value that is not a list', {}],
  ['a string', ['atmos auth login']],
  ['an unknown kind', [{ kind: 'exec', text: 'x' }]],
  ['a missing command', [{ kind: 'run' }]],
  ['an empty command', [{ kind: 'run', command: [] }]],
  ['a word that is a number', [{ kind: 'run', command: [1] }]],
  ['a comment that is a map', [{ kind: 'run', command: ['a'], comment: {} }]],
  ['a placeholder that is a command', [{ kind: 'run', command: [{ placeholder: 'x; id' }] }]],
  ['a variable that is a command', [{ kind: 'set', variable: 'A; id', value: 'x' }]],
  ['variables that are a command', [{ kind: 'unset', variables: ['A', '$(id)'] }]],
  ['a missing value', [{ kind: 'set', variable: 'A' }]],
  ['too many hints', Array.from({ length: 33 }, () => say('x'))],
  ['a text that is too long', [say('x'.repeat(8193))]],
  ['a missing text', [{ kind: 'say' }]],
  ['a line break', [say('words\nhint: rm -rf ~')]],
  ['an escape sequence in an argument', [run(['rm', '\u001b[2K'])]],
  ['a bidi override in a comment', [run(['ls'], '\u202eto see')]],
  ['a control character in a value', [setVariable('A', 'x\r')]],
  ['a control character in a position', [edit('a:1\u0007', 'change it')]],
])('parsing rejects %s', (_, value) => {
  expect(parseHints(value)).toBeUndefined();
});

test('a hint that parsing would reject is not sent', () => {
  const good = run(['ls', '-l', '/a b']);
  const hints = [good, run(['rm', '/a\nb']), say('x'.repeat(8193))];
  expect(sendableHints(hints)).toEqual([good]);
  const many = Array.from({ length: 40 }, () => good);
  expect(parseHints(sendableHints(many))).toHaveLength(32);
});

test('parsing never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      parseHints([value]);
    }),
  );
});
