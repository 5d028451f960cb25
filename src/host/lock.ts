import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { systemErrorCode } from '../core/errors.ts';
import { createPrivateFile, type LockFile, type LockMode } from './files.ts';
import type { Host } from './host.ts';
import { readRegularFile } from './read-files.ts';

export type { LockMode } from './files.ts';

export interface FileLock {
  release(): void;
}

export interface LockOptions {
  mode: LockMode;
  timeoutMs: number;
  host: Pick<Host, 'processId' | 'monotonicMs' | 'sleep'>;
}

const firstPauseMs = 1;
const maxPauseMs = 50;
const passing: readonly number[] = [osConstants.errno.EWOULDBLOCK, osConstants.errno.EINTR];

/**
 * Takes an advisory lock on a file: `flock(2)`, on Windows `LockFileEx`. The file is created if it
 * does not exist and is never removed. The system releases the lock when its holder exits or
 * crashes. Waiting polls, so a waiting process can always be interrupted. The holder's process id
 * is written into the file for messages of waiting processes.
 *
 * @returns undefined if the lock was still held after `timeoutMs`
 * @throws the system's error if the file cannot be opened or locked
 */
export async function acquireLock(
  path: string,
  options: LockOptions,
): Promise<FileLock | undefined> {
  const { host } = options;
  const file = process.platform === 'win32' ? await openWindows(path) : await openFlockFile(path);
  const deadline = host.monotonicMs() + options.timeoutMs;
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      if (file.tryLock(options.mode)) break;
      if (host.monotonicMs() >= deadline) {
        file.close();
        return undefined;
      }
      await host.sleep(pauseMs);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  file.write(`${host.processId}\n`);
  return {
    release() {
      file.unlock();
      file.close();
    },
  };
}

/** The process id that the last holder wrote into the lock file; undefined if it cannot be read. */
export function lockHolder(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readRegularFile(path) ?? '', 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function openWindows(path: string): Promise<LockFile> {
  const { openLockFile } = await import('./windows/lock-file.ts');
  return openLockFile(path);
}

async function openFlockFile(path: string): Promise<LockFile> {
  const { flock } = await import('./native.ts');
  const descriptor = openOrCreate(path);
  return {
    tryLock(mode) {
      const failure = flock(descriptor, mode);
      if (failure === 0) return true;
      if (passing.includes(failure)) return false;
      throw lockError(failure, path);
    },
    unlock: () => void flock(descriptor, 'unlock'),
    write: (text) => noteHolder(descriptor, text),
    close: () => closeSync(descriptor),
  };
}

function openOrCreate(path: string): number {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(path, flags);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  try {
    return createPrivateFile(path);
  } catch (error) {
    // Another process created it first.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    return openSync(path, flags);
  }
}

// The process id is only used in messages: on a full disk the lock itself still works.
function noteHolder(descriptor: number, text: string): void {
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, text, 0);
  } catch {
    return;
  }
}

function lockError(errno: number, path: string): Error {
  const name =
    Object.entries(osConstants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${name}: flock '${path}'`), { code: name });
}
