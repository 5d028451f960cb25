import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  realpathSync,
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
  const stats = statIfVisible(path);
  return stats && irregularKind(stats);
}

/** Of what is at a path, links followed. Undefined where nothing is. @throws the system's error */
export function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** {@link statOf}, and undefined also where the system does not let us look. */
export function statIfVisible(path: string): Stats | undefined {
  try {
    return statOf(path);
  } catch {
    return undefined;
  }
}

/** The path with all links followed; as it is where links cannot be followed, as for one that was removed. */
export function realPathIfVisible(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export interface ReadOptions {
  /** Refuses a link, with ELOOP. Not on Windows. */
  readonly followsLinks?: boolean;
  /** A larger file is none. */
  readonly maxBytes?: number;
}

/**
 * The text of a regular file, or undefined for anything else. Never waits, as a named pipe without a
 * writer would make it.
 *
 * @throws the system's error
 */
export function readRegularFile(path: string, options: ReadOptions = {}): string | undefined {
  const { followsLinks = true, maxBytes = Infinity } = options;
  // On Windows the last two are undefined, which counts as 0, and files are never named pipes.
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() && stats.size <= maxBytes ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}
