import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import type { Host } from './host.ts';

export type LockMode = 'shared' | 'exclusive';

export interface FileLock {
  release(): void;
}

export interface LockOptions {
  mode: LockMode;
  timeoutMs: number;
  host: Pick<Host, 'processId' | 'monotonicMs' | 'sleep'>;
}

const firstPauseMs = 1;
const longestPauseMs = 50;

/**
 * Takes an advisory `flock(2)` on a file that is made if absent and never removed. The system drops
 * the lock when its holder dies, however it dies. Waiting is polling, so a waiter can always be
 * ended. The holder's process id is written into the file, for the message of one who waited.
 *
 * @returns undefined when it was still held after `timeoutMs`
 * @throws the system's error when the file cannot be opened or locked
 */
export async function acquireLock(
  path: string,
  options: LockOptions,
): Promise<FileLock | undefined> {
  const { flock } = await import('./native.ts');
  const { host } = options;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  const deadline = host.monotonicMs() + options.timeoutMs;
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const failure = flock(descriptor, options.mode);
      if (failure === 0) break;
      if (failure !== osConstants.errno.EWOULDBLOCK && failure !== osConstants.errno.EINTR) {
        throw lockError(failure, path);
      }
      if (host.monotonicMs() >= deadline) {
        closeSync(descriptor);
        return undefined;
      }
      await host.sleep(pauseMs);
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  noteHolder(descriptor, host.processId);
  return {
    release() {
      flock(descriptor, 'unlock');
      closeSync(descriptor);
    },
  };
}

/** The process that last took the lock, as it wrote it there; undefined when nothing readable is. */
export function lockHolder(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

// Only a help for messages: on a full disk the lock itself still works.
function noteHolder(descriptor: number, processId: number): void {
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, `${processId}\n`, 0);
  } catch {
    return;
  }
}

function lockError(errno: number, path: string): Error {
  const name =
    Object.entries(osConstants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${name}: flock '${path}'`), { code: name });
}
