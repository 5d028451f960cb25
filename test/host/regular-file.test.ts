import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { irregularKindAt, readRegularFile } from '../../src/host/regular-file.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** One of each kind. */
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

describe('what is at a path', () => {
  test('is named, unless it is a regular file or a link to one', async () => {
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
  test('is read', async () => {
    const { file } = await openPlace();
    expect(readRegularFile(file)).toBe('text');
  });

  test('is the only thing that is read, and nothing else is waited for', async () => {
    const { directory, pipe, socket, absent } = await openPlace();
    expect(readRegularFile(directory)).toBeUndefined();
    expect(readRegularFile(pipe)).toBeUndefined();
    expect(() => readRegularFile(socket)).toThrow('ENXIO');
    expect(() => readRegularFile(absent)).toThrow('ENOENT');
  });
});
