import { unlinkSync } from 'node:fs';
import { toNamespacedPath } from 'node:path';
import { mayBeOpen, patiently } from '../in-use.ts';
import { api } from './api.ts';
import { lastError, windowsError } from './system-error.ts';

const replaceExisting = 0x1;
const writeThrough = 0x8;
const accessDenied = 5;
const sharingViolation = 32;

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
  patiently(() => {
    if (move(source, target, flags) !== 0) return;
    const error = lastError();
    // Access to what can be replaced is denied while it is open without leave to delete it.
    const isInUse = error === accessDenied && mayBeOpen(to);
    throw windowsError('rename', to, isInUse ? sharingViolation : error);
  });
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
