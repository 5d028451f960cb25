import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOwnText, writeOwnText } from '../../src/host/own-text.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const where = { userId: process.getuid?.() };

function openFile() {
  const directory = temporaryDirectory();
  const file = join(directory, 'file');
  writeFileSync(file, 'text', { mode: 0o600 });
  return { directory, file, read: (path = file) => readOwnText(path, 4, where) };
}

describe.runIf(process.platform !== 'win32')('a file of one’s own', () => {
  test('is read', () => {
    expect(openFile().read()).toBe('text');
  });

  test('is replaced, and not written where another user can replace it', () => {
    const { directory, file, read } = openFile();
    writeOwnText(file, 'new', where);
    expect(read()).toBe('new');
    chmodSync(directory, 0o777);
    writeOwnText(file, 'x', where);
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  test.each<[string, (place: ReturnType<typeof openFile>) => string]>([
    ['is missing', ({ directory }) => join(directory, 'none')],
    ['is a directory', ({ directory }) => directory],
    [
      'is larger',
      ({ file }) => {
        writeFileSync(file, 'texts');
        return file;
      },
    ],
    [
      'is a link',
      ({ directory, file }) => {
        symlinkSync(file, join(directory, 'link'));
        return join(directory, 'link');
      },
    ],
    [
      'can be changed by other users',
      ({ file }) => {
        chmodSync(file, 0o666);
        return file;
      },
    ],
    [
      'is in a directory that other users can change',
      ({ directory }) => {
        const open = join(directory, 'open');
        mkdirSync(open);
        chmodSync(open, 0o777);
        writeFileSync(join(open, 'file'), 'text', { mode: 0o600 });
        return join(open, 'file');
      },
    ],
  ])('is not read if it %s', (_, change) => {
    const place = openFile();
    expect(place.read(change(place))).toBeUndefined();
  });
});
