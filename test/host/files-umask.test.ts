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

describe.each([0o277, 0o777, 0o000])('with umask %o', (umask) => {
  function place(): string {
    const directory = temporaryDirectory();
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    return join(directory, 'made');
  }

  const modeOf = (path: string) => lstatSync(path).mode & 0o777;

  test('directories are accessible to the current user only', () => {
    const path = place();
    makePrivateDirectories(join(path, 'below'));
    expect([path, join(path, 'below')].map(modeOf)).toEqual([0o700, 0o700]);
  });

  test.each<[string, (path: string) => unknown]>([
    ['from createPrivateFile', (path) => createPrivateFile(path)],
    ['from ensurePrivateFile', (path) => ensurePrivateFile(path)],
    ['from writePrivateFile', (path) => writePrivateFile(path, 'text')],
    ['from replacePrivately', (path) => replacePrivately(path, 'text')],
    [
      'from appendToFile',
      (path) => {
        const host = fakeHost();
        const file = findFileToAppend({ value: path, source: '--output-file' }, host);
        appendToFile(file, 'text', host);
      },
    ],
    [
      'from acquireLock',
      (path) => acquireLock(path, { mode: 'exclusive', timeoutMs: 0, host: fakeHost() }),
    ],
  ])('files %s are readable and writable by the current user only', async (_, create) => {
    const path = place();
    await create(path);
    expect(modeOf(path)).toBe(0o600);
  });
});
