// A file of lines that several processes append to, such as a record of uses. It is rotated by size:
// `audit.jsonl.1` is the newest of the rotated files. It does not know what the lines mean.

import { dirname } from 'node:path';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { say, showFreeSpace, type Hint } from '../core/hint.ts';
import { showValue, type Sourced } from '../core/json.ts';
import { openLines, type LinesFile } from './append-file.ts';
import { reasonOf } from './denial.ts';
import { replaceFile, syncDirectory } from './files.ts';
import type { Host } from './host.ts';
import { acquireLock } from './lock.ts';
import { makeOwnDirectories } from './own-directory.ts';
import { followOwnPath } from './own-path.ts';
import { describeFault, faultHint } from './path-fault.ts';
import { permissionCheckFor } from './permissions.ts';
import { irregularKindAt, linkStatOf, readFile } from './read-files.ts';

export interface RotatedFile {
  /** Absolute. */
  readonly path: string;
  /** The setting that names it. */
  readonly said: Sourced<string>;
  /** What it is, for messages: `the audit file`. */
  readonly named: string;
}

export interface Rotation {
  /** The size in bytes from which on the file is rotated before a line is appended. */
  readonly maxBytes: number;
  /** How many rotated files are kept. */
  readonly kept: number;
}

const standard: Rotation = { maxBytes: 10 * 1024 * 1024, kept: 5 };
const notRegular = 'it is not a regular file';
const lockTimeoutMs = 5_000;

type Where = Pick<Host, 'env' | 'homeDirectory' | 'userId' | 'processId' | 'monotonicMs' | 'sleep'>;

/**
 * Checks that a line can be appended, and creates the file (mode 0600) and its directory if they do
 * not exist. The file must belong to the current user and be inaccessible to others, who must not be
 * able to replace it either.
 *
 * @returns its size in bytes
 * @throws ERR_IO with the setting that names the file; ERR_USAGE in the home directory of another user
 */
export function checkAppendable(file: RotatedFile, host: Where): number {
  const opened = open(file, host);
  opened.close();
  return opened.stats.size;
}

/**
 * Appends a line with one write, after rotating a file that has reached its size. Safe while other
 * processes do the same: only one of them rotates, and a line that is written meanwhile is at the end
 * of the rotated file.
 *
 * @throws as {@link checkAppendable}
 */
export async function appendLine(
  file: RotatedFile,
  line: string,
  host: Where,
  rotation = standard,
): Promise<void> {
  if (checkAppendable(file, host) >= rotation.maxBytes) await rotate(file, host, rotation);
  const opened = open(file, host);
  try {
    doing('write', file, () => opened.appendLine(line));
  } finally {
    opened.close();
  }
}

/**
 * The texts of the rotated files and of the file, the oldest first. None of them if the file was never
 * written. No process rotates them meanwhile.
 *
 * @throws ERR_IO, also for a file that others can write, or that is twice as large as it may be
 */
export async function readRotated(
  file: RotatedFile,
  host: Where,
  rotation = standard,
): Promise<string[]> {
  const paths = [...generationsOf(file, rotation).toReversed(), file.path];
  const isThere = (path: string) => linkStatOf(path) !== undefined;
  if (!doing('read', file, () => paths.some(isThere))) return [];
  const lock = await lockFor(file, host, 'shared');
  try {
    return paths.flatMap((path) => readOne({ ...file, path }, host, 2 * rotation.maxBytes));
  } finally {
    lock?.release();
  }
}

function readOne(file: RotatedFile, host: Where, maxBytes: number): string[] {
  return doing('read', file, () => {
    requireRegular('read', file);
    if (requireOwnPath('read', file, host) === undefined) return [];
    const { stats, bytes } = readFile(file.path, { followsLinks: false, maxBytes });
    if (bytes !== undefined) return [bytes.toString('utf8')];
    const size = `it is larger than ${maxBytes / 1024 / 1024} MiB`;
    throw unusable('read', file, stats.isFile() ? size : notRegular);
  });
}

