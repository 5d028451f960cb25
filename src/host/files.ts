import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { loadCrypto } from './load-crypto.ts';
import { windows } from './windows/load.ts';

// Changes names in directories so that the change survives a crash. On Windows each change is
// written through to the disk; on other systems call syncDirectory() after it.

/** Renames a file and replaces the target if it exists. */
export function replaceFile(from: string, to: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.moveFile(from, to, { replace: true });
  else renameSync(from, to);
}

/** Gives a file a new name, or fails with EEXIST if the name is taken. The old name may remain. */
export function placeFile(from: string, to: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.moveFile(from, to, { replace: false });
  else linkSync(from, to);
}

/**
 * Removes a file name permanently and immediately, even if another process has the file open.
 *
 * @param temporary an unused name in the same directory, or in a directory from which leftovers are
 *   removed
 */
export function removeFile(path: string, temporary: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.removeByMoving(path, temporary);
  else unlinkSync(path);
}

/** Makes changes to the names in a directory survive a system crash. */
export function syncDirectory(directory: string): void {
  if (windows()) return;
  const descriptor = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Runs an operation that opens or removes a file. On Windows it is retried while another process
 * has the file open.
 */
export function whileInUse<T>(operation: () => T): T {
  const onWindows = windows();
  return onWindows ? onWindows.retryWhileOpen(operation) : operation();
}

/** Removes a file if it exists; on Windows it retries as {@link whileInUse} does. */
export function removeIfThere(path: string): void {
  whileInUse(() => rmSync(path, { force: true }));
}

/**
 * Creates a file that only the current user can access, regardless of the umask, and opens it for
 * reading and writing.
 *
 * @returns its descriptor
 * @throws EEXIST if the file exists
 */
export function createPrivateFile(path: string): number {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  const onWindows = windows();
  if (onWindows === undefined) {
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    // The umask may have removed permissions of the owner.
    fchmodSync(descriptor, 0o600);
    return descriptor;
  }
  onWindows.makePrivateFile(path);
  // A virus scanner may have opened the new file.
  return whileInUse(() => openSync(path, O_RDWR));
}

/** Writes a new file that only the current user can access. Throws EEXIST if the file exists. */
export function writePrivateFile(path: string, text: string | Uint8Array): void {
  const descriptor = createPrivateFile(path);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Creates a file that only the current user can access, regardless of the umask, if it does not
 * exist. Call it before opening a file that may exist: on Windows, permissions passed to open() do
 * not restrict other users.
 */
export function ensurePrivateFile(path: string): void {
  try {
    const onWindows = windows();
    if (onWindows) onWindows.makePrivateFile(path);
    else closeSync(createPrivateFile(path));
  } catch (error) {
    // Opening the file reports the same error.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/**
 * Creates a directory and its missing parents, accessible only to the current user, regardless of
 * the umask. Node's `recursive` option is not used because it reports ENOENT on a read-only file
 * system. For directories in a home directory use `makeOwnDirectories` of
 * src/host/own-directory.ts.
 */
export function makePrivateDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makePrivateDirectories(dirname(directory));
  try {
    const onWindows = windows();
    if (onWindows) onWindows.makePrivateDirectory(directory);
    else makeDirectory(directory);
  } catch (error) {
    // Another process created it first.
    if (systemErrorCode(error) !== 'EEXIST' || !statSync(directory).isDirectory()) throw error;
  }
}

function makeDirectory(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  // The umask may have removed permissions of the owner: with 277 the owner could not write.
  chmodSync(path, 0o700);
}

/** A unique name (UUID version 4). */
export function randomId(): string {
  return loadCrypto().randomUUID();
}

/** Whether a text has the form of {@link randomId}. */
export function isRandomId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

export interface ReplaceOptions {
  /** An unused name on the same file system. Default: a random name in the same directory. */
  readonly temporary?: string;
  /** The new file has the mode and the group of this file. Default: private. Not on Windows. */
  readonly like?: Pick<Stats, 'mode' | 'gid'> | undefined;
  /** Fails with EEXIST if the name is taken, instead of replacing the file. */
  readonly isNew?: boolean;
  /** Called between steps, so that tests can stop there. */
  readonly onStep?: (step: string) => void;
  /** Called with the open descriptor after the rename. The descriptor is closed afterwards. */
  readonly onRenamed?: (descriptor: number) => void;
}

/**
 * Replaces a file by a private file with this text. Even after a crash the file has either the old
 * or the new content. Follows no link. The rename itself survives a system crash only after {@link
 * syncDirectory}.
 *
 * @throws the system's error, and errors thrown by the options
 */
export function replacePrivately(
  path: string,
  text: string | Uint8Array,
  options: ReplaceOptions = {},
): void {
  // Containers that share a directory also share process ids, so only a random name is unique.
  const { temporary = `${path}.${randomId()}`, isNew = false, like, onStep, onRenamed } = options;
  let descriptor: number | undefined;
  try {
    descriptor = createPrivateFile(temporary);
    onStep?.('temporary opened');
    writeFileSync(descriptor, text);
    if (like !== undefined && windows() === undefined) {
      fchownSync(descriptor, -1, like.gid);
      fchmodSync(descriptor, like.mode & 0o7777);
    }
    onStep?.('temporary written');
    fsyncSync(descriptor);
    onStep?.('temporary synced');
    if (isNew) placeFile(temporary, path);
    else replaceFile(temporary, path);
    onStep?.('renamed');
    onRenamed?.(descriptor);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
    removeLeftover(temporary);
  }
}

/** An error here must not hide the result of writing the file. */
function removeLeftover(path: string): void {
  try {
    whileInUse(() => rmSync(path, { force: true }));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

export type LockMode = 'shared' | 'exclusive';

/** An open file with a lock that the system releases when its holder exits. */
export interface LockFile {
  /** Does not wait. Returns false while the lock is held, also within this process. */
  tryLock(mode: LockMode): boolean;
  unlock(): void;
  /** Replaces the content of the file. Never fails, because the content is only used in messages. */
  write(text: string): void;
  close(): void;
}
