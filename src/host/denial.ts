import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';

const refusals = new Set(['EACCES', 'EPERM']);

/** Whether the system said that we may not do it. */
export function isRefusal(error: unknown): boolean {
  return refusals.has(systemErrorCode(error) ?? '');
}

/**
 * Why the system did not do something to a path, for a message. Of a refusal it says whose the file
 * or directory is that keeps us out, which the code alone leaves the reader to find: `permission
 * denied (/root belongs to user 0)`.
 */
export function reasonOf(code: string, path: string): string {
  if (!refusals.has(code)) return code;
  const visible = nearestVisible(path);
  const owner = visible && ownerOf(visible.path);
  return `permission denied${owner === undefined ? '' : ` (${visible?.path} ${owner})`}`;
}

/** The path, or the nearest directory above it that is there and that we can see. */
export function nearestVisible(path: string): { path: string; stats: Stats } | undefined {
  try {
    return { path, stats: lstatSync(path) };
  } catch {
    const parent = dirname(path);
    return parent === path ? undefined : nearestVisible(parent);
  }
}

/**
 * Whose it is, as the end of a sentence: `belongs to user 0`, of a directory of our own `has mode 0500`.
 * Undefined for a file of our own, and where the system has no numeric users (Windows).
 */
export function ownerOf(path: string): string | undefined {
  const userId = process.geteuid?.();
  if (userId === undefined) return undefined;
  try {
    const stats = lstatSync(path);
    const { uid, mode } = stats;
    if (uid !== userId) return `belongs to user ${uid}`;
    // Of a file it is mostly its directory that is in the way.
    if (!stats.isDirectory()) return undefined;
    return `has mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
  } catch {
    return undefined;
  }
}
