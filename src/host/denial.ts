import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';

const refusals = new Set(['EACCES', 'EPERM']);

/** Why an operation on a file failed, by the code of the system's error, for the end of a message. */
const systemReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file size limit is reached',
  EROFS: 'the file system is read-only',
  EIO: 'the device reports an error',
  EMFILE: 'too many open files',
  EISDIR: 'it is a directory',
  ENXIO: 'it is a socket, or a device without a driver',
  EEXIST: 'something else is there',
  ENOTEMPTY: 'a directory that is not empty is there',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'too many symbolic links',
};

/** Whether the system denied permission. */
export function isRefusal(error: unknown): boolean {
  return refusals.has(systemErrorCode(error) ?? '');
}

/**
 * The reason why the system could not access a path, for the end of a message. If permission was
 * denied, it includes the owner of the file or directory that caused it, because the code alone does
 * not say: `permission denied (/root belongs to user 0)`. A code without words is the reason itself.
 *
 * @param path undefined for a stream
 */
export function reasonOf(code: string, path?: string): string {
  if (path === undefined) return systemReasons[code] ?? code;
  if (code === 'ENOENT') return `${firstMissing(path)} does not exist`;
  if (!refusals.has(code)) return systemReasons[code] ?? code;
  const visible = nearestVisible(path);
  const owner = visible && ownerOf(visible.path);
  return `permission denied${owner === undefined ? '' : ` (${visible?.path} ${owner})`}`;
}

/** `it` for the path itself, otherwise its first parent directory that is missing. */
function firstMissing(path: string): string {
  const there = nearestVisible(path)?.path;
  let missing = path;
  while (dirname(missing) !== there && dirname(missing) !== missing) missing = dirname(missing);
  return missing === path ? 'it' : missing;
}

/** The path, or its nearest parent directory that exists and is visible. */
export function nearestVisible(path: string): { path: string; stats: Stats } | undefined {
  try {
    return { path, stats: lstatSync(path) };
  } catch {
    const parent = dirname(path);
    return parent === path ? undefined : nearestVisible(parent);
  }
}

/**
 * The owner of a path, as the end of a sentence: `belongs to user 0`. For a directory of the
 * current user it is the mode: `has mode 0500`.
 *
 * @returns undefined for the current user's own file, and where the system has no numeric users
 *   (Windows)
 */
export function ownerOf(path: string): string | undefined {
  const userId = process.geteuid?.();
  if (userId === undefined) return undefined;
  try {
    const stats = lstatSync(path);
    const { uid, mode } = stats;
    if (uid !== userId) return `belongs to user ${uid}`;
    // The cause is usually the directory of the file.
    if (!stats.isDirectory()) return undefined;
    return `has mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
  } catch {
    return undefined;
  }
}
