import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { windows } from './windows/load.ts';

/**
 * Makes a directory and those above it, for us alone, where they are missing. Not by Node's
 * `recursive`, which calls a read-only file system ENOENT.
 */
export function makePrivateDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makePrivateDirectories(dirname(directory));
  try {
    const onWindows = windows();
    if (onWindows) onWindows.makePrivateDirectory(directory);
    else mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Somebody else was first.
    if (systemErrorCode(error) !== 'EEXIST' || !statSync(directory).isDirectory()) throw error;
  }
}
