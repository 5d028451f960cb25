// Reads the file system. src/config/ accesses files, directories and links only through this
// module, which notes each of them for src/host/read-recorder.ts.

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
import { noteLook, noteOpen, refuseRecord } from './read-recorder.ts';

export type { Dirent, Stats } from 'node:fs';

const chunkBytes = 64 * 1024;

export interface ReadOptions {
  /** False: a link fails with ELOOP, except on Windows. */
  readonly followsLinks?: boolean;
  /** In bytes. The content of a larger file is not returned. */
  readonly maxBytes?: number;
}

export interface FileRead {
  /** Of the opened file, taken before reading it. */
  readonly stats: Stats;
  /** Undefined unless the path is a regular file of at most `maxBytes`. */
  readonly bytes: Buffer | undefined;
}

/**
 * Opens a path, and reads it if it is a regular file. Never blocks, even for a named pipe without a
 * writer.
 *
 * @throws the system's error
 */
export function readFile(path: string, options: ReadOptions = {}): FileRead {
  const { followsLinks = true, maxBytes = Infinity } = options;
  // O_NONBLOCK and O_NOFOLLOW are undefined on Windows, which counts as 0. A file there is never a
  // named pipe.
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const flags = O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW);
  const descriptor = orRefuse(path, () => openSync(path, flags));
  try {
    noteOpen(path, descriptor);
    const stats = fstatSync(descriptor);
    const isRead = stats.isFile() && stats.size <= maxBytes;
    return { stats, bytes: isRead ? readBytes(descriptor, maxBytes) : undefined };
  } finally {
    closeSync(descriptor);
  }
}

/** A path that could not be opened may be opened later, with other content. */
function orRefuse<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    refuseRecord(`${path} could not be opened`);
    throw error;
  }
}

/** Reads to the end, because the reported size may be wrong: it is 0 in /proc, and a file may grow. */
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

/** The text of a file, read by {@link readFile}. */
export function readRegularFile(path: string, options: ReadOptions = {}): string | undefined {
  return readFile(path, options).bytes?.toString('utf8');
}

/**
 * The type of a file that is not a regular file, for a message: `a directory`. Undefined for a
 * regular file.
 */
export function irregularKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSocket()) return 'a socket';
  return stats.isFIFO() ? 'a named pipe' : 'a device';
}

/**
 * {@link irregularKind} of a path, after following links: for a file that could not be opened, such
 * as a socket. Undefined also if the path is missing or inaccessible.
 */
export function irregularKindAt(path: string): string | undefined {
  const stats = statIfVisible(path);
  return stats && irregularKind(stats);
}

/**
 * The stats of a path, after following links. Undefined if the path does not exist.
 *
 * @throws the system's error, ENOTDIR for a path below a file
 */
export function statOf(path: string): Stats | undefined {
  noteLook('stat', path);
  // Most of the many candidate paths do not exist, and creating an error for each would be slow.
  return statSync(path, { throwIfNoEntry: false });
}

/** {@link statOf}; undefined also if permission is denied. */
export function statIfVisible(path: string): Stats | undefined {
  try {
    return statOf(path);
  } catch {
    return undefined;
  }
}

/** {@link statOf} without following a link at the end of the path. @throws the system's error */
export function linkStatOf(path: string): Stats | undefined {
  noteLook('lstat', path);
  return lstatSync(path, { throwIfNoEntry: false });
}

/** The path with all links resolved. @throws the system's error, also if the path does not exist */
export function realPathOf(path: string): string {
  noteLook('real', path);
  return realpathSync(path);
}

/**
 * {@link realPathOf}; the unchanged path if links cannot be resolved, for example after it was
 * removed.
 */
export function realPathIfVisible(path: string): string {
  try {
    return realPathOf(path);
  } catch {
    return path;
  }
}

/**
 * The entries of a directory, sorted by name. @throws the system's error, also if the directory
 * does not exist
 */
export function listDirectory(path: string): Dirent[] {
  noteLook('list', path);
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The type that `statfs` returns on Linux for `/proc`, wherever it is mounted. */
const procFileSystem = 0x9fa0;

/** Whether a file is in `/proc`, where processes appear as files. */
export function isOfProcesses(path: string): boolean {
  refuseRecord('a file system was asked for its type');
  try {
    return statfsSync(path).type === procFileSystem;
  } catch {
    return false;
  }
}
