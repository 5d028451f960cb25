import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBashLine, quoteForBash, tailForBash } from '../../../src/cli/completion/complete.ts';

describe('a bash line', () => {
  test.each([
    ['atmos ', ['']],
    ['atmos auth lo', ['auth', 'lo']],
    ['atmos auth  login ', ['auth', 'login', '']],
    ['A=b B="c d" atmos auth', ['auth']],
    ['atmos -i my\\ id', ['-i', 'my id']],
    ["atmos -i 'my id", ['-i', 'my id']],
    ['atmos -i "my \\"id\\" \\n', ['-i', 'my "id" \\n']],
    ["atmos --identity='my'\\''s'x", ["--identity=my'sx"]],
    ['atmos -i "$(touch x)"', ['-i', '$(touch x)']],
    ["atmos '' ", ['', '']],
    ['atmos \\', ['']],
  ])('%s', (line, words) => {
    expect(parseBashLine(line).words).toEqual(words);
  });

  test('reports how its last word was typed, and which quote is open', () => {
    expect(parseBashLine('atmos -i my\\ i')).toMatchObject({ typed: 'my\\ i' });
    expect(parseBashLine('atmos "a" b')).toEqual({ words: ['a', 'b'], typed: 'b' });
    expect(parseBashLine('atmos --x="a')).toEqual({
      words: ['--x=a'],
      typed: '--x="a',
      open: { at: 4, wordBefore: '--x=' },
    });
  });
});

describe('a completed word', () => {
  const quoted = (word: string, line: string) => quoteForBash(word, parseBashLine(line));

  test.each([
    ['dev', 'atmos d', 'dev'],
    ['my id', 'atmos m', 'my\\ id'],
    ['$(touch x)', 'atmos ', '\\$\\(touch\\ x\\)'],
    ['--identity=a:b@c', 'atmos --identity=', '--identity=a:b@c'],
    ['my id', "atmos 'm", "'my id"],
    ["o'id", "atmos 'o", undefined],
    ['my "$id"', 'atmos "m', '"my \\"\\$id\\"'],
    ['a!b', 'atmos "a', undefined],
    ['--x=a b', 'atmos --x="a', '--x="a b'],
  ])('%s after %s is %s', (word, line, expected) => {
    expect(quoted(word, line)).toBe(expected);
  });

  test('is read by bash unchanged, whatever it contains', () => {
    const words = fc.sample(fc.string({ unit: 'grapheme', minLength: 1 }), 300);
    const all = words.filter((word) => !/\p{Cc}/u.test(word));
    const begun = ['atmos ', "atmos '", 'atmos "'];
    const cases = all.flatMap((word) =>
      begun.flatMap((line) => {
        const text = quoted(word, line);
        return text === undefined ? [] : [{ word, text: `${text}${line.slice(6)}` }];
      }),
    );
    const script = cases.map(({ text }) => `printf '%s\\0' ${text}`).join('\n');
    const { stdout, stderr } = spawnSync('bash', ['--norc'], {
      input: script,
      encoding: 'utf8',
      env: { LC_ALL: 'C.UTF-8' },
    });
    expect(stderr).toBe('');
    expect(stdout.split('\0').slice(0, -1)).toEqual(cases.map(({ word }) => word));
  });
});

test('is shortened to the part that bash replaces', () => {
  expect(tailForBash('--identity=dev', '--identity=d', 'd')).toBe('dev');
  expect(tailForBash("'my id", "'my", 'my')).toBe('my id');
  expect(tailForBash('dev', 'd', 'd')).toBe('dev');
  expect(tailForBash('dev', '', '')).toBe('dev');
  // Quoted in another way than it was typed.
  expect(tailForBash('a\\ b:c', 'a" "b:', '')).toBeUndefined();
});
