import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { maxEntryBytes, readEntryFile } from '../../../src/keyring/file/entry.ts';
import { asStranger, isRoot, strangerId } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf, thrownBy } from './rejection.ts';

const us = process.getuid?.();

function entryFile(text = 'token', mode = 0o600): string {
  const path = join(temporaryDirectory(), 'entry');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("an entry's file", () => {
  test('is read as it is', () => {
    expect(readEntryFile(entryFile('a.b.c\n'), us)).toBe('a.b.c\n');
    expect(readEntryFile(entryFile(''), us)).toBe('');
  });

  test('may be read-only', () => {
    expect(readEntryFile(entryFile('token', 0o400), us)).toBe('token');
  });

  test('that is not there is undefined', () => {
    expect(readEntryFile(join(temporaryDirectory(), 'absent'), us)).toBeUndefined();
  });

  test.each([0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777])(
    'open to others (%o) is refused with the command that mends it',
    (mode) => {
      const path = entryFile('token', mode);
      expectError(
        thrownBy(() => readEntryFile(path, us)),
        'ERR_KEYRING_PERMISSIONS',
        `the entry ${path} is open to other users (mode 0${mode.toString(8)})`,
        `chmod 600 ${path}`,
      );
    },
  );

  test('is named in a hint that a shell can read', () => {
    const path = join(temporaryDirectory(), "it's $HOME");
    writeFileSync(path, 'token');
    chmodSync(path, 0o644);
    const [hint = ''] = thrownBy(() => readEntryFile(path, us)).hints;
    execFileSync('sh', ['-c', hint]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.runIf(isRoot)('of somebody else is refused (as root, who can give it away)', () => {
    const path = entryFile();
    chownSync(path, strangerId, strangerId);
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to user ${strangerId}, not to you (user 0)`,
      `sudo chown 0 ${path}`,
    );
  });

  test.runIf(isRoot)('of root is refused too, when we are not root', () => {
    const path = entryFile();
    expectError(
      thrownBy(() => readEntryFile(path, strangerId)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to user 0, not to you (user ${strangerId})`,
    );
  });

  test('that may not be opened says so', async () => {
    const path = entryFile('token', 0o000);
    if (isRoot) chmodSync(join(path, '..'), 0o755);
    const read = async () => readEntryFile(path, us);
    expectError(
      await rejectionOf(isRoot ? asStranger(read) : read()),
      'ERR_KEYRING_PERMISSIONS',
      `cannot read ${path}: permission denied${isRoot ? ` (${path} belongs to user 0)` : ''}`,
      `ls -ld ${path}`,
    );
  });

  test.each<[string, (path: string) => void]>([
    ['to an entry', (path) => symlinkSync(entryFile(), path)],
    ['to nothing', (path) => symlinkSync('absent', path)],
    ['to itself', (path) => symlinkSync(path, path)],
  ])('that is a symbolic link %s is refused', (_, link) => {
    const path = join(temporaryDirectory(), 'entry');
    link(path);
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a symbolic link`,
      `ls -ld ${path}`,
    );
  });

  test.each<[string, (path: string) => void]>([
    ['directory', (path) => mkdirSync(path)],
    ['named pipe', (path) => execFileSync('mkfifo', ['-m', '600', path])],
  ])('that is a %s is refused at once', (kind, make) => {
    const path = join(temporaryDirectory(), 'entry');
    make(path);
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a ${kind}`,
      `ls -ld ${path}`,
    );
  });

  test('that is a socket is refused at once', async () => {
    const path = join(temporaryDirectory(), 'entry');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a socket`,
      `ls -ld ${path}`,
    );
  });

  test('under a path that is no directory is an error of the keyring', () => {
    const path = join(entryFile(), 'entry');
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_IO',
      `cannot read ${path}: a part of the path is not a directory`,
    );
  });

  test('has a largest size', () => {
    const path = entryFile();
    truncateSync(path, maxEntryBytes);
    expect(readEntryFile(path, us)).toHaveLength(maxEntryBytes);
    truncateSync(path, maxEntryBytes + 1);
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_DAMAGED',
      `the entry ${path} is larger than the largest possible entry`,
    );
  });

  test('without end is not read to its end', () => {
    const path = entryFile();
    truncateSync(path, 2 ** 40);
    expect(thrownBy(() => readEntryFile(path, us)).code).toBe('ERR_KEYRING_DAMAGED');
  });

  test('with a second name is read: owner and mode are what counts', () => {
    const path = entryFile();
    linkSync(path, `${path}-too`);
    expect(readEntryFile(`${path}-too`, us)).toBe('token');
  });
});
