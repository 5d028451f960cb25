import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { windows } from './windows/load.ts';

// How names change so that they outlive a crash. Elsewhere than on Windows that takes syncDirectory()
// after it; there the change itself is written through, and a directory cannot be synced.

/** Renames a file, over one that may be there. */
export function replaceFile(from: string, to: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.moveFile(from, to, { replace: true });
  else renameSync(from, to);
}

/** Gives a file a name that is free, or fails with EEXIST. The old name may stay beside. */
export function placeFile(from: string, to: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.moveFile(from, to, { replace: false });
  else linkSync(from, to);
}

/**
 * Removes the name of a file, for good and at once, whoever has it open.
 *
 * @param temporary a free name beside, or in a directory whose leftovers are swept
 */
export function removeFile(path: string, temporary: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.removeByMoving(path, temporary);
  else unlinkSync(path);
}

/** Makes the names in a directory outlive a crash of the machine. */
export function syncDirectory(directory: string): void {
  if (windows()) return;
  const descriptor = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs what opens or removes a file; on Windows again while somebody who has it open is in the way. */
export function whileInUse<T>(operation: () => T): T {
  const onWindows = windows();
  return onWindows ? onWindows.patiently(operation) : operation();
}
