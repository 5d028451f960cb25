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
  test('is read unchanged', () => {
    expect(readEntryFile(entryFile('a.b.c\n'), us)).toBe('a.b.c\n');
    expect(readEntryFile(entryFile(''), us)).toBe('');
  });

  test('may be read-only', () => {
    expect(readEntryFile(entryFile('token', 0o400), us)).toBe('token');
  });

  test('is undefined if it does not exist', () => {
    expect(readEntryFile(join(temporaryDirectory(), 'absent'), us)).toBeUndefined();
  });

  test.each([0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777])(
    'is rejected with a command that fixes it if other users can access it (%o)',
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

  test('is quoted in a hint for the shell', () => {
    const path = join(temporaryDirectory(), "it's $HOME");
    writeFileSync(path, 'token');
    chmodSync(path, 0o644);
    const [hint = ''] = thrownBy(() => readEntryFile(path, us)).hints;
    execFileSync('sh', ['-c', hint]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test.runIf(isRoot)(
    'is rejected if it belongs to another user (as root, who can change the owner)',
    () => {
      const path = entryFile();
      chownSync(path, strangerId, strangerId);
      expectError(
        thrownBy(() => readEntryFile(path, us)),
        'ERR_KEYRING_PERMISSIONS',
        `the entry ${path} belongs to user ${strangerId}, not to you (user 0)`,
        `sudo chown 0 ${path}`,
      );
    },
  );

  test.runIf(isRoot)('is rejected if it belongs to root and the user is not root', () => {
    const path = entryFile();
    expectError(
      thrownBy(() => readEntryFile(path, strangerId)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to user 0, not to you (user ${strangerId})`,
    );
  });

  test('causes an error if it may not be opened', async () => {
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
  ])('is rejected if it is a symbolic link %s', (_, link) => {
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
  ])('is rejected immediately if it is a %s', (kind, make) => {
    const path = join(temporaryDirectory(), 'entry');
    make(path);
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is a ${kind}`,
      `ls -ld ${path}`,
    );
  });

  test('is rejected immediately if it is a socket', async () => {
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

  test('causes a KeyringError if a part of its path is not a directory', () => {
    const path = join(entryFile(), 'entry');
    expectError(
      thrownBy(() => readEntryFile(path, us)),
      'ERR_KEYRING_IO',
      `cannot read ${path}: a part of the path is not a directory`,
    );
  });

  test('has a maximum size', () => {
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

  test('is not read beyond the maximum size', () => {
    const path = entryFile();
    truncateSync(path, 2 ** 40);
    expect(thrownBy(() => readEntryFile(path, us)).code).toBe('ERR_KEYRING_DAMAGED');
  });

  test('is read if it has a second hard link, since owner and mode count', () => {
    const path = entryFile();
    linkSync(path, `${path}-too`);
    expect(readEntryFile(`${path}-too`, us)).toBe('token');
  });
});
