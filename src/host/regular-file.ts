import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
  type Stats,
} from 'node:fs';

/** What a file is instead of a regular one, for a message: `a directory`. Undefined for a regular file. */
export function irregularKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a named pipe' : 'a device';
}

/**
 * {@link irregularKind} of what is at a path, links followed: for one that could not be opened, as a
 * socket never can. Undefined also where nothing is, or nothing can be seen.
 */
export function irregularKindAt(path: string): string | undefined {
  try {
    return irregularKind(statSync(path));
  } catch {
    return undefined;
  }
}

/**
 * The text of a regular file, or undefined for anything else. Never waits, as a named pipe without a
 * writer would make it.
 *
 * @throws the system's error
 */
export function readRegularFile(path: string): string | undefined {
  // Windows has no O_NONBLOCK, and no named pipes in its file system that would need it.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return fstatSync(descriptor).isFile() ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}
