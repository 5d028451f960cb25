import { describe, expect, test } from 'vitest';
import type { CommandGroup } from '../../../src/cli/command.ts';
import { atmos } from '../../../src/cli/command-specs/root.ts';
import { findWanted } from '../../../src/cli/completion/complete.ts';
import { completionShells } from '../../../src/cli/completion/script.ts';
import { tree } from '../tree.ts';

/** The candidates at the end of the line. */
function wanted(line: string, root: CommandGroup = atmos) {
  return findWanted(line.split(' '), root).wanted;
}

describe('the words', () => {
  test.each([
    ['', ['auth', 'version']],
    ['au', ['auth', 'version']],
    ['auth ', ['whoami', 'login', 'logout', 'exec', 'keyring']],
    ['auth -i dev ', ['whoami', 'login', 'logout', 'exec', 'keyring']],
    ['auth keyring ', ['status']],
    ['auth whoami -o ', ['json']],
    ['auth whoami --output=j', ['json']],
    ['auth whoami -oj', ['json']],
    ['auth login --force=', []],
    ['auth login --mfa-token ', []],
    ['auth login -- ', []],
  ])('after "%s" are completed', (line, words) => {
    expect(wanted(line, tree)).toMatchObject({ words });
    expect(wanted(line, tree)).not.toHaveProperty('names');
  });

  test('include the options of the command, then the global ones', () => {
    const { words } = wanted('auth login -', tree);
    expect(words.slice(0, 4)).toEqual(['--identity', '--force', '--mfa-token', '--config']);
    expect(words).toEqual(expect.arrayContaining(['--interactive=false', '--no-color', '--help']));
    expect(wanted('auth exec ', tree).words.slice(0, 2)).toEqual(['--', '--identity']);
  });

  test('do not include internal commands', () => {
    expect(wanted('').words).not.toContain('__complete');
    expect(wanted('completion ').words).toEqual(completionShells);
  });
});

describe('names', () => {
  test.each([
    ['auth login -i ', 'identity', ''],
    ['auth -i ', 'identity', ''],
    ['auth login --identity=de', 'identity', '--identity='],
    ['auth login -ide', 'identity', '-i'],
    ['auth logout ', 'identity', ''],
    ['profile show ', 'profile', ''],
    ['--profile ', 'profile', ''],
    ['--profile=a,b', 'profile', '--profile=a,'],
    ['auth login --profile a,b,', 'profile', 'a,b,'],
    ['--config ', 'file', ''],
    ['auth env -o ', 'file', ''],
    ['auth exec -- ', 'file', ''],
    ['auth exec -- ls -', 'file', ''],
    ['-C ', 'directory', ''],
    ['--config-path ', 'directory', ''],
  ])('after "%s" are of the kind: %s', (line, names, prefix) => {
    expect(wanted(line)).toEqual({ prefix, words: [], names });
  });

  test('do not include a second operand', () => {
    expect(wanted('auth logout dev ')).not.toHaveProperty('names');
  });
});

test('use the configuration of the line', () => {
  const { globals } = findWanted(['--config', 'a', '-C', 'd', 'auth', 'login', '-i', ''], atmos);
  expect(globals).toMatchObject({ config: ['a'], chdir: 'd' });
});

test.each([['nonsense '], ['auth login --nonsense '], ['auth login --mfa-token -i ']])(
  'are an error for the invalid line "%s"',
  (line) => {
    expect(() => wanted(line)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  },
);
