import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  appendToFile,
  createOutputFile,
  extendOutputFile,
  findFileToAppend,
  findNewFile,
  findOutputFile,
  replaceOutputFile,
} from '../../src/host/output-file.ts';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { isRoot } from '../support/privilege.ts';
import { thrownBy } from '../support/error-of.ts';
import { randomId } from '../../src/host/files.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const named = (value: string) => ({ value, source: '--output' });
const us = { userId: process.getuid?.(), now: () => new Date() };
const found = (path: string) => findOutputFile(named(path), us);
const writeOutputFile = (path: string, text: string) => replaceOutputFile(found(path), text, us);
const append = (path: string, text: string) =>
  appendToFile(findFileToAppend(named(path), us), text, us);
const extend = (path: string, text: string) => extendOutputFile(found(path), text, us);
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('creating a file', () => {
  const exists = (path: string) => ({
    code: 'ERR_USAGE',
    message: `${path} (from --output) already exists`,
    hints: ['choose the name of a file that does not exist'],
  });

  test('makes it readable by the current user only, and leaves no other file', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'made');
    createOutputFile(findNewFile(named(path), us), 'text', us);
    expect(readFileSync(path, 'utf8')).toBe('text');
    expect(modeOf(path)).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['made']);
  });

  test('is refused where a file or a link without a target is', () => {
    const directory = temporaryDirectory();
    const [file, link] = [join(directory, 'file'), join(directory, 'link')];
    writeFileSync(file, 'old');
    symlinkSync(join(directory, 'missing'), link);
    for (const path of [file, link]) {
      expect(thrownBy(() => findNewFile(named(path), us))).toMatchObject(exists(path));
    }
  });

  test('does not replace a file that another program has created meanwhile', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'file');
    const missing = findNewFile(named(path), us);
    writeFileSync(path, 'of another program');
    expect(thrownBy(() => createOutputFile(missing, 'text', us))).toMatchObject(exists(path));
    expect(readFileSync(path, 'utf8')).toBe('of another program');
    expect(readdirSync(directory)).toEqual(['file']);
  });
});

