import { expect, test } from 'vitest';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import {
  distinctHints,
  logOut,
  optionWords,
  run,
  say,
  listFiles,
  moveHome,
  removeDirectory,
  removeFile,
  showFreeSpace,
  showFreeSpaceAndFiles,
  showPermissions,
  showProcess,
  withOptions,
  type Hint,
} from '../../src/core/hint.ts';

const posix = '/home/ada/a b';
const windows = 'C:\\Users\\Ada\\a b';

function shown(hints: Hint | readonly Hint[]): string[] {
  return [hints].flat().map((hint) => formatHint(hint, posixSyntax));
}

test.each([
  ['showPermissions', showPermissions, [`ls -ld '${posix}'`], [`icacls '${windows}'`]],
  ['showFreeSpace', showFreeSpace, [`df -h '${posix}'`], ['fsutil volume diskfree C:']],
  [
    'showFreeSpaceAndFiles',
    showFreeSpaceAndFiles,
    [`df -h '${posix}'`, `df -i '${posix}'`],
    ['fsutil volume diskfree C:'],
  ],
  [
    'showProcess',
    (path: string) => showProcess(7, path),
    ['ps -p 7 -o pid,etime,args'],
    ["tasklist /fi 'PID eq 7'"],
  ],
])('%s uses the program of the operating system of the path', (_, hint, ofPosix, ofWindows) => {
  expect(shown(hint(posix))).toEqual(ofPosix);
  expect(shown(hint(windows))).toEqual(ofWindows);
});

test('a command for files has one argument for each path', () => {
  expect(shown(listFiles([posix, posix]))).toEqual([`ls -l '${posix}' '${posix}'`]);
  expect(shown(moveHome(posix, 'to keep it'))).toEqual([`to keep it: mv '${posix}' ~/`]);
  expect(shown(removeFile(posix))).toEqual([`rm '${posix}'`]);
  expect(shown(removeDirectory(posix))).toEqual([`rm -r '${posix}'`]);
});

test('a value with a leading - is joined to its option', () => {
  expect(optionWords('--identity', 'dev')).toEqual(['--identity', 'dev']);
  expect(optionWords('--identity', '-x')).toEqual(['--identity=-x']);
});

test('duplicate hints are removed', () => {
  const hints = [say('wait'), run(['ls'], 'why'), say('wait'), run(['ls']), run(['ls'], 'why')];
  expect(distinctHints(hints)).toEqual([say('wait'), run(['ls'], 'why'), run(['ls'])]);
});

test('a logout has the name of the identity as one argument', () => {
  expect(shown(logOut('a;id', true, 'to remove it'))).toEqual([
    "to remove it: atmos auth logout 'a;id' --keychain",
  ]);
  expect(shown(logOut('-x', false))).toEqual(['atmos auth logout --identity=-x']);
});

test('options go to the commands of atmos auth, before the program that they run', () => {
  const options = ['--config', 'a b.yaml'];
  const login = run(['atmos', 'auth', 'login'], 'then');
  expect(shown(withOptions(login, options))).toEqual([
    "then: atmos auth login --config 'a b.yaml'",
  ]);
  const exec = run(['atmos', 'auth', 'exec', '--', 'aws', 's3', 'ls']);
  expect(shown(withOptions(exec, options))).toEqual([
    "atmos auth exec --config 'a b.yaml' -- aws s3 ls",
  ]);
  expect(withOptions(say('see the log'), options)).toEqual(say('see the log'));
  expect(shown(withOptions(listFiles(['/etc']), options))).toEqual(shown(listFiles(['/etc'])));
  expect(withOptions(login, [])).toBe(login);
  const trust = run(['atmos', 'auth', 'trust', '-C', '/p']);
  expect(withOptions(trust, options)).toEqual(trust);
});
