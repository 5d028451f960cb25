import { lstatSync, type Stats } from 'node:fs';
import { systemErrorCode } from '../../core/errors.ts';

// Retries operations on files that another program has open. Must not make system calls. All pauses
// together are about one second; programs usually close files of this size much sooner.
const briefMs = [1, 2, 4, 8, 16, 20];
const pausesMs = [...briefMs, ...Array<number>(20).fill(50)];

/**
 * The number of pauses before an error is reported. "Access denied" can mean that a file was
 * deleted and is still open (its directory is then not empty), but also that permission is missing,
 * which does not change.
 */
const pausesFor: Readonly<Record<string, number>> = {
  EBUSY: pausesMs.length,
  EPERM: briefMs.length,
  EACCES: briefMs.length,
  ENOTEMPTY: briefMs.length,
};

/**
 * Retries an operation while it fails because another process has a file open: for one second if
 * the error says so, for 50 milliseconds if it may have another reason.
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
 * Whether a path to which access is denied may be open in another process: either a file that could
 * be replaced, or a deleted file that is still open, whose attributes cannot be read.
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
