import {
  appendFileSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import type { Sourced } from '../core/json.ts';
import { irregularKind, irregularKindAt } from './regular-file.ts';
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

/**
 * Makes a file for us alone, and opens it for reading and writing.
 *
 * @returns its descriptor
 * @throws EEXIST where there is one
 */
export function createPrivateFile(path: string): number {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  const onWindows = windows();
  if (onWindows === undefined) return openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
  onWindows.makePrivateFile(path);
  // A virus scanner looks at what is new.
  return whileInUse(() => openSync(path, O_RDWR));
}

/**
 * Makes a file for us alone where there is none: before one is opened that may be there, since on
 * Windows nothing that is said then keeps others out.
 */
export function ensurePrivateFile(path: string): void {
  try {
    windows()?.makePrivateFile(path);
  } catch (error) {
    // Of what keeps it from being made, its opening tells too.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/**
 * Makes a directory and those above it, for us alone, where they are missing. Not by Node's
 * `recursive`, which calls a read-only file system ENOENT.
 */
export function makePrivateDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makePrivateDirectories(dirname(directory));
  try {
    const onWindows = windows();
    if (onWindows) onWindows.makePrivateDirectory(directory);
    else mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Somebody else was first.
    if (systemErrorCode(error) !== 'EEXIST' || !statSync(directory).isDirectory()) throw error;
  }
}

/**
 * A name that nobody else has chosen (UUID version 4). Loads node:crypto when it is called, for those
 * who write: reading does without.
 */
export function randomId(): string {
  return process.getBuiltinModule('node:crypto').randomUUID();
}

/**
 * Replaces a file whole, or makes it, readable by nobody else, whatever it was before. A link stays
 * one.
 *
 * @throws ERR_USAGE for what is no file (`/dev/stdout`), ERR_IO
 */
export function writeOutputFile(file: Sourced<string>, text: string): void {
  const target = targetOf(file);
  const temporary = `${target}.${randomId()}`;
  writing(file, () => {
    try {
      const descriptor = createPrivateFile(temporary);
      try {
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
      replaceFile(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/**
 * Adds to a file, or creates it, readable only by us.
 *
 * @throws ERR_USAGE for a directory, a socket, or a named pipe, which may have no reader; ERR_IO
 */
export function appendToFile(file: Sourced<string>, text: string): void {
  const kind = irregularKindAt(file.value);
  if (kind !== undefined && kind !== 'a device') throw irregular(file, kind);
  writing(file, () => {
    ensurePrivateFile(file.value);
    appendFileSync(file.value, text, { mode: 0o600 });
  });
}

/** The file itself at the end of its links; what is not there yet is its own. */
function targetOf(file: Sourced<string>): string {
  const stats = writing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  if (stats === undefined) return file.value;
  // Renaming would put a file in the place of a device, or of a pipe that somebody reads.
  const kind = irregularKind(stats);
  if (kind !== undefined) throw irregular(file, kind);
  return writing(file, () => realpathSync(file.value));
}

function irregular({ value, source }: Sourced<string>, kind: string): AtmosError {
  return new AtmosError('ERR_USAGE', `${value} (from ${source}) is ${kind}, not a regular file`);
}

function writing<T>({ value, source }: Sourced<string>, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw new AtmosError('ERR_IO', `cannot write ${value} (from ${source}): ${reason}`);
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
