import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isOwnPath } from '../../src/host/own-path.ts';
import { areUnchanged, recordReads } from '../../src/host/read-recorder.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const userId = process.getuid?.();

function openDirectory() {
  const directory = join(temporaryDirectory(), 'directory');
  mkdirSync(directory, { mode: 0o700 });
  return { directory, file: join(directory, 'file') };
}

describe.runIf(process.platform !== 'win32')('a path of one’s own', () => {
  test('leads to something, and no other user can replace it', () => {
    const { directory, file } = openDirectory();
    expect(isOwnPath(directory, userId, 'directory')).toBe(true);
    expect(isOwnPath(file, userId, 'file')).toBe(false);
    writeFileSync(file, '');
    expect(isOwnPath(file, userId, 'file')).toBe(true);
    expect(isOwnPath(join(file, 'below'), userId, 'file')).toBe(false);
    chmodSync(directory, 0o777);
    expect(isOwnPath(file, userId, 'file')).toBe(false);
    expect(isOwnPath(directory, userId, 'directory')).toBe(false);
  });

  test('is noted by a recorder, with the permissions that were judged', async () => {
    const { directory } = openDirectory();
    const later = new Date(Date.now() + 60_000);
    const judge = () => Promise.resolve(isOwnPath(directory, userId, 'directory'));
    const { reads } = await recordReads(judge, later);
    const seen = 'seen' in reads ? reads.seen : [];
    expect(areUnchanged(seen)).toBe(true);
    chmodSync(directory, 0o777);
    expect(areUnchanged(seen)).toBe(false);
  });
});
