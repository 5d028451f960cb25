import { dirname } from 'node:path';
import { replacePrivately } from './files.ts';
import type { Host } from './host.ts';
import { isOwnPath } from './own-path.ts';
import { permissionCheckFor } from './permissions.ts';
import { readFile } from './read-files.ts';

/**
 * The text of a regular file that belongs to the user and that no other user can replace. Undefined for any
 * other file, and for one that is larger. Never throws.
 */
export function readOwnText(
  path: string,
  maxBytes: number,
  { userId }: Pick<Host, 'userId'>,
): string | undefined {
  if (!isOwnPath(path, userId, 'file')) return undefined;
  try {
    const { stats, bytes } = readFile(path, { followsLinks: false, maxBytes });
    const { isOurs } = permissionCheckFor(userId).permissionsOf(path, stats) ?? {};
    return isOurs === true ? bytes?.toString() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces a file that {@link readOwnText} reads. Nothing is written in a directory that another user can
 * replace.
 *
 * @throws the system's errors
 */
export function writeOwnText(path: string, text: string, { userId }: Pick<Host, 'userId'>): void {
  if (isOwnPath(dirname(path), userId, 'directory')) replacePrivately(path, text);
}
