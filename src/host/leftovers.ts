import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRandomId, removeIfThere } from './files.ts';
import type { Host } from './host.ts';
import { isOwnPath } from './own-path.ts';

// The temporary files of `replacePrivately` that processes leave beside a file when they are killed.
// They may hold what was to be written: a secret.

/** A process that is not killed replaces a file in less time. */
const minAgeMs = 60_000;

type Who = Pick<Host, 'now' | 'userId'>;

/**
 * The leftovers of a file: regular files of the current user.
 *
 * @param isLocked whether no other process can be writing the file. Otherwise, only those that are older
 *   than a minute count
 * @throws the system's errors
 */
export function leftoversOf(path: string, { now, userId }: Who, isLocked = false): string[] {
  const [directory, start] = [dirname(path), `${basename(path)}.`];
  return readdirSync(directory)
    .filter((name) => name.startsWith(start) && isRandomId(name.slice(start.length)))
    .map((name) => join(directory, name))
    .filter((leftover) => {
      const stats = lstatSync(leftover, { throwIfNoEntry: false });
      if (stats?.isFile() !== true) return false;
      if (userId !== undefined && stats.uid !== userId) return false;
      return isLocked || now().getTime() - stats.mtimeMs > minAgeMs;
    });
}

/** Removes them. Parameters and errors as those of {@link leftoversOf}. */
export function removeLeftovers(...of: Parameters<typeof leftoversOf>): void {
  for (const leftover of leftoversOf(...of)) removeIfThere(leftover);
}

/**
 * Removes regular files of the current user that were not written for a long time. Nothing is removed from
 * a directory that another user can replace.
 *
 * @param isMeant whether a file of this name is removed: the directory may hold others
 * @throws the system's errors
 */
export function removeOldFiles(
  directory: string,
  isMeant: (name: string) => boolean,
  maxAgeMs: number,
  { now, userId }: Who,
): void {
  if (!isOwnPath(directory, userId, 'directory')) return;
  for (const name of readdirSync(directory).filter(isMeant)) {
    const path = join(directory, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const isOurs = userId === undefined || stats?.uid === userId;
    if (stats?.isFile() && isOurs && now().getTime() - stats.mtimeMs > maxAgeMs)
      removeIfThere(path);
  }
}
