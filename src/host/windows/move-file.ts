import { lstatSync, unlinkSync } from 'node:fs';
import { toNamespacedPath } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { api } from './api.ts';
import { lastError, windowsError } from './system-error.ts';

const replaceExisting = 0x1;
const writeThrough = 0x8;
const accessDenied = 5;
const sharingViolation = 32;

/** In all about one second: whoever has a file of this size open is done with it long before. */
const pausesMs = [1, 2, 4, 8, 16, 32, ...Array<number>(20).fill(50)];
// What the system says while somebody has a file open, or has deleted it and not closed it yet.
const passing = new Set(['EPERM', 'EACCES', 'EBUSY']);

export interface MoveOptions {
  /** False: fails with EEXIST where there is something already. */
  readonly replace: boolean;
}

/**
 * Renames a file, and returns when that is on the disk. Waits a little while somebody has one of the
 * two open: a reader, a virus scanner.
 *
 * @throws EBUSY when they still have it open then, and the system's other errors
 */
export function moveFile(from: string, to: string, { replace }: MoveOptions): void {
  const { moveFile: move } = api;
  const flags = writeThrough | (replace ? replaceExisting : 0);
  const [source, target] = [toNamespacedPath(from), toNamespacedPath(to)];
  for (const pauseMs of [...pausesMs, 0]) {
    if (move(source, target, flags) !== 0) return;
    const error = lastError();
    const mayPass = error === sharingViolation || (error === accessDenied && isOurFile(to));
    if (!mayPass) throw windowsError('rename', to, error);
    if (pauseMs === 0) throw windowsError('rename', to, sharingViolation);
    pause(pauseMs);
  }
}

/** Deletes a file whose name is free again at once, and waits as {@link moveFile} does. */
export function removeByMoving(path: string, temporary: string): void {
  moveFile(path, temporary, { replace: true });
  try {
    unlinkSync(temporary);
  } catch {
    // Somebody has it open. It is where leftovers are swept.
    return;
  }
}

/** Runs an operation again for a while, as long as it fails only since somebody has a file open. */
export function patiently<T>(operation: () => T): T {
  for (const pauseMs of pausesMs) {
    try {
      return operation();
    } catch (error) {
      if (!passing.has(systemErrorCode(error) ?? '')) throw error;
    }
    pause(pauseMs);
  }
  return operation();
}

/** Access to what can be replaced is denied while it is open without leave to delete it. */
function isOurFile(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  const isReadOnly = stats !== undefined && (stats.mode & 0o200) === 0;
  return stats === undefined || (stats.isFile() && !isReadOnly);
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
