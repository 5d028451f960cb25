import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendToFile, writeOutputFile } from '../../src/host/files.ts';
import { thrownBy } from '../support/error-of.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const named = (value: string) => ({ value, source: '--output' });
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a file that is replaced', () => {
  test('is readable by nobody else, before and after', () => {
    const directory = temporaryDirectory();
    const [made, old] = [join(directory, 'made'), join(directory, 'old')];
    writeFileSync(old, 'old', { mode: 0o644 });
    for (const path of [made, old]) {
      writeOutputFile(named(path), 'text');
      expect(readFileSync(path, 'utf8')).toBe('text');
      expect(modeOf(path)).toBe(0o600);
    }
    expect(readdirSync(directory)).toEqual(['made', 'old']);
  });

  test('is the one at the end of a link', () => {
    const directory = temporaryDirectory();
    const [file, link] = [join(directory, 'file'), join(directory, 'link')];
    writeFileSync(file, '');
    symlinkSync(file, link);
    writeOutputFile(named(link), 'text');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('text');
  });

  test('is never a device, a pipe or a directory', () => {
    const directory = temporaryDirectory();
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [path, kind] of [
      ['/dev/null', 'a device'],
      [directory, 'a directory'],
      [pipe, 'a named pipe'],
    ] as const) {
      expect(thrownBy(() => writeOutputFile(named(path), 'text'))).toMatchObject({
        code: 'ERR_USAGE',
        message: `${path} (from --output) is ${kind}, not a regular file`,
      });
    }
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

test('appending refuses a directory and a named pipe, which may have no reader', () => {
  const directory = temporaryDirectory();
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const [path, kind] of [
    [directory, 'a directory'],
    [pipe, 'a named pipe'],
  ] as const) {
    expect(thrownBy(() => appendToFile(named(path), 'text'))).toMatchObject({
      code: 'ERR_USAGE',
      message: `${path} (from --output) is ${kind}, not a regular file`,
    });
  }
});

test('a file that is added to keeps what it has', () => {
  const path = join(temporaryDirectory(), 'file');
  appendToFile(named(path), 'one\n');
  expect(modeOf(path)).toBe(0o600);
  appendToFile(named(path), 'two\n');
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('what the system refuses is told with the option it came from', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a'));
  for (const write of [writeOutputFile, appendToFile]) {
    expect(thrownBy(() => write(named(join(directory, 'b/c')), 'text'))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${directory}/b/c (from --output): ENOENT`,
    });
  }
  expect(readdirSync(directory)).toEqual(['a']);
});
