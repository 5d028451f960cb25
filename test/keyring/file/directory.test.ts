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
  test('that is not there is undefined, and looking does not make it', () => {
    const directory = join(temporaryDirectory(), 'absent');
    expect(findDirectory(directory, us)).toBeUndefined();
    expect(existsSync(directory)).toBe(false);
  });

  test('is made for us alone, with its parents', () => {
    const directory = join(temporaryDirectory(), 'share', 'atmos', 'keyring');
    expect(ensureDirectory(directory, us)).toBe(directory);
    for (const made of [directory, dirname(directory), dirname(dirname(directory))]) {
      expect(statSync(made).mode & 0o777).toBe(0o700);
    }
    expect(ensureDirectory(directory, us)).toBe(directory);
  });

  test.each([0o700, 0o755, 0o750])('may have mode %o: entries guard themselves', (mode) => {
    const directory = keyringDirectory(mode);
    expect(ensureDirectory(directory, us)).toBe(directory);
    expect(statSync(directory).mode & 0o777).toBe(mode);
  });

  test.each([0o770, 0o707, 0o720, 0o702, 0o777])(
    'that others can write to (%o) is refused with the command that mends it',
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

  test('is refused when somebody else could replace a directory on the way', () => {
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

  test('is not made where somebody else could replace it', () => {
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

  test.runIf(isRoot)('of somebody else is refused (as root, who can give it away)', () => {
    const directory = keyringDirectory();
    chownSync(directory, strangerId, strangerId);
    expectError(
      thrownBy(() => findDirectory(directory, us)),
      'ERR_KEYRING_PERMISSIONS',
      `${directory}, a parent directory of the keyring, belongs to user ${strangerId}, who could replace the keyring`,
      `ls -ld ${directory}`,
    );
  });

  test.runIf(isRoot)('of root is refused to a user: it is not theirs', () => {
    const directory = keyringDirectory();
    expectError(
      thrownBy(() => findDirectory(directory, strangerId)),
      'ERR_KEYRING_PERMISSIONS',
      `the keyring directory ${directory} belongs to user 0, not to you (user ${strangerId})`,
      `sudo chown ${strangerId} ${directory}`,
    );
  });

  test.runIf(isRoot)('below a directory of somebody else is refused', () => {
    const directory = keyringDirectory();
    chownSync(dirname(directory), strangerId, strangerId);
    expect(thrownBy(() => findDirectory(directory, us)).message).toContain(
      `${dirname(directory)}, a parent directory of the keyring, belongs to user ${strangerId}`,
    );
  });

  test('may be reached by a symbolic link, and is known by its real path', () => {
    const directory = keyringDirectory();
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(directory, link);
    expect(findDirectory(link, us)).toBe(directory);
  });

  test('is refused when somebody else could turn the link to it elsewhere', () => {
    const open = keyringDirectory(0o777);
    const link = join(open, 'link');
    symlinkSync(keyringDirectory(), link);
    expect(thrownBy(() => findDirectory(link, us)).message).toContain(
      `${open}, a parent directory of the keyring, can be written by other users`,
    );
  });

  test('is refused when a link on the way to it passes through such a place', () => {
    const open = keyringDirectory(0o777);
    const middle = join(open, 'middle');
    symlinkSync(keyringDirectory(), middle);
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(middle, link);
    expect(thrownBy(() => findDirectory(link, us)).message).toContain(
      `${open}, a parent directory of the keyring, can be written by other users`,
    );
  });

  test('that is a file is refused', () => {
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
    // Others can write to it, which is not what is wrong.
    ['what others can write to', '/dev/null'],
  ])('below %s is refused: that is no directory', (_, given) => {
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

  test.runIf(isRoot)('below one of root that all can write to: a user is to go elsewhere', () => {
    const directory = keyringDirectory(0o777);
    chmodSync(dirname(directory), 0o755);
    expect(thrownBy(() => findDirectory(directory, strangerId))).toMatchObject({
      code: 'ERR_KEYRING_PERMISSIONS',
      message: `${directory}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
      hints: [`ls -ld ${directory}`, 'export ATMOS_KEYRING_FILE_PATH=<a directory of your own>'],
    });
  });

  test.each<[string, (path: string) => void]>([
    ['that leads nowhere', (path) => symlinkSync('absent', path)],
    ['that leads to itself', (path) => symlinkSync(path, path)],
  ])('that is a link %s is an error of the keyring', (_, link) => {
    const path = join(temporaryDirectory(), 'keyring');
    link(path);
    expect(thrownBy(() => ensureDirectory(path, us)).code).toBe('ERR_KEYRING_IO');
  });
});

describe('the listing', () => {
  test('names the key of every entry, sorted, and nothing that is none', () => {
    const directory = keyringDirectory();
    for (const name of ['b', 'a%2Fc', 'a%25c', 'é', 'B', '%2F'])
      writeFileSync(join(directory, name), '');
    // Names that no key encodes to: hidden, loosely or wrongly escaped.
    for (const name of ['.hidden', 'a%2fc', '%zz', '100%', '%41', '%2E']) {
      writeFileSync(join(directory, name), '');
    }
    mkdirSync(join(directory, 'directory'));
    mkdirSync(join(directory, '.state'));
    expect(listKeys(directory, realHost())).toEqual(['/', 'B', 'a%c', 'a/c', 'b', 'é']);
  });

  test.runIf(process.platform === 'linux')('leaves out names that are not UTF-8', () => {
    const directory = keyringDirectory();
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x61, 0xff])]), '');
    expect(listKeys(directory, realHost())).toEqual([]);
  });

  test('opens nothing: a pipe among the entries does not hold it', () => {
    const directory = keyringDirectory();
    execFileSync('mkfifo', ['-m', '600', join(directory, 'pipe')]);
    expect(listKeys(directory, realHost())).toEqual(['pipe']);
  });

  test('of a directory that vanished is an error of the keyring', () => {
    const directory = join(temporaryDirectory(), 'absent');
    expectError(
      thrownBy(() => listKeys(directory, realHost())),
      'ERR_KEYRING_IO',
      `cannot list ${directory}: it is not there any more`,
    );
  });
});

test('a local directory is on no network file system', () => {
  expect(networkFileSystem(temporaryDirectory())).toBeUndefined();
  expect(networkFileSystem('/absent')).toBeUndefined();
});
