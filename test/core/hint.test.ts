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
} from '../../src/core/hint.ts';

const posix = '/home/ada/a b';
const windows = 'C:\\Users\\Ada\\a b';

test.each([
  [showCommand, `ls -ld '${posix}'`, `icacls "${windows}"`],
  [roomCommand, `df -h '${posix}'`, 'fsutil volume diskfree "C:"'],
  [roomAndFilesCommand, `df -h '${posix}'; df -i '${posix}'`, 'fsutil volume diskfree "C:"'],
  [
    (path: string) => processCommand(7, path),
    'ps -p 7 -o pid,etime,args',
    'tasklist /fi "PID eq 7"',
  ],
])('what Windows has programs of its own for is for these', (command, ofPosix, ofWindows) => {
  expect(command(posix)).toBe(ofPosix);
  expect(command(windows)).toBe(ofWindows);
});

test.each([
  [(path: string) => listCommand([path, path]), (word: string) => `ls -l ${word} ${word}`],
  [moveHomeCommand, (word: string) => `mv ${word} ~/`],
  [removeCommand, (word: string) => `rm ${word}`],
  [removeAllCommand, (word: string) => `rm -r ${word}`],
])('all else is for a POSIX shell, whatever system the path is of', (command, ofWord) => {
  expect(command(posix)).toBe(ofWord(`'${posix}'`));
  expect(command(windows)).toBe(ofWord(`'${windows}'`));
});

test('a variable is set by export', () => {
  expect(setCommand('A', '<b c>')).toBe('export A=<b c>');
  expect(setCommand('A', 'C:\\<b c>')).toBe("export A='C:\\<b c>'");
});

test('a path that PowerShell would look into stands in single quotes', () => {
  expect(showCommand("C:\\$x\\it's`")).toBe("icacls 'C:\\$x\\it''s`'");
  expect(showCommand('\\\\server\\share\\k')).toBe('icacls "\\\\server\\share\\k"');
});
