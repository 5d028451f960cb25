import { lstatSync, type Stats } from 'node:fs';
import { systemErrorCode } from '../../core/errors.ts';

// What Windows says of files that another program has open. Nothing here calls it.

// In all about one second: whoever has a file of this size open is done with it long before.
const briefMs = [1, 2, 4, 8, 16, 20];
const pausesMs = [...briefMs, ...Array<number>(20).fill(50)];

/**
 * How many pauses an error is waited for. Denied is what somebody has deleted and not closed yet, and
 * a directory with that in it is not empty; but so is what we may not touch, for good.
 */
const pausesFor: Readonly<Record<string, number>> = {
  EBUSY: pausesMs.length,
  EPERM: briefMs.length,
  EACCES: briefMs.length,
  ENOTEMPTY: briefMs.length,
};

/**
 * Runs an operation again for a while, as long as it fails only since somebody has a file open: for
 * a second where the system says so, for 50 milliseconds where it may as well mean something else.
 */
export function retryWhileOpen<T>(operation: () => T, pause = blockFor): T {
  for (const [tried, pauseMs] of pausesMs.entries()) {
    try {
      return operation();
    } catch (error) {
      if (tried >= (pausesFor[systemErrorCode(error) ?? ''] ?? 0)) throw error;
    }
    pause(pauseMs);
  }
  return operation();
}

/**
 * Whether what is at a path may be open somewhere, when access to it is denied: a file that could be
 * replaced, or one that is deleted and not closed yet, which cannot even be looked at.
 */
export function mayBeOpen(
  path: string,
  look: (path: string) => Pick<Stats, 'isFile' | 'mode'> | undefined = lookAt,
): boolean {
  try {
    const stats = look(path);
    return stats !== undefined && stats.isFile() && (stats.mode & 0o200) !== 0;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return true;
  }
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
