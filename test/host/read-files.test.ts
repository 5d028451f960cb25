import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  irregularKindAt,
  isOfProcesses,
  linkStatOf,
  listDirectory,
  readFile,
  readRegularFile,
  realPathIfVisible,
  statIfVisible,
  statOf,
} from '../../src/host/read-files.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** One file of each type. */
async function openPlace() {
  const at = (name: string) => join(temporaryDirectory(), name);
  const [file, directory, pipe, socket] = [at('file'), at('directory'), at('pipe'), at('socket')];
  writeFileSync(file, 'text');
  mkdirSync(directory);
  execFileSync('mkfifo', [pipe]);
  const server = createServer().listen(socket);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { file, directory, pipe, socket, absent: at('absent') };
}

describe('the type of a path', () => {
  test('is named, except for a regular file and a link to one', async () => {
    const { file, directory, pipe, socket, absent } = await openPlace();
    expect(irregularKindAt(directory)).toBe('a directory');
    expect(irregularKindAt(pipe)).toBe('a named pipe');
    expect(irregularKindAt(socket)).toBe('a socket');
    expect(irregularKindAt('/dev/null')).toBe('a device');
    symlinkSync(file, absent);
    for (const path of [file, absent, join(file, 'below')]) {
      expect(irregularKindAt(path)).toBeUndefined();
    }
  });
});

describe('a regular file', () => {
  test('is read as text', async () => {
    const { file } = await openPlace();
    expect(readRegularFile(file)).toBe('text');
  });

  test('is the only type that is read, and no other type blocks', async () => {
    const { directory, pipe, socket, absent } = await openPlace();
    expect(readRegularFile(directory)).toBeUndefined();
    expect(readRegularFile(pipe)).toBeUndefined();
    expect(() => readRegularFile(socket)).toThrow('ENXIO');
    expect(() => readRegularFile(absent)).toThrow('ENOENT');
  });

  test('is returned with its stats, and only if it does not exceed the size limit', async () => {
    const { file, directory } = await openPlace();
    const { stats, bytes } = readFile(file, { maxBytes: 4 });
    expect([stats.ino, stats.size]).toEqual([statOf(file)?.ino, 4]);
    expect(bytes?.toString()).toBe('text');
    expect(readFile(file, { maxBytes: 3 })).toMatchObject({ stats: { size: 4 }, bytes: undefined });
    expect(readFile(directory).stats.isDirectory()).toBe(true);
  });

  test.runIf(process.platform === 'linux')('is read to its end if its reported size is 0', () => {
    const { stats, bytes } = readFile('/proc/self/stat');
    expect(stats.size).toBe(0);
    expect(bytes?.toString()).toContain(String(process.pid));
    expect(readFile('/proc/self/stat', { maxBytes: 3 }).bytes).toBeUndefined();
    expect(isOfProcesses('/proc/self/stat')).toBe(true);
  });

  test('is not read through a link if links are refused', async () => {
    const { file, absent } = await openPlace();
    symlinkSync(file, absent);
    expect(() => readFile(absent, { followsLinks: false })).toThrow('ELOOP');
  });
});

describe('a path', () => {
  test('has no stats and is its own real path if it does not exist', async () => {
    const { file, absent } = await openPlace();
    expect([statOf(absent), linkStatOf(absent)]).toEqual([undefined, undefined]);
    for (const path of [absent, join(file, 'below')]) {
      expect(statIfVisible(path)).toBeUndefined();
      expect(realPathIfVisible(path)).toBe(path);
      expect(isOfProcesses(path)).toBe(false);
    }
  });

  test('throws for a link cycle in statOf only', () => {
    const loop = join(temporaryDirectory(), 'loop');
    symlinkSync(loop, loop);
    expect(() => statOf(loop)).toThrow('ELOOP');
    expect(statIfVisible(loop)).toBeUndefined();
    expect(linkStatOf(loop)?.isSymbolicLink()).toBe(true);
  });

  test('lists the entries of a directory sorted by name', () => {
    const directory = temporaryDirectory();
    for (const name of ['b', 'B', 'a']) writeFileSync(join(directory, name), '');
    expect(listDirectory(directory).map(({ name }) => name)).toEqual(['B', 'a', 'b']);
    expect(() => listDirectory(join(directory, 'none'))).toThrow('ENOENT');
  });
});