describe('replacing a file', () => {
  test('makes it readable by the current user only', () => {
    const directory = temporaryDirectory();
    const [made, old] = [join(directory, 'made'), join(directory, 'old')];
    writeFileSync(old, 'old', { mode: 0o644 });
    for (const path of [made, old]) {
      writeOutputFile(path, 'text');
      expect(readFileSync(path, 'utf8')).toBe('text');
      expect(modeOf(path)).toBe(0o600);
    }
    expect(readdirSync(directory)).toEqual(['made', 'old']);
  });

  test('replaces the target of a link', () => {
    const directory = temporaryDirectory();
    const [file, link] = [join(directory, 'file'), join(directory, 'link')];
    writeFileSync(file, '');
    symlinkSync(file, link);
    writeOutputFile(link, 'text');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('text');
  });

  test('refuses a device, a pipe and a directory', () => {
    const directory = temporaryDirectory();
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [path, kind] of [
      ['/dev/null', 'a device'],
      [directory, 'a directory'],
      [pipe, 'a named pipe'],
    ] as const) {
      expect(thrownBy(() => writeOutputFile(path, 'text'))).toMatchObject({
        code: 'ERR_USAGE',
        message: `${path} (from --output) is ${kind}, not a regular file`,
      });
    }
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

test('replacing a file removes temporary files of processes that were killed', () => {
  const directory = temporaryDirectory();
  const leftover = (name: string, hours: number) => {
    const path = join(directory, name);
    writeFileSync(path, 'secret');
    const time = new Date(us.now().getTime() - hours * 60 * 60 * 1000);
    utimesSync(path, time, time);
    return path;
  };
  const running = `env.atmos-auth-${randomId()}`;
  leftover(`env.atmos-auth-${randomId()}`, 2);
  leftover(running, 0);
  leftover('env.atmos-auth-of-the-user', 2);
  leftover('env.backup', 2);
  leftover('other.atmos-auth-old', 2);
  const file = leftover('env.atmos-auth-link-target', 0);
  symlinkSync(file, join(directory, 'env.atmos-auth-link'));
  writeOutputFile(join(directory, 'env'), 'text');
  expect(new Set(readdirSync(directory))).toEqual(
    new Set([
      'env',
      'env.atmos-auth-link',
      'env.atmos-auth-link-target',
      'env.atmos-auth-of-the-user',
      'env.backup',
      running,
      'other.atmos-auth-old',
    ]),
  );
});

test('appending refuses a directory and a named pipe, which may have no reader', () => {
  const directory = temporaryDirectory();
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const [path, kind] of [
    [directory, 'a directory'],
    [pipe, 'a named pipe'],
  ] as const) {
    expect(thrownBy(() => append(path, 'text'))).toMatchObject({
      code: 'ERR_USAGE',
      message: `${path} (from --output) is ${kind}, not a regular file`,
    });
  }
});

test('appending keeps the content of the file', () => {
  const path = join(temporaryDirectory(), 'file');
  append(path, 'one\n');
  expect(modeOf(path)).toBe(0o600);
  append(path, 'two\n');
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('appending in place makes the file private and keeps its inode', () => {
  const directory = temporaryDirectory();
  const [path, link] = [join(directory, 'file'), join(directory, 'link')];
  writeFileSync(path, 'one\n');
  symlinkSync('file', link);
  for (const mode of [0o666, 0o640]) {
    chmodSync(path, mode);
    const { ino } = statSync(path);
    append(link, 'two\n');
    expect(statSync(path)).toMatchObject({ ino, mode: 0o100600 });
  }
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\ntwo\n');
  append('/dev/null', 'text');
  expect(modeOf('/dev/null')).toBe(0o666);
});

test('appending refuses a link without a target', () => {
  const directory = temporaryDirectory();
  const link = join(directory, 'link');
  symlinkSync('nowhere', link);
  expect(thrownBy(() => append(link, 'text'))).toMatchObject({
    code: 'ERR_IO',
    message: `cannot write ${link} (from --output): too many symbolic links`,
  });
  expect(readdirSync(directory)).toEqual(['link']);
});

test.skipIf(!canMount())('appending leaves the file unchanged if the disk is full', () => {
  const path = join(mountTmpfs('size=8k'), 'file');
  writeFileSync(path, 'one\n', { mode: 0o600 });
  expect(thrownBy(() => append(path, 'x'.repeat(20_000)))).toMatchObject({
    code: 'ERR_IO',
    message: `cannot write ${path} (from --output): no space left on the device`,
  });
  expect(readFileSync(path, 'utf8')).toBe('one\n');
});

const ways = [
  ['replaced', findOutputFile, replaceOutputFile],
  ['extended', findOutputFile, extendOutputFile],
  ['appended to', findFileToAppend, appendToFile],
] as const;

describe.each(ways)('if the path changes before a file is %s', (_, find, write) => {
  function place() {
    const directory = temporaryDirectory();
    for (const name of ['att', 'victim']) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'file'), 'old\n', { mode: 0o600 });
    }
    const path = join(directory, 'att/file');
    const swap = () => {
      renameSync(join(directory, 'att'), join(directory, 'att2'));
      symlinkSync('victim', join(directory, 'att'));
    };
    return { directory, path, swap };
  }

  function expectUntouched(directory: string) {
    for (const name of ['att2', 'victim']) {
      expect(readdirSync(join(directory, name))).toEqual(['file']);
      expect(readFileSync(join(directory, name, 'file'), 'utf8')).toBe('old\n');
    }
  }

  test('a target in another place is refused', () => {
    const { directory, path, swap } = place();
    const before = find(named(path), us);
    swap();
    expect(thrownBy(() => write(before, 'text', us))).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot write ${path} (from --output): it resolved to ${path} when the command started and resolves to ${directory}/victim/file now`,
      hints: ['use a file in a directory of your own'],
    });
    expectUntouched(directory);
  });

  test.skipIf(!isRoot)('a link of another user is refused', () => {
    const { directory, path, swap } = place();
    const before = find(named(path), us);
    swap();
    lchownSync(join(directory, 'att'), 4711, 4711);
    expect(thrownBy(() => write(before, 'text', us))).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot write ${path} (from --output): ${directory}/att belongs to user 4711`,
    });
    expectUntouched(directory);
  });

  test('a new file of the current user is accepted', () => {
    const { directory } = place();
    const path = join(directory, 'new');
    const before = find(named(path), us);
    writeFileSync(path, '', { mode: 0o600 });
    write(before, 'text', us);
    expect(readFileSync(path, 'utf8')).toBe('text');
  });
});

