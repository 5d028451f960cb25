import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { acquireLock, lockHolder, type LockMode } from '../../src/host/lock.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const host = {
  processId: 4242,
  monotonicMs: () => performance.now(),
  sleep: (milliseconds: number) => sleep(milliseconds),
};

function makePath(): string {
  return join(temporaryDirectory(), 'lock');
}

async function take(path: string, mode: LockMode) {
  const lock = await acquireLock(path, { mode, timeoutMs: 0, host });
  if (lock === undefined) expect.fail(`could not take ${path} ${mode}`);
  return lock;
}

describe('a lock', () => {
  test('has one exclusive holder or several shared holders', async () => {
    const path = makePath();
    const attempt = (mode: LockMode) => acquireLock(path, { mode, timeoutMs: 0, host });

    const exclusive = await take(path, 'exclusive');
    expect(await attempt('exclusive')).toBeUndefined();
    expect(await attempt('shared')).toBeUndefined();
    exclusive.release();

    const shared = [await take(path, 'shared'), await take(path, 'shared')];
    expect(await attempt('exclusive')).toBeUndefined();
    for (const lock of shared) lock.release();
    (await take(path, 'exclusive')).release();
  });

  test('is a private file that remains after the release', async () => {
    const path = makePath();
    (await take(path, 'exclusive')).release();
    expect(existsSync(path)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is polled with pauses that grow to 50 ms', async () => {
    const path = makePath();
    const first = await take(path, 'exclusive');
    const pauses: number[] = [];
    const waiting = {
      ...host,
      async sleep(milliseconds: number) {
        pauses.push(milliseconds);
        if (pauses.length === 9) first.release();
      },
    };
    const options = { mode: 'exclusive', timeoutMs: 60_000, host: waiting } as const;
    const second = await acquireLock(path, options);
    expect(second).toBeDefined();
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 50, 50, 50]);
    second?.release();
  });

  test('is not acquired after the time limit', async () => {
    const path = makePath();
    const first = await take(path, 'exclusive');
    let nowMs = 1000;
    const waiting = {
      processId: 1,
      monotonicMs: () => nowMs,
      async sleep(milliseconds: number) {
        nowMs += milliseconds;
      },
    };
    const options = { mode: 'exclusive', timeoutMs: 200, host: waiting } as const;
    expect(await acquireLock(path, options)).toBeUndefined();
    expect(nowMs).toBeGreaterThanOrEqual(1200);
    expect(nowMs).toBeLessThan(1300);
    expect(lockHolder(path)).toBe(4242);
    first.release();
  });

  test('replaces the content of the file by the process id of the holder', async () => {
    const path = makePath();
    writeFileSync(path, 'a long line that was there before\n');
    const lock = await take(path, 'exclusive');
    expect(lockHolder(path)).toBe(4242);
    expect(readFileSync(path, 'utf8')).toBe('4242\n');
    lock.release();
  });

  test.each(['', 'somebody', '-1', '0', '99999999999999999999'])(
    'has no known holder if the file contains %j',
    (content) => {
      const path = makePath();
      writeFileSync(path, content);
      expect(lockHolder(path)).toBeUndefined();
    },
  );

  test('has no known holder if the file is missing', () => {
    expect(lockHolder(makePath())).toBeUndefined();
  });

  test('has no known holder if the path is a named pipe, and reading does not block', () => {
    const path = makePath();
    execFileSync('mkfifo', [path]);
    expect(lockHolder(path)).toBeUndefined();
  });

  test('is not acquired through a symbolic link', async () => {
    const path = makePath();
    const target = join(path, '..', 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, path);
    await expect(take(path, 'exclusive')).rejects.toMatchObject({ code: 'ELOOP' });
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  test('needs an existing directory and a regular file', async () => {
    const path = makePath();
    await expect(take(join(path, 'lock'), 'shared')).rejects.toMatchObject({ code: 'ENOENT' });
    mkdirSync(path);
    await expect(take(path, 'shared')).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
