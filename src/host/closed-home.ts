import { statSync } from 'node:fs';
import { sep } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { isRefusal, nearestVisible, ownerOf } from './denial.ts';
import { isIn } from './home.ts';
import type { Host } from './host.ts';

/** A directory that cannot be searched, and whose it is: see `ownerOf`. */
export interface Closed {
  readonly path: string;
  readonly owner: string | undefined;
}

/** `cannot search /root (it belongs to user 0)` */
export function describeClosed({ path, owner }: Closed): string {
  return `cannot search ${path}${owner === undefined ? '' : ` (it ${owner})`}`;
}

/** Whether an error says that a directory cannot be searched: a link that leads to itself cannot either. */
export function keepsOut(error: unknown): boolean {
  return isRefusal(error) || systemErrorCode(error) === 'ELOOP';
}

/**
 * The directory that keeps us from looking into one that is in the home directory: that itself, or
 * one on the way. What is there then counts as missing, as for `docker run -u 1000` with HOME=/root.
 * Undefined where nothing keeps us from it, and for a directory that is not in the home directory.
 */
export function closedInHome(
  directory: string,
  { homeDirectory }: Pick<Host, 'homeDirectory'>,
): Closed | undefined {
  if (homeDirectory === undefined || !isIn(directory, homeDirectory)) return undefined;
  try {
    // The directory has to be searched for its `.`. Mostly it is missing, and an error would take its time.
    statSync(`${directory}${sep}.`, { throwIfNoEntry: false });
    return undefined;
  } catch (error) {
    if (!keepsOut(error)) return undefined;
    const path = nearestVisible(directory)?.path ?? directory;
    return { path, owner: ownerOf(path) };
  }
}

/** Whether a path is in a home directory that cannot be searched, and so as good as absent. */
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
