import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fishSyntax, formatHint, posixSyntax } from '../../src/core/format-hint.ts';
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
  type Hint,
} from '../../src/core/hint.ts';
import { isPrintable } from '../../src/core/printable.ts';
import { peer } from '../support/peers.ts';

test.each<[Hint, string, string]>([
  [run(['atmos', 'auth', 'login']), 'atmos auth login', 'atmos auth login'],
  [
    run(['atmos', 'auth', 'login', '-i', "it's"], 'to log in again'),
    `to log in again: atmos auth login -i 'it'"'"'s'`,
    "to log in again: atmos auth login -i 'it\\'s'",
  ],
  [run(['mv', '/a b', home]), "mv '/a b' ~/", "mv '/a b' ~/"],
  [run(['x', placeholder('code')]), 'x <code>', 'x <code>'],
  [
    addOptions(['--profile', 'a b'], 'it is in profile a b'),
    "it is in profile a b: add --profile 'a b'",
    "it is in profile a b: add --profile 'a b'",
  ],
  [setVariable('A', 'b c'), "export A='b c'", "set -gx A 'b c'"],
  [setVariable('A', placeholder('a file')), 'export A=<a file>', 'set -gx A <a file>'],
  [
    setVariable('A', random, 'keep it'),
    'keep it: export A="$(openssl rand -base64 24)"',
    'keep it: set -gx A (openssl rand -base64 24)',
  ],
  [unsetVariable('A', 'B'), 'unset A B', 'set -e A B'],
  [
    evaluate(['atmos', 'auth', 'env']),
    'eval "$(atmos auth env)"',
    'atmos auth env --format fish | source',
  ],
  [
    edit('atmos.yaml:3:5', 'set auth.realm'),
    'set auth.realm (atmos.yaml:3:5)',
    'set auth.realm (atmos.yaml:3:5)',
  ],
  [say('try again'), 'try again', 'try again'],
])('%j', (hint, ofPosix, ofFish) => {
  expect(formatHint(hint, posixSyntax)).toBe(ofPosix);
  expect(formatHint(hint, fishSyntax)).toBe(ofFish);
});

test('text that the printer would escape is shown as prose, not as a command', () => {
  const name = 'a\nb\u202e';
  expect(formatHint(run(['atmos', '-i', name], 'again'), posixSyntax)).toBe(
    `again: with its arguments quoted for your shell, atmos -i ${JSON.stringify(name)}`,
  );
  expect(formatHint(addOptions(['-i', name]), posixSyntax)).toMatch(/^with its arguments quoted/);
  expect(formatHint(setVariable('A', name), posixSyntax)).toBe(
    `set the variable A to ${JSON.stringify(name)}`,
  );
});

/** Names of identities, profiles and files, often with special characters of a shell. */
const name = fc.string({
  unit: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...Array.from(`'"\`$()!%=~*?[]{}<>|&;#\\ -@^,:+üß日😀`),
        '\n',
        '$(id)',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  ),
  maxLength: 12,
});

const shells = [
  { shell: ['sh', '-c'], syntax: posixSyntax, isThere: true },
  { shell: ['bash', '-c'], syntax: posixSyntax, isThere: true },
  { shell: ['zsh', '-f', '-c'], syntax: posixSyntax, isThere: peer('zsh') !== undefined },
  { shell: ['fish', '--no-config', '-c'], syntax: fishSyntax, isThere: peer('fish') !== undefined },
];

describe.each(shells)('$shell.0', ({ shell, syntax, isThere }) => {
  it.skipIf(!isThere)('receives exactly the intended arguments, or the hint is prose', () => {
    const names = fc.sample(fc.array(name, { minLength: 1, maxLength: 3 }), 400);
    const hints = names.map((words) => formatHint(run(['atmos', ...words]), syntax));
    const commands = hints.filter((text) => text.startsWith('atmos '));
    const meant = names.filter((words) => words.every(isPrintable));
    expect(commands).toHaveLength(meant.length);
    expect(runInShell(shell, commands)).toEqual(meant);
  });

  it.skipIf(!isThere)('sets exactly the intended value', () => {
    const values = fc.sample(name, 200).filter(isPrintable);
    const lines = values.flatMap((value) => [
      formatHint(setVariable('SOME', value), syntax),
      'atmos "$SOME"',
    ]);
    expect(runInShell(shell, lines)).toEqual(values.map((value) => [value]));
  });
});

/** Runs lines in which `atmos` is a function, and returns the arguments of each call. */
function runInShell(
  [shell = '', ...options]: readonly string[],
  lines: readonly string[],
): string[][] {
  const define =
    shell === 'fish'
      ? `function atmos; printf '%s\\0' $argv; printf '\\n\\0'; end`
      : `atmos() { printf '%s\\0' "$@"; printf '\\n\\0'; }`;
  const script = [define, ...lines].join('\n');
  const output = execFileSync(shell, [...options, script], { encoding: 'utf8' });
  const calls: string[][] = [[]];
  for (const word of output.split('\0').slice(0, -1)) {
    if (word === '\n') calls.push([]);
    else calls.at(-1)?.push(word);
  }
  return calls.slice(0, -1);
}
