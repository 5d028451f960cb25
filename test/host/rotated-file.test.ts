import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  appendLine,
  checkAppendable,
  readRotated,
  type RotatedFile,
} from '../../src/host/rotated-file.ts';
import { compileProgram } from '../support/compile.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function openPlace(name = 'audit.jsonl') {
  const root = temporaryDirectory();
  const path = join(root, name);
  const source = 'auth.audit.file (/p/atmos.yaml:2:9)';
  const file: RotatedFile = { path, said: { value: path, source }, named: 'the audit file' };
  const host = fakeHost({ homeDirectory: root });
  const shown = async (action: () => unknown) => {
    const error = await errorOf(Promise.resolve().then(action));
    return { code: error.code, message: error.message.replaceAll(root, '$') };
  };
  return {
    root,
    path,
    file,
    host,
    shown,
    read: (end = '') => readFileSync(`${path}${end}`, 'utf8'),
  };
}

/** A link to a file that could be used. */
function linkTo(path: string, target: string): void {
  writeFileSync(target, '', { mode: 0o600 });
  symlinkSync(target, path);
}

const small = { maxBytes: 20, kept: 3 };
const from = '(from auth.audit.file (/p/atmos.yaml:2:9))';

describe('a file of lines', () => {
  test('is created with its directory, accessible only to the user', async () => {
    const { root, path, file, host, read } = openPlace('state/audit.jsonl');
    await appendLine(file, 'one', host);
    await appendLine(file, 'two', host);
    expect(read()).toBe('one\ntwo\n');
    if (process.platform === 'win32') return;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'state')).mode & 0o777).toBe(0o700);
  });

  test('ends a line that was cut short before the next one', async () => {
    const { path, file, host, read } = openPlace();
    writeFileSync(path, 'whole\ncut', { mode: 0o600 });
    await appendLine(file, 'next', host);
    expect(read()).toBe('whole\ncut\nnext\n');
  });

  test('is rotated before a line that finds it full, and keeps a number of files', async () => {
    const { file, host, read } = openPlace();
    const lines = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(20));
    for (const line of lines) await appendLine(file, line, host, small);
    const [, second, third, fourth, fifth] = lines.map((line) => `${line}\n`);
    expect([read('.3'), read('.2'), read('.1'), read()]).toEqual([second, third, fourth, fifth]);
    expect(await readRotated(file, host, small)).toEqual([second, third, fourth, fifth]);
  });

  test('keeps every file if an interrupted rotation left a name free', async () => {
    const { path, file, host } = openPlace();
    for (const end of ['.1', '.3']) writeFileSync(`${path}${end}`, `${end}\n`, { mode: 0o600 });
    writeFileSync(path, 'f'.repeat(20), { mode: 0o600 });
    await appendLine(file, 'new', host, small);
    expect(await readRotated(file, host, small)).toEqual(['.3\n', '.1\n', 'f'.repeat(20), 'new\n']);
  });

  test('is not rotated again by a process that waited for the rotation of another one', async () => {
    const { file, host } = openPlace();
    await appendLine(file, 'x'.repeat(20), host, small);
    await Promise.all(['one', 'two', 'three'].map((line) => appendLine(file, line, host, small)));
    const [rotated, current, ...others] = await readRotated(file, host, small);
    expect(rotated).toBe(`${'x'.repeat(20)}\n`);
    expect(current?.split('\n').sort()).toEqual(['', 'one', 'three', 'two']);
    expect(others).toEqual([]);
  });

  test('is not rotated onto a directory, which is named', async () => {
    const { path, file, host, read } = openPlace();
    writeFileSync(path, 'f'.repeat(20), { mode: 0o600 });
    for (const end of ['.1', '.2', '.3']) mkdirSync(`${path}${end}/inside`, { recursive: true });
    expect(await errorOf(appendLine(file, 'new', host, small))).toMatchObject({
      code: 'ERR_IO',
      message: expect.stringContaining(`: ${path}.1 is a directory, not a regular file`),
    });
    expect(read()).toBe('f'.repeat(20));
  });

  test('has no text before its first line', async () => {
    const { file, host } = openPlace('missing/audit.jsonl');
    expect(await readRotated(file, host)).toEqual([]);
  });

  test('is not read if it is much larger than it may be', async () => {
    const { path, file, host, shown } = openPlace();
    writeFileSync(path, 'x'.repeat(41), { mode: 0o600 });
    const { code, message } = await shown(() => readRotated(file, host, small));
    expect({ code, message }).toEqual({
      code: 'ERR_IO',
      message: `cannot read the audit file $/audit.jsonl ${from}: it is larger than ${40 / 1024 / 1024} MiB`,
    });
  });
});

describe.skipIf(process.platform === 'win32')('a file of lines is refused', () => {
  test.each<[string, (path: string) => void, string]>([
    ['that others can read', (path) => writeFileSync(path, '', { mode: 0o644 }), 'mode 0644'],
    ['that is a directory', (path) => mkdirSync(path), 'it is a directory, not a regular file'],
    ['that is a link', (path) => linkTo(path, `${path}.other`), 'it is a symbolic link'],
  ])('%s', async (_, make, why) => {
    const { path, file, host, shown } = openPlace();
    make(path);
    const { code, message } = await shown(() => checkAppendable(file, host));
    expect(code).toBe('ERR_IO');
    expect(message.startsWith(`cannot write the audit file $/audit.jsonl ${from}: `)).toBe(true);
    expect(message).toContain(why);
  });

  test('that is a device, whose permissions are not to be changed', async () => {
    const { file, host, shown } = openPlace();
    const device = { ...file, path: '/dev/null' };
    const message = (verb: string) =>
      `cannot ${verb} the audit file /dev/null ${from}: it is a device, not a regular file`;
    const hints = ['name another file there, or remove the fault'];
    const write = await errorOf(appendLine(device, 'x', host));
    expect(write).toMatchObject({ code: 'ERR_IO', message: message('write'), hints });
    expect((await shown(() => readRotated(device, host))).message).toBe(message('read'));
  });

  test('that other users could replace', async () => {
    const { root, file, host, shown } = openPlace('shared/audit.jsonl');
    mkdirSync(join(root, 'shared'));
    chmodSync(join(root, 'shared'), 0o777);
    expect(await shown(() => checkAppendable(file, host))).toEqual({
      code: 'ERR_IO',
      message: `cannot write the audit file $/shared/audit.jsonl ${from}: $/shared can be changed by other users (mode 0777)`,
    });
  });

  test('of another user', async () => {
    const { path, file, host, shown } = openPlace();
    writeFileSync(path, '', { mode: 0o600 });
    const other = { ...host, userId: 4242 };
    expect((await shown(() => checkAppendable(file, other))).code).toBe('ERR_IO');
  });
});

test('loses no line of processes that append and rotate at once', async () => {
  const { path, file, host } = openPlace();
  const program = await compileProgram('test/host/rotated-file-program.ts');
  onTestFinished(program.remove);
  const names = ['one', 'two', 'three'];
  const children = names.map((name) =>
    spawn(process.execPath, [program.file, path, name, '50'], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(children.map((child) => once(child, 'close')));
  expect(codes).toEqual(names.map(() => [0, null]));
  const texts = await readRotated(file, host, { maxBytes: 200, kept: 100 });
  expect(texts.length).toBeGreaterThan(3);
  const lines = texts.flatMap((text) => text.split('\n').slice(0, -1));
  const expected = names.flatMap((name) => Array.from({ length: 50 }, (_, at) => `${name} ${at}`));
  expect(lines.toSorted()).toEqual(expected.toSorted());
});
