import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changeUserFile, readUserFile, requireOwnDirectory } from '../../src/host/user-file.ts';
import { errorOf, thrownBy } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { isRoot } from '../support/privilege.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function openHome() {
  const home = temporaryDirectory();
  const host = fakeHost({ homeDirectory: home, monotonicMs: () => performance.now() });
  const path = join(home, '.aws/config');
  mkdirSync(dirname(path));
  return { home, host, path, file: { value: path, source: 'X' } };
}

const addLine = (text: string) => `${text}added\n`;

describe('the changed file', () => {
  test('keeps its permissions, and no other file remains', async () => {
    const { host, path, file } = openHome();
    writeFileSync(path, 'before\n');
    for (const mode of [0o644, 0o600, 0o640]) {
      chmodSync(path, mode);
      expect(await changeUserFile(file, host, addLine)).toBe(true);
      expect(statSync(path).mode & 0o7777).toBe(mode);
    }
    expect(readFileSync(path, 'utf8')).toBe('before\nadded\nadded\nadded\n');
    expect(readdirSync(dirname(path))).toEqual(['config']);
  });

  test.skipIf(!isRoot)('keeps its group (as root: it needs a second group)', async () => {
    const { host, path, file } = openHome();
    writeFileSync(path, '');
    chownSync(path, 0, 4242);
    await changeUserFile(file, host, addLine);
    expect(statSync(path).gid).toBe(4242);
  });

  test('is created with its directory, and only the user can access it', async () => {
    const { home, host } = openHome();
    const file = { value: join(home, 'new/config'), source: 'X' };
    expect(readUserFile(file, host)).toBe('');
    expect(await changeUserFile(file, host, addLine)).toBe(true);
    expect(readFileSync(file.value, 'utf8')).toBe('added\n');
    expect(statSync(file.value).mode & 0o7777).toBe(0o600);
    expect(statSync(dirname(file.value)).mode & 0o7777).toBe(0o700);
  });

  test('is the target of a link, which remains', async () => {
    const { home, host, path, file } = openHome();
    const target = join(home, 'dotfiles');
    writeFileSync(target, 'mine\n');
    symlinkSync('../dotfiles', path);
    expect(readUserFile(file, host)).toBe('mine\n');
    await changeUserFile(file, host, addLine);
    expect(readlinkSync(path)).toBe('../dotfiles');
    expect(readFileSync(target, 'utf8')).toBe('mine\nadded\n');
    expect(lstatSync(target).isFile()).toBe(true);
  });

  test('keeps a byte order mark', async () => {
    const { host, path, file } = openHome();
    writeFileSync(path, '\uFEFF[default]\r\n');
    await changeUserFile(file, host, addLine);
    expect(readFileSync(path, 'utf8')).toBe('\uFEFF[default]\r\nadded\n');
  });
});

