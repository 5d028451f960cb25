import { expect, test } from 'vitest';
import {
  listCommand,
  moveHomeCommand,
  processCommand,
  removeAllCommand,
  removeCommand,
  roomAndFilesCommand,
  roomCommand,
  setCommand,
  showCommand,
} from '../../src/core/file-commands.ts';

const posix = '/home/ada/a b';
const windows = 'C:\\Users\\Ada\\a b';

test.each([
  [showCommand, `ls -ld '${posix}'`, `icacls "${windows}"`],
  [
    (path: string) => listCommand([path, path]),
    `ls -l '${posix}' '${posix}'`,
    `dir "${windows}", "${windows}"`,
  ],
  [moveHomeCommand, `mv '${posix}' ~/`, `move "${windows}" ~`],
  [removeCommand, `rm '${posix}'`, `del "${windows}"`],
  [removeAllCommand, `rm -r '${posix}'`, `Remove-Item -Recurse "${windows}"`],
  [roomCommand, `df -h '${posix}'`, 'fsutil volume diskfree "C:"'],
  [roomAndFilesCommand, `df -h '${posix}'; df -i '${posix}'`, 'fsutil volume diskfree "C:"'],
  [
    (path: string) => processCommand(7, path),
    'ps -p 7 -o pid,etime,args',
    'tasklist /fi "PID eq 7"',
  ],
  [(path: string) => setCommand('A', '<b>', path), 'export A=<b>', "$env:A = '<b>'"],
])('a command is one of the system that its path is of', (command, ofPosix, ofWindows) => {
  expect(command(posix)).toBe(ofPosix);
  expect(command(windows)).toBe(ofWindows);
});

test('a path that PowerShell would look into stands in single quotes', () => {
  expect(showCommand("C:\\$x\\it's`")).toBe("icacls 'C:\\$x\\it''s`'");
  expect(showCommand('\\\\server\\share\\k')).toBe('icacls "\\\\server\\share\\k"');
});
