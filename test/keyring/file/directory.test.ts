import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ensureDirectory,
  findDirectory,
  listKeys,
  networkFileSystem,
} from '../../../src/keyring/file/directory.ts';
import { realHost } from '../../../src/host/real.ts';
import { isRoot, strangerId } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, thrownBy } from './rejection.ts';

const us = process.getuid?.() ?? 0;

function keyringDirectory(mode = 0o700): string {
  const directory = join(temporaryDirectory(), 'keyring');
  mkdirSync(directory);
  chmodSync(directory, mode);
  return directory;
}

describe('the directory', () => {
  test('is undefined if it does not exist, and is not created by the check', () => {
    const directory = join(temporaryDirectory(), 'absent');
    expect(findDirectory(directory, us)).toBeUndefined();
    expect(existsSync(directory)).toBe(false);
  });

  test('is created private, with its parents', () => {
    const directory = join(temporaryDirectory(), 'share', 'atmos', 'keyring');
    expect(ensureDirectory(directory, us)).toBe(directory);
    for (const made of [directory, dirname(directory), dirname(dirname(directory))]) {
      expect(statSync(made).mode & 0o777).toBe(0o700);
    }
    expect(ensureDirectory(directory, us)).toBe(directory);
  });

  test.each([0o700, 0o755, 0o750])(
    'may have mode %o, since entries are checked themselves',
    (mode) => {
      const directory = keyringDirectory(mode);
      expect(ensureDirectory(directory, us)).toBe(directory);
      expect(statSync(directory).mode & 0o777).toBe(mode);
    },
  );

  test.each([0o770, 0o707, 0o720, 0o702, 0o777])(
    'is rejected with a command that fixes it if other users can write to it (%o)',
    (mode) => {
      const directory = keyringDirectory(mode);
      expectError(
        thrownBy(() => findDirectory(directory, us)),
        'ERR_KEYRING_PERMISSIONS',
        `${directory}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
        `chmod go-w ${directory}`,
      );
    },
  );

  test('is rejected if another user could replace a parent directory', () => {
    const directory = keyringDirectory();
    const parent = dirname(directory);
    chmodSync(parent, 0o770);
    expectError(
      thrownBy(() => findDirectory(directory, us)),
      'ERR_KEYRING_PERMISSIONS',
      `${parent}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
      `chmod go-w ${parent}`,
    );
    chmodSync(parent, 0o1777);
    expect(findDirectory(directory, us)).toBe(directory);
  });

  test('is not created where another user could replace it', () => {
    const parent = keyringDirectory(0o777);
    const directory = join(parent, 'deeper', 'keyring');
    expectError(
      thrownBy(() => ensureDirectory(directory, us)),
      'ERR_KEYRING_PERMISSIONS',
      `${parent}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
      `chmod go-w ${parent}`,
    );
    expect(readdirSync(parent)).toEqual([]);
  });

  test.runIf(isRoot)(
    'is rejected if it belongs to another user (as root, who can change the owner)',
    () => {
      const directory = keyringDirectory();
      chownSync(directory, strangerId, strangerId);
      expectError(
        thrownBy(() => findDirectory(directory, us)),
        'ERR_KEYRING_PERMISSIONS',
        `${directory}, a parent directory of the keyring, belongs to user ${strangerId}, who could replace the keyring`,
        `ls -ld ${directory}`,
      );
    },
  );

  test.runIf(isRoot)('is rejected if it belongs to root and the user is not root', () => {
    const directory = keyringDirectory();
    expectError(
      thrownBy(() => findDirectory(directory, strangerId)),
      'ERR_KEYRING_PERMISSIONS',
      `the keyring directory ${directory} belongs to user 0, not to you (user ${strangerId})`,
      `sudo chown ${strangerId} ${directory}`,
    );
  });

  test.runIf(isRoot)('is rejected if a parent directory belongs to another user', () => {
    const directory = keyringDirectory();
    chownSync(dirname(directory), strangerId, strangerId);
    expect(thrownBy(() => findDirectory(directory, us)).message).toContain(
      `${dirname(directory)}, a parent directory of the keyring, belongs to user ${strangerId}`,
    );
  });

  test('may be a symbolic link, and is identified by its real path', () => {
    const directory = keyringDirectory();
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(directory, link);
    expect(findDirectory(link, us)).toBe(directory);
  });

  test('is rejected if another user could change the link to it', () => {
    const open = keyringDirectory(0o777);
    const link = join(open, 'link');
    symlinkSync(keyringDirectory(), link);
    expect(thrownBy(() => findDirectory(link, us)).message).toContain(
      `${open}, a parent directory of the keyring, can be written by other users`,
    );
  });

  test('is rejected if a symbolic link leads through a directory that other users can write to', () => {
    const open = keyringDirectory(0o777);
    const middle = join(open, 'middle');
    symlinkSync(keyringDirectory(), middle);
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(middle, link);
    expect(thrownBy(() => findDirectory(link, us)).message).toContain(
      `${open}, a parent directory of the keyring, can be written by other users`,
    );
  });

  test('is rejected if it is a file', () => {
    const path = join(temporaryDirectory(), 'keyring');
    writeFileSync(path, '');
    for (const look of [findDirectory, ensureDirectory]) {
      expectError(
        thrownBy(() => look(path, us)),
        'ERR_KEYRING_IO',
        `the keyring path ${path} is not a directory`,
        `ls -ld ${path}`,
      );
    }
  });

  test.each([
    ['a file', ''],
    // Other users can write to it, but the error is that it is not a directory.
    ['a device that other users can write to', '/dev/null'],
  ])('is rejected below %s, which is not a directory', (_, given) => {
    const step = given === '' ? join(temporaryDirectory(), 'file') : given;
    if (given === '') writeFileSync(step, '');
    for (const look of [findDirectory, ensureDirectory]) {
      expect(thrownBy(() => look(join(step, '.local/share/atmos/keyring'), us))).toMatchObject({
        code: 'ERR_KEYRING_IO',
        message: `${step}, a parent directory of the keyring, is not a directory`,
        hints: [`ls -ld ${step}`, 'export ATMOS_KEYRING_FILE_PATH=<a directory of your own>'],
      });
    }
    expect(thrownBy(() => findDirectory('/dev/null', us))).toMatchObject({
      message: 'the keyring path /dev/null is not a directory',
      hints: ['ls -ld /dev/null'],
    });
  });

  test.runIf(isRoot)('is rejected below a directory of root that all users can write to', () => {
    const directory = keyringDirectory(0o777);
    chmodSync(dirname(directory), 0o755);
    expect(thrownBy(() => findDirectory(directory, strangerId))).toMatchObject({
      code: 'ERR_KEYRING_PERMISSIONS',
      message: `${directory}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
      hints: [`ls -ld ${directory}`, 'export ATMOS_KEYRING_FILE_PATH=<a directory of your own>'],
    });
  });

  test.each<[string, (path: string) => void]>([
    ['to a missing path', (path) => symlinkSync('absent', path)],
    ['to itself', (path) => symlinkSync(path, path)],
  ])('causes a KeyringError if it is a link %s', (_, link) => {
    const path = join(temporaryDirectory(), 'keyring');
    link(path);
    expect(thrownBy(() => ensureDirectory(path, us)).code).toBe('ERR_KEYRING_IO');
  });
});

