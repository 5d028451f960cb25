// Reads the file system. All that src/config/ knows of files, directories and links comes from here,
// so that one place can note what an answer depends on.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statfsSync,
  statSync,
  type Dirent,
  type Stats,
} from 'node:fs';

export type { Dirent, Stats } from 'node:fs';

const chunkBytes = 64 * 1024;

export interface ReadOptions {
  /** Refuses a link, with ELOOP. Not on Windows. */
  readonly followsLinks?: boolean;
  /** The content of a larger file is not returned. */
  readonly maxBytes?: number;
}

export interface FileRead {
  /** Of the very file that was opened, from before it was read. */
  readonly stats: Stats;
  /** Undefined for anything but a regular file, and for one that is larger than `maxBytes`. */
  readonly bytes: Buffer | undefined;
}

/**
 * Opens what is at a path, and reads it if it is a regular file. Never waits, as a named pipe without a
 * writer would make it.
 *
 * @throws the system's error
 */
export function readFile(path: string, options: ReadOptions = {}): FileRead {
  const { followsLinks = true, maxBytes = Infinity } = options;
  // On Windows the last two are undefined, which counts as 0, and files are never named pipes.
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(descriptor);
    const isRead = stats.isFile() && stats.size <= maxBytes;
    return { stats, bytes: isRead ? readBytes(descriptor, maxBytes) : undefined };
  } finally {
    closeSync(descriptor);
  }
}

/** To the end, whatever size the system says: in /proc that is 0, and a file may grow. */
function readBytes(descriptor: number, maxBytes: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= maxBytes;) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const count = readSync(descriptor, chunk);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return undefined;
}

/** The text that {@link readFile} reads. */
export function readRegularFile(path: string, options: ReadOptions = {}): string | undefined {
  return readFile(path, options).bytes?.toString('utf8');
}

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

/**
 * Of what is at a path, links followed. Undefined where the directory has no such name.
 *
 * @throws the system's error, ENOTDIR for a path below a file
 */
export function statOf(path: string): Stats | undefined {
  // Of the many places looked at most are not there, and an error for each would take its time.
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

/** {@link statOf} without following a link at the path itself. @throws the system's error */
export function linkStatOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** The path with all links followed. @throws the system's error, also where nothing is */
export function realPathOf(path: string): string {
  return realpathSync(path);
}

/** {@link realPathOf}; the path as it is where links cannot be followed, as for one that was removed. */
export function realPathIfVisible(path: string): string {
  try {
    return realPathOf(path);
  } catch {
    return path;
  }
}

/** What is in a directory, sorted by name. @throws the system's error, also where none is */
export function listDirectory(path: string): Dirent[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What `statfs` gives on Linux for `/proc`, wherever it is mounted. */
const procFileSystem = 0x9fa0;

/** Whether a file is one of `/proc`, which shows processes as files. */
export function isOfProcesses(path: string): boolean {
  try {
    return statfsSync(path).type === procFileSystem;
  } catch {
    return false;
  }
}
