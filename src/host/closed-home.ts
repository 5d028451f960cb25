import { statSync } from 'node:fs';
import { sep } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { isRefusal, nearestVisible, ownerOf } from './denial.ts';
import { isIn } from './home.ts';
import type { Host } from './host.ts';
import { refuseRecord } from './read-recorder.ts';

/** A directory that cannot be searched, and its owner as described by `ownerOf`. */
export interface Closed {
  readonly path: string;
  readonly owner: string | undefined;
}

/** `cannot search /root (it belongs to user 0)` */
export function describeClosed({ path, owner }: Closed): string {
  return `cannot search ${path}${owner === undefined ? '' : ` (it ${owner})`}`;
}

/**
 * Whether an error means that a directory cannot be searched. This includes a link that points to
 * itself.
 */
export function keepsOut(error: unknown): boolean {
  return isRefusal(error) || systemErrorCode(error) === 'ELOOP';
}

/**
 * Finds the directory that makes a directory in the home directory inaccessible: the directory
 * itself or one of its parents. Its content then counts as missing, for example in `docker run -u
 * 1000` with HOME=/root.
 *
 * @returns undefined if the directory can be searched or is not in the home directory
 */
export function closedInHome(
  directory: string,
  { homeDirectory }: Pick<Host, 'homeDirectory'>,
): Closed | undefined {
  if (homeDirectory === undefined || !isIn(directory, homeDirectory)) return undefined;
  try {
    // Resolving `.` requires search permission. The directory is usually missing, and creating an
    // error for each would be slow.
    statSync(`${directory}${sep}.`, { throwIfNoEntry: false });
    return undefined;
  } catch (error) {
    if (!keepsOut(error)) return undefined;
    refuseRecord('a directory cannot be searched');
    const path = nearestVisible(directory)?.path ?? directory;
    return { path, owner: ownerOf(path) };
  }
}

/** Whether a path is in a home directory that cannot be searched. Such a path is treated as missing. */
export function isInClosedHome(
  path: string,
  { homeDirectory }: Pick<Host, 'homeDirectory'>,
): boolean {
  return (
    homeDirectory !== undefined &&
    isIn(path, homeDirectory) &&
    closedInHome(homeDirectory, { homeDirectory }) !== undefined
  );
}