describe('the listing', () => {
  test('contains the name of every entry, sorted, and nothing else', () => {
    const directory = keyringDirectory();
    for (const name of ['b', 'a%2Fc', 'a%25c', 'é', 'B', '%2F'])
      writeFileSync(join(directory, name), '');
    // File names of no entry: hidden, or with wrong escapes.
    for (const name of ['.hidden', 'a%2fc', '%zz', '100%', '%41', '%2E']) {
      writeFileSync(join(directory, name), '');
    }
    mkdirSync(join(directory, 'directory'));
    mkdirSync(join(directory, '.state'));
    expect(listKeys(directory, realHost())).toEqual(['/', 'B', 'a%c', 'a/c', 'b', 'é']);
  });

  test.runIf(process.platform === 'linux')('omits file names that are not UTF-8', () => {
    const directory = keyringDirectory();
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x61, 0xff])]), '');
    expect(listKeys(directory, realHost())).toEqual([]);
  });

  test('opens no file, so that a pipe does not block it', () => {
    const directory = keyringDirectory();
    execFileSync('mkfifo', ['-m', '600', join(directory, 'pipe')]);
    expect(listKeys(directory, realHost())).toEqual(['pipe']);
  });

  test('fails with a KeyringError if the directory was removed', () => {
    const directory = join(temporaryDirectory(), 'absent');
    expectError(
      thrownBy(() => listKeys(directory, realHost())),
      'ERR_KEYRING_IO',
      `cannot list ${directory}: it is not there any more`,
    );
  });
});

test('a local directory is not on a network file system', () => {
  expect(networkFileSystem(temporaryDirectory())).toBeUndefined();
  expect(networkFileSystem('/absent')).toBeUndefined();
});
