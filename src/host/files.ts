import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { windows } from './windows/load.ts';

// How names change so that they outlive a crash. Elsewhere than on Windows that takes syncDirectory()
// after it; there the change itself is written through, and a directory cannot be synced.

/** Renames a file, over one that may be there. */
export function replaceFile(from: string, to: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.moveFile(from, to, { replace: true });
  else renameSync(from, to);
}

/** Gives a file a name that is free, or fails with EEXIST. The old name may stay beside. */
export function placeFile(from: string, to: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.moveFile(from, to, { replace: false });
  else linkSync(from, to);
}

/**
 * Removes the name of a file, for good and at once, whoever has it open.
 *
 * @param temporary a free name beside, or in a directory whose leftovers are swept
 */
export function removeFile(path: string, temporary: string): void {
  const onWindows = windows();
  if (onWindows) onWindows.removeByMoving(path, temporary);
  else unlinkSync(path);
}

/** Makes the names in a directory outlive a crash of the machine. */
export function syncDirectory(directory: string): void {
  if (windows()) return;
  const descriptor = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs what opens or removes a file; on Windows again while somebody who has it open is in the way. */
export function whileInUse<T>(operation: () => T): T {
  const onWindows = windows();
  return onWindows ? onWindows.retryWhileOpen(operation) : operation();
}

/** Removes the name of a file; on Windows as {@link whileInUse}. Nothing is there: nothing is done. */
export function removeIfThere(path: string): void {
  whileInUse(() => rmSync(path, { force: true }));
}

/**
 * Makes a file for us alone, whatever the umask, and opens it for reading and writing.
 *
 * @returns its descriptor
 * @throws EEXIST where there is one
 */
export function createPrivateFile(path: string): number {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  const onWindows = windows();
  if (onWindows === undefined) {
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    // The umask may have taken away what we need ourselves.
    fchmodSync(descriptor, 0o600);
    return descriptor;
  }
  onWindows.makePrivateFile(path);
  // A virus scanner looks at what is new.
  return whileInUse(() => openSync(path, O_RDWR));
}

/** Writes a file that is not there yet, for us alone. Throws EEXIST where there is one. */
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
 * Makes a file for us alone where there is none, whatever the umask: before one is opened that may be
 * there, since on Windows nothing that is said then keeps others out.
 */
export function ensurePrivateFile(path: string): void {
  try {
    const onWindows = windows();
    if (onWindows) onWindows.makePrivateFile(path);
    else closeSync(createPrivateFile(path));
  } catch (error) {
    // Of what keeps it from being made, its opening tells too.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/**
 * Makes a directory and those above it, for us alone, where they are missing, whatever the umask. Not
 * by Node's `recursive`, which calls a read-only file system ENOENT. For what is in a home directory:
 * `makeOwnDirectories` of src/host/home.ts.
 */
export function makePrivateDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makePrivateDirectories(dirname(directory));
  try {
    const onWindows = windows();
    if (onWindows) onWindows.makePrivateDirectory(directory);
    else makeDirectory(directory);
  } catch (error) {
    // Somebody else was first.
    if (systemErrorCode(error) !== 'EEXIST' || !statSync(directory).isDirectory()) throw error;
  }
}

function makeDirectory(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  // The umask may have taken away what we need to use it: with 277 nobody could write to it.
  chmodSync(path, 0o700);
}

/**
 * A name that nobody else has chosen (UUID version 4). Loads node:crypto when it is called, for those
 * who write: reading does without.
 */
export function randomId(): string {
  return process.getBuiltinModule('node:crypto').randomUUID();
}

export interface ReplaceOptions {
  /** A free name on the same file system. Default: a random one beside the file. */
  readonly temporary?: string;
  /** Fails with EEXIST where the name is taken, instead of replacing what has it. */
  readonly isNew?: boolean;
  /** Called between every two steps, so that tests can stop there. */
  readonly onStep?: (step: string) => void;
  /** Called when the file has its name, with its descriptor, which is then closed. */
  readonly onRenamed?: (descriptor: number) => void;
}

/**
 * Replaces what has this name by a private file with this text, whole or not at all, even in a crash.
 * Follows no link. The rename itself outlives a crash of the machine only after {@link syncDirectory}.
 *
 * @throws the system's error, and what the options throw
 */
export function replacePrivately(
  path: string,
  text: string | Uint8Array,
  options: ReplaceOptions = {},
): void {
  // Containers that share a directory share process ids as well: only a random name is free.
  const { temporary = `${path}.${randomId()}`, isNew = false, onStep, onRenamed } = options;
  let descriptor: number | undefined;
  try {
    descriptor = createPrivateFile(temporary);
    onStep?.('temporary opened');
    writeFileSync(descriptor, text);
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

/** Whether the file was written, or why not, is what counts. */
function removeLeftover(path: string): void {
  try {
    whileInUse(() => rmSync(path, { force: true }));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

export type LockMode = 'shared' | 'exclusive';

/** An open file that the system locks, and unlocks when its holder dies. */
export interface LockFile {
  /** Without waiting. False while another one holds it, be it in this process. */
  tryLock(mode: LockMode): boolean;
  unlock(): void;
  /** Replaces what is written in it. Never fails: it is only a help for messages. */
  write(text: string): void;
  close(): void;
}
