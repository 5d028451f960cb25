import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createPrivateFile,
  ensurePrivateFile,
  makePrivateDirectories,
  replacePrivately,
  writePrivateFile,
} from '../../src/host/files.ts';
import { appendToFile, findFileToAppend } from '../../src/host/output-file.ts';
import { acquireLock } from '../../src/host/lock.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe.each([0o277, 0o777, 0o000])('under umask %o', (umask) => {
  function place(): string {
    const directory = temporaryDirectory();
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    return join(directory, 'made');
  }

  const modeOf = (path: string) => lstatSync(path).mode & 0o777;

  test('directories can be used by us alone', () => {
    const path = place();
    makePrivateDirectories(join(path, 'below'));
    expect([path, join(path, 'below')].map(modeOf)).toEqual([0o700, 0o700]);
  });

  test.each<[string, (path: string) => unknown]>([
    ['that are created', (path) => createPrivateFile(path)],
    ['that are ensured', (path) => ensurePrivateFile(path)],
    ['that are written', (path) => writePrivateFile(path, 'text')],
    ['that are replaced', (path) => replacePrivately(path, 'text')],
    [
      'that are added to',
      (path) => {
        const host = fakeHost();
        const file = findFileToAppend({ value: path, source: '--output-file' }, host);
        appendToFile(file, 'text', host);
      },
    ],
    [
      'of locks',
      (path) => acquireLock(path, { mode: 'exclusive', timeoutMs: 0, host: fakeHost() }),
    ],
  ])('files %s can be read and written by us alone', async (_, create) => {
    const path = place();
    await create(path);
    expect(modeOf(path)).toBe(0o600);
  });
});