describe('the directory of the file', () => {
  test('may belong to the user, or not exist yet', () => {
    const { home, host, file } = openHome();
    const missing = { ...file, value: join(home, 'new/below/config') };
    for (const one of [file, missing]) expect(requireOwnDirectory(one, host)).toBeUndefined();
  });

  test.skipIf(process.platform === 'win32')('may not be writable by other users', () => {
    const { host, path, file } = openHome();
    chmodSync(dirname(path), 0o777);
    expect(thrownBy(() => requireOwnDirectory(file, host))).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot change ${path} (from X): it is below ${dirname(path)}, which can be changed by other users (mode 0777)`,
      hints: [`chmod go-w ${dirname(path)}`],
    });
  });

  test.skipIf(process.platform === 'win32')('is also that of the file behind a link', () => {
    const { home, host, path, file } = openHome();
    const open = join(home, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    writeFileSync(join(open, 'config'), '');
    symlinkSync(join(open, 'config'), path);
    expect(thrownBy(() => requireOwnDirectory(file, host)).message).toContain(
      `it is below ${open}, which can be changed by other users`,
    );
  });

  test.skipIf(!isRoot)('may not belong to another user (as root: it changes the owner)', () => {
    const { host, path, file } = openHome();
    chownSync(dirname(path), 4242, 4242);
    expect(thrownBy(() => requireOwnDirectory(file, { ...host, userId: 0 }))).toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(/, which belongs to .*4242/),
    });
  });
});

test('a read-only file is not replaced', async () => {
  const { host, path, file } = openHome();
  writeFileSync(path, 'before\n', { mode: 0o444 });
  const error = await errorOf(changeUserFile(file, host, addLine));
  expect(error).toMatchObject({
    code: 'ERR_USAGE',
    message: `cannot change ${path} (from X): it is read-only`,
  });
  expect(readFileSync(path, 'utf8')).toBe('before\n');
});

test('a file with the same text is not written', async () => {
  const { host, path, file } = openHome();
  writeFileSync(path, 'same\n');
  const { ino, mtimeNs } = statSync(path, { bigint: true });
  expect(await changeUserFile(file, host, (text) => text)).toBe(false);
  expect(statSync(path, { bigint: true })).toMatchObject({ ino, mtimeNs });
});

test('a missing file without new text is not created', async () => {
  const { host, path, file } = openHome();
  expect(await changeUserFile(file, host, (text) => text)).toBe(false);
  expect(existsSync(path)).toBe(false);
});

test('an error of the change leaves the file as it was', async () => {
  const { host, path, file } = openHome();
  writeFileSync(path, 'before\n');
  const fail = () => {
    throw new TypeError('no');
  };
  await expect(changeUserFile(file, host, fail)).rejects.toThrow('no');
  expect(readFileSync(path, 'utf8')).toBe('before\n');
});

test('a change of another program at the same time is not lost', async () => {
  const { host, path, file } = openHome();
  writeFileSync(path, 'before\n');
  const change = (text: string) => {
    writeFileSync(path, 'of the AWS CLI\n');
    return addLine(text);
  };
  const error = await errorOf(changeUserFile(file, host, change));
  expect(error).toMatchObject({
    code: 'ERR_IO',
    message: `cannot write ${path}: another program changed it at the same time`,
    hints: ['run the command again'],
  });
  expect(readFileSync(path, 'utf8')).toBe('of the AWS CLI\n');
});

test('changes at the same time are all kept', async () => {
  const { host, path, file } = openHome();
  const numbers = Array.from({ length: 10 }, (_, at) => at);
  const waiting = { ...host, sleep: () => new Promise<void>((done) => void setImmediate(done)) };
  await Promise.all(numbers.map((at) => changeUserFile(file, waiting, (text) => `${text}${at}\n`)));
  expect(new Set(readFileSync(path, 'utf8').trim().split('\n').map(Number))).toEqual(
    new Set(numbers),
  );
});

describe('is refused, and unchanged:', () => {
  test.each<[string, (path: string) => void, string]>([
    ['a directory', (path) => mkdirSync(path), '(from X) is a directory, not a regular file'],
    [
      'a named pipe',
      (path) => void spawnSync('mkfifo', [path]),
      '(from X) is a named pipe, not a regular file',
    ],
    [
      'a link to nothing',
      (path) => symlinkSync('../nothing', path),
      '(from X): it is a link to a file that does not exist',
    ],
    [
      'text that is not UTF-8',
      (path) => writeFileSync(path, Buffer.from('[profil\xe9]\n', 'latin1')),
      '(from X): it is not UTF-8 text',
    ],
    [
      'a file of 2 MiB',
      (path) => writeFileSync(path, ' '.repeat(2 * 1024 * 1024)),
      '(from X): it is larger than 1024 KiB',
    ],
  ])('%s', async (_, make, message) => {
    const { home, host, path, file } = openHome();
    make(path);
    for (const error of [
      thrownBy(() => readUserFile(file, host)),
      await errorOf(changeUserFile(file, host, addLine)),
    ]) {
      expect(error.code).toBe('ERR_USAGE');
      expect(error.message).toContain(`${path} ${message}`);
    }
    expect(readdirSync(home)).toEqual(['.aws']);
  });

  test.skipIf(!isRoot)(
    'a file of another user, and of a link of another user (as root)',
    async () => {
      const { host, path, file } = openHome();
      writeFileSync(path, 'theirs\n');
      chownSync(path, 4242, 4242);
      expect(await errorOf(changeUserFile(file, host, addLine))).toMatchObject({
        code: 'ERR_USAGE',
        message: `cannot write ${path} (from X): it belongs to user 4242`,
      });
      expect(readFileSync(path, 'utf8')).toBe('theirs\n');
      // root's own file, for another user
      chownSync(path, 0, 0);
      expect(await errorOf(changeUserFile(file, { ...host, userId: 4242 }, addLine))).toMatchObject(
        {
          code: 'ERR_USAGE',
          message: `cannot change ${path} (from X): it belongs to user 0`,
        },
      );
    },
  );

  test('a file below a file', async () => {
    const { host, path } = openHome();
    writeFileSync(path, '');
    const file = { value: join(path, 'config'), source: 'X' };
    expect(await errorOf(changeUserFile(file, host, addLine))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot read ${file.value} (from X): a part of the path is not a directory`,
    });
  });
});