test('system errors name the option that contains the path', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a'));
  for (const write of [writeOutputFile, extend, append]) {
    expect(thrownBy(() => write(join(directory, 'b/c'), 'text'))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot write ${directory}/b/c (from --output): ${directory}/b does not exist`,
    });
  }
  expect(readdirSync(directory)).toEqual(['a']);
});

describe('extending a file', () => {
  test('keeps its content, ends its last line and makes the file private', () => {
    const directory = temporaryDirectory();
    const [file, link] = [join(directory, 'file'), join(directory, 'link')];
    writeFileSync(file, Buffer.from([0x41, 0xff]), { mode: 0o644 });
    symlinkSync('file', link);
    extend(link, 'one\n');
    extend(file, 'two\n');
    expect(readFileSync(file)).toEqual(
      Buffer.concat([Buffer.from([0x41, 0xff]), Buffer.from('\none\ntwo\n')]),
    );
    expect(modeOf(file)).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['file', 'link']);
  });

  test('creates a missing file and replaces a link without a target', () => {
    const directory = temporaryDirectory();
    symlinkSync('nowhere', join(directory, 'link'));
    for (const name of ['made', 'link']) {
      extend(join(directory, name), 'one\n');
      expect(readFileSync(join(directory, name), 'utf8')).toBe('one\n');
      expect(modeOf(join(directory, name))).toBe(0o600);
    }
    expect(readdirSync(directory)).toEqual(['link', 'made']);
  });
});

describe.skipIf(!isRoot)('in a directory of another user', () => {
  const other = 4711;

  function shared() {
    const [directory, own] = [temporaryDirectory(), join(temporaryDirectory(), 'own')];
    writeFileSync(own, 'mine\n');
    chownSync(directory, other, other);
    return { directory, own };
  }

  test.each(['the file itself', 'a parent directory', 'a link behind a link'])(
    'a link that another user made is never followed: %s',
    (where) => {
      const { directory, own } = shared();
      const planted = join(directory, 'planted');
      symlinkSync(where === 'a parent directory' ? dirname(own) : own, planted);
      lchownSync(planted, other, other);
      const path =
        {
          'the file itself': planted,
          'a parent directory': join(planted, 'own'),
          'a link behind a link': join(directory, 'ours'),
        }[where] ?? '';
      if (where === 'a link behind a link') symlinkSync('planted', join(directory, 'ours'));
      for (const write of [writeOutputFile, extend, append]) {
        expect(thrownBy(() => write(path, 'secret'))).toMatchObject({
          code: 'ERR_USAGE',
          message: `cannot write ${path} (from --output): ${path === planted ? 'it' : planted} belongs to user ${other}`,
          hints: ['use a file in a directory of your own'],
        });
      }
      expect(readFileSync(own, 'utf8')).toBe('mine\n');
    },
  );

  test('files of another user are neither extended nor replaced', () => {
    const { directory } = shared();
    const file = join(directory, 'file');
    writeFileSync(file, 'export PATH=/evil\n');
    chownSync(file, other, other);
    for (const write of [extend, writeOutputFile]) {
      expect(thrownBy(() => write(file, 'text'))).toMatchObject({
        code: 'ERR_USAGE',
        message: `cannot write ${file} (from --output): it belongs to user ${other}`,
        hints: ['use a file in a directory of your own'],
      });
    }
    expect(readFileSync(file, 'utf8')).toBe('export PATH=/evil\n');
    expect(statSync(file).uid).toBe(other);
  });

  test.each([
    ['that every user can write to', 0o666, other],
    ['that only its owner can read', 0o600, other],
    ['of another user in a directory of the current user', 0o600, 0],
  ])('appending refuses a file %s', (_, mode, directoryOwner) => {
    const { directory } = shared();
    chownSync(directory, directoryOwner, directoryOwner);
    chmodSync(directory, 0o1777);
    const file = join(directory, 'file');
    writeFileSync(file, 'A=b\n');
    chmodSync(file, mode);
    chownSync(file, other, other);
    expect(thrownBy(() => findFileToAppend(named(file), us))).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot write ${file} (from --output): it belongs to user ${other}`,
      hints: ['use a file in a directory of your own'],
    });
    expect(readFileSync(file, 'utf8')).toBe('A=b\n');
  });

  test('root in a container appends to the file of the GitHub runner without changing its owner', () => {
    const directory = temporaryDirectory();
    const file = { value: join(directory, 'set_env'), source: 'GITHUB_ENV' };
    writeFileSync(file.value, 'A=b\n', { mode: 0o644 });
    for (const path of [directory, file.value]) chownSync(path, other, other);
    const root = { ...us, userId: 0 };
    appendToFile(findFileToAppend(file, root), 'C=d\n', root);
    expect(readFileSync(file.value, 'utf8')).toBe('A=b\nC=d\n');
    expect(statSync(file.value)).toMatchObject({ uid: other, mode: 0o100600 });
    chmodSync(directory, 0o777);
    expect(thrownBy(() => findFileToAppend(file, root))).toMatchObject({ code: 'ERR_USAGE' });
  });

  test('appending refuses a file whose owner changed after it was found', () => {
    const { directory } = shared();
    const file = join(directory, 'file');
    writeFileSync(file, 'A=b\n', { mode: 0o600 });
    const before = findFileToAppend(named(file), us);
    chownSync(file, other, other);
    expect(thrownBy(() => appendToFile(before, 'text', us))).toMatchObject({
      code: 'ERR_USAGE',
      message: `cannot write ${file} (from --output): it belongs to user ${other}`,
    });
    expect(readFileSync(file, 'utf8')).toBe('A=b\n');
  });
});
