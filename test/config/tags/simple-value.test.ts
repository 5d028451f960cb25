import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitArguments, splitFirst } from '../../../src/config/tags/tag.ts';
import { resolving, valueOf } from './resolving.ts';

const refused = (message: string) => ({ problems: [`auth.realm ${message}`] });

describe('!env', () => {
  const usage = refused('requires the name of a variable and at most one default');
  it.each([
    ['!env NAME', { NAME: 'given' }, 'given'],
    ['!env NAME', { NAME: '  given \n' }, 'given'],
    ['!env NAME other', { NAME: 'given' }, 'given'],
    ['!env NAME other', {}, 'other'],
    ['!env NAME other', { NAME: '' }, ''],
    ['!env NAME', {}, ''],
    ['!env NAME "two words"', {}, 'two words'],
    ["!env NAME 'two words'", {}, 'two words'],
    ["!env NAME 'it''s'", {}, "it's"],
    ['!env NAME "say ""hi"""', {}, 'say "hi"'],
    ['!env NAME it"s', {}, 'it"s'],
    ['!env "NAME"', { NAME: 'given' }, 'given'],
    ['!env toString', {}, ''],
    ['!env', {}, usage],
    ['!env A b c', {}, usage],
    ['!env A "b', {}, usage],
    ['!env [A]', {}, refused('has the tag !env, which takes text')],
    ['!env {A: b}', {}, refused('has the tag !env, which takes text')],
  ])('%s in %j', (tag, env, expected) => {
    expect(valueOf(tag, { env })).toEqual(expected);
  });
});

describe('!cwd', () => {
  it.each([
    ['!cwd', '$/sub'],
    ['!cwd a/b', '$/sub/a/b'],
    ['!cwd ../x', '$/x'],
    ['!cwd ./two words', '$/sub/two words'],
  ])('%s', (tag, expected) => {
    expect(valueOf(tag, { workingDirectory: 'sub' })).toBe(expected);
  });
});

describe('!random', () => {
  it.each([
    ['!random', 0, 65535],
    ['!random 3', 0, 3],
    ['!random 5 6', 5, 6],
    ['!random -2 "-1"', -2, -1],
    ['!random 9007199254740990 9007199254740991', 9007199254740990, 9007199254740991],
    ['!random -9007199254740991 9007199254740991', -9007199254740991, 9007199254740991],
  ])('%s', (tag, min, max) => {
    const value = valueOf(tag);
    expect(Number.isSafeInteger(value)).toBe(true);
    expect(value).toBeGreaterThanOrEqual(min);
    expect(value).toBeLessThanOrEqual(max);
  });

  it('returns every number in the range and no other', () => {
    const values = Array.from({ length: 200 }, () => valueOf('!random 1 3'));
    expect(new Set(values)).toEqual(new Set([1, 2, 3]));
  });

  const usage = refused(
    'accepts a minimum and a maximum (whole numbers), a maximum, or no argument',
  );
  it.each([
    ['!random a', usage],
    ['!random 1.5', usage],
    ['!random 1 2 3', usage],
    ['!random 1 "2', usage],
    ['!random 0 9007199254740992', usage],
    ['!random 0x10', usage],
    ['!random 2 2', refused('has a minimum that is not below the maximum')],
    ['!random 0', refused('has a minimum that is not below the maximum')],
  ])('%s is rejected', (tag, expected) => {
    expect(valueOf(tag)).toEqual(expected);
  });
});

describe('!repo-root and !git.…', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const files = {
    '.git/HEAD': 'ref: refs/heads/release/1.2\n',
    '.git/refs/heads/release/1.2': `${commit}\n`,
    '.git/config': '[remote "origin"]\n\turl = https://u:secret@git.example/group/sub/name.git\n',
    'deep/down/file': '',
  };
  const workingDirectory = 'deep/down';

  it.each([
    ['!repo-root', '$'],
    ['!git.root', '$'],
    ['!repo-root .', '$'],
    ['!git.sha', commit],
    ['!git.ref', commit],
    ['!git.branch', 'release/1.2'],
    ['!git.branch main', 'release/1.2'],
    ['!git.url', 'https://git.example/group/sub/name.git'],
    ['!git.host', 'git.example'],
    ['!git.owner', 'group/sub'],
    ['!git.name', 'name'],
    ['!git.repository', 'group/sub/name'],
  ])('%s', (tag, expected) => {
    expect(valueOf(tag, { files, workingDirectory })).toBe(expected);
  });

  it.each([
    ['!repo-root', '^ is not in a git repository'],
    ['!git.root', '^ is not in a git repository'],
    ['!git.sha', '^ is not in a git repository'],
    ['!git.owner', '^ is not in a git repository'],
  ])('%s outside of a repository is rejected without a default', (tag, why) => {
    expect(valueOf(tag, { workingDirectory: '..' })).toEqual(
      refused(`has the tag ${tag}, but ${why} → add a default: ${tag} VALUE`),
    );
    expect(valueOf(`${tag} .`, { workingDirectory: '..' })).toBe('.');
    expect(valueOf(`${tag} two words`, { workingDirectory: '..' })).toBe('two words');
  });

  it.each([
    ['!git.sha', 'no commit was found in $'],
    ['!git.ref', 'no commit was found in $'],
    ['!git.branch', 'HEAD of $ is not on a branch'],
    ['!git.url', 'the remote origin of $ is missing or does not contain it'],
    ['!git.repository', 'the remote origin of $ is missing or does not contain it'],
  ])('%s with an unknown value is rejected without a default', (tag, why) => {
    const empty = { '.git/HEAD': '' };
    expect(valueOf(tag, { files: empty })).toEqual(
      refused(`has the tag ${tag}, but ${why} → add a default: ${tag} VALUE`),
    );
    expect(valueOf(`${tag} x`, { files: empty })).toBe('x');
  });
});

describe('any text after a tag', () => {
  it('is resolved or reported', () => {
    const tag = fc.constantFrom('!env', '!cwd', '!random', '!git.sha', '!repo-root', '!git.url');
    fc.assert(
      fc.property(tag, fc.string(), (name, text) => {
        const { problems } = resolving(`auth:\n  realm: ${name} ${JSON.stringify(text)}\n`);
        expect(problems.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  it('is split into the words it was built from', () => {
    const quoted = (word: string) => `"${word.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), (words) => {
        expect(splitArguments(words.map(quoted).join(' '))).toEqual(words);
      }),
    );
  });

  it('never makes splitting throw', () => {
    const piece = fc.constantFrom('"', "'", ' ', '\n', 'a', '""', "''");
    const text = fc.array(fc.oneof(piece, fc.string())).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (words) => {
        const first = splitFirst(words.trim());
        expect(splitArguments(words)?.[0]).toBe(splitArguments(words) && first?.word);
      }),
    );
  });
});