function open(file: RotatedFile, host: Where): LinesFile {
  return doing('write', file, () => {
    requireRegular('write', file);
    makeOwnDirectories(dirname(file.path), host);
    requireOwnPath('write', file, host);
    const opened = openLines(file.path);
    if (opened === undefined) throw unusable('write', file, notRegular);
    try {
      requirePrivate(file, opened, host);
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  });
}

/** Before the permissions: those of a device are not the fault, and must not be changed. */
function requireRegular(verb: string, file: RotatedFile): void {
  const kind = irregularKindAt(file.path);
  if (kind !== undefined) throw unusable(verb, file, `it is ${kind}, not a regular file`);
}

function requirePrivate(file: RotatedFile, { stats }: LinesFile, { userId }: Where): void {
  const permissions = permissionCheckFor(userId).permissionsOf(file.path, stats);
  if (permissions === undefined) throw unusable('write', file, 'it was replaced meanwhile');
  const { isOurs, others, owner, openness } = permissions;
  if (!isOurs) throw unusable('write', file, `it belongs to ${owner}`, permissions.ownCommand());
  if (!others.read && !others.write) return;
  const why = `other users can access it (${openness})`;
  throw unusable('write', file, why, permissions.closeCommand());
}

/** Undefined if the file does not exist. */
function requireOwnPath(verb: string, file: RotatedFile, { userId }: Where): string | undefined {
  return followOwnPath(file.path, userId, 'file', (fault) => {
    throw unusable(verb, file, `${fault.at} ${describeFault(fault)}`, faultHint(fault));
  });
}

async function rotate(file: RotatedFile, host: Where, rotation: Rotation): Promise<void> {
  const lock = await lockFor(file, host, 'exclusive');
  // Another process is reading or rotating: a later line finds the file as large as this one.
  if (lock === undefined) return;
  try {
    doing('rotate', file, () => shift(file, rotation));
  } finally {
    lock.release();
  }
}

/** A rotation that was interrupted has left one name free, and then no file is dropped. */
function shift(file: RotatedFile, rotation: Rotation): void {
  const { path } = file;
  const size = linkStatOf(path)?.size ?? 0;
  // Another process has rotated it before we got the lock.
  if (size < rotation.maxBytes) return;
  const names = generationsOf(file, rotation);
  for (const name of names) {
    const other = irregularKindAt(name);
    if (other !== undefined)
      throw unusable('rotate', file, `${name} is ${other}, not a regular file`);
  }
  const free = names.findIndex((name) => linkStatOf(name) === undefined);
  const moved = [path, ...names.slice(0, free === -1 ? rotation.kept : free + 1)];
  for (let at = moved.length - 1; at > 0; at--) replaceFile(moved[at - 1] ?? '', moved[at] ?? '');
  syncDirectory(dirname(path));
}

/** The names of the rotated files, the newest first. */
function generationsOf({ path }: RotatedFile, { kept }: Rotation): string[] {
  return Array.from({ length: kept }, (_, at) => `${path}.${at + 1}`);
}

async function lockFor(file: RotatedFile, host: Where, mode: 'shared' | 'exclusive') {
  const lock = { ...file, path: `${file.path}.lock`, named: `the lock of ${file.named}` };
  return acquireLock(lock.path, { mode, timeoutMs: lockTimeoutMs, host }).catch((error: unknown) =>
    fail('open', lock, error),
  );
}

function doing<T>(verb: string, file: RotatedFile, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return fail(verb, file, error);
  }
}

function fail(verb: string, file: RotatedFile, error: unknown): never {
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  // A directory, a socket and a link cannot be opened for appending.
  const isLink = code === 'ELOOP';
  const kind = isLink ? 'a symbolic link' : irregularKindAt(file.path);
  if (kind !== undefined) throw unusable(verb, file, `it is ${kind}`);
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const hint = isFull ? showFreeSpace(file.path) : undefined;
  throw unusable(verb, file, reasonOf(code, file.path), hint);
}

function unusable(verb: string, file: RotatedFile, why: string, hint?: Hint): AtmosError {
  const { path, named, said } = file;
  const shown = `${named} ${showValue({ value: path, tag: said.tag })} (from ${said.source})`;
  return new AtmosError('ERR_IO', `cannot ${verb} ${shown}: ${why}`, {
    hints: [hint ?? say('name another file there, or remove the fault')],
  });
}
