// Writes the file that receives a command's output: `--output-file`, GITHUB_ENV. The file may hold
// secrets, and other users may be able to write to its directory.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { reasonOf } from './denial.ts';
import {
  ensurePrivateFile,
  isRandomId,
  randomId,
  replacePrivately,
  syncDirectory,
} from './files.ts';
import type { Host } from './host.ts';
import type { OthersMay } from './permission-judgement.ts';
import { permissionCheckFor } from './permissions.ts';
import { irregularKind } from './read-files.ts';
import { writeAll } from './write-all.ts';

type Where = Pick<Host, 'userId'>;
type Writer = Pick<Host, 'userId' | 'now'>;

/** A regular file, or a file that does not exist yet. */
export interface OutputFile extends Sourced<string> {
  /** The file itself, after following links. */
  readonly target: string;
}

/**
 * Finds the file before the command does anything else. A link to a file remains a link; a link
 * without a target is replaced.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE if the path is not a regular file (`/dev/stdout`), or if a link or the file
 *   belongs to another user, whose lines would be replaced or kept with our text; ERR_IO
 */
export function findOutputFile(file: Sourced<string>, host: Where): OutputFile {
  const stats = doing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  // Renaming would replace a device, or a pipe that another process reads, by a file.
  const kind = stats && irregularKind(stats);
  if (kind !== undefined) throw irregular(file, kind);
  const target = targetOf(file, stats, host);
  if (stats) refuseForeignFile(file, target, stats, host);
  return { ...file, target };
}

function refuseForeignFile(file: Sourced<string>, path: string, stats: Stats, host: Where): void {
  const permissions = doing(file, () => permissionCheckFor(host.userId).permissionsOf(path, stats));
  if (!permissions?.isTrusted) throw ofAnother(file, file.value, permissions?.owner);
}

/**
 * A login may take minutes. During that time, a user who can rename a parent directory can change
 * what the path resolves to.
 */
function refuseMoved(before: OutputFile, { target }: OutputFile): void {
  if (target === before.target) return;
  throw new AtmosError(
    'ERR_USAGE',
    `cannot write ${before.value} (from ${before.source}): it resolved to ${before.target} when the command started and resolves to ${target} now`,
    { hints: [say('use a file in a directory of your own')] },
  );
}

/** @param stats of the file after following links */
function targetOf(file: Sourced<string>, stats: Stats | undefined, host: Where): string {
  refuseForeignLinks(file, host);
  const directory = doing(file, () => realpathSync(dirname(file.value)));
  return stats
    ? doing(file, () => realpathSync(file.value))
    : join(directory, basename(file.value));
}

/**
 * Replaces or creates the file. The result is readable only by the current user, whatever the
 * permissions were before.
 *
 * @param like the result has the permissions and the group of this file instead
 * @throws as {@link findOutputFile}, for the current state of the path; ERR_USAGE if the path now
 *   leads elsewhere
 */
export function replaceOutputFile(
  file: OutputFile,
  text: string | Uint8Array,
  host: Writer,
  like?: Stats,
): void {
  refuseMoved(file, findOutputFile(file, host));
  sweepLeftovers(file.target, host);
  const temporary = `${file.target}${temporaryMark}${randomId()}`;
  doing(file, () => replacePrivately(file.target, text, { temporary, like }));
}

/**
 * Finds the place of a file for {@link createOutputFile} before the command does anything else.
 *
 * @param file its path is absolute
 * @throws as {@link findOutputFile}; ERR_USAGE also if the file exists
 */
export function findNewFile(file: Sourced<string>, host: Where): OutputFile {
  const found = findOutputFile(file, host);
  const stats = doing(file, () => lstatSync(found.target, { throwIfNoEntry: false }));
  if (stats !== undefined) throw alreadyThere(file);
  return found;
}

/**
 * Creates the file, readable only by the current user, and reads it back. Even after a crash it is
 * complete or missing.
 *
 * @throws as {@link findNewFile}, for the current state of the path; ERR_USAGE if the path now leads
 *   elsewhere
 */
export function createOutputFile(file: OutputFile, text: string, host: Writer): void {
  refuseMoved(file, findNewFile(file, host));
  sweepLeftovers(file.target, host);
  const temporary = `${file.target}${temporaryMark}${randomId()}`;
  const onRenamed = () => syncDirectory(dirname(file.target));
  doing(file, () => {
    try {
      replacePrivately(file.target, text, { temporary, isNew: true, onRenamed });
    } catch (error) {
      throw systemErrorCode(error) === 'EEXIST' ? alreadyThere(file) : error;
    }
    if (readFileSync(file.target, 'utf8') === text) return;
    rmSync(file.target, { force: true });
    throw new AtmosError(
      'ERR_IO',
      `${file.value} (from ${file.source}) did not contain what was written to it, and was removed`,
    );
  });
}

function alreadyThere({ value, source }: Sourced<string>): AtmosError {
  return new AtmosError('ERR_USAGE', `${value} (from ${source}) already exists`, {
    hints: [say('choose the name of a file that does not exist')],
  });
}

/** Part of the name of all temporary files that this module creates, and only of those. */
const temporaryMark = '.atmos-auth-';
/** Longer than any write takes. */
const maxWriteMs = 60 * 60 * 1000;

/** Removes temporary files of processes that were killed, because they may hold credentials. */
function sweepLeftovers(target: string, host: Writer): void {
  const directory = dirname(target);
  const start = `${basename(target)}${temporaryMark}`;
  const oldest = host.now().getTime() - maxWriteMs;
  try {
    const isLeftover = (name: string) =>
      name.startsWith(start) && isRandomId(name.slice(start.length));
    for (const name of readdirSync(directory).filter(isLeftover)) {
      const path = join(directory, name);
      const stats = lstatSync(path);
      const isOurs = permissionCheckFor(host.userId).permissionsOf(path, stats)?.isOurs;
      if (stats.isFile() && isOurs && stats.mtimeMs < oldest) rmSync(path, { force: true });
    }
  } catch (error) {
    // A directory that cannot be listed can still be writable.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/**
 * Appends the text to the file on a new line, by replacing the file.
 *
 * @throws as {@link replaceOutputFile}
 */
export function extendOutputFile(file: OutputFile, text: string, host: Writer): void {
  refuseMoved(file, findOutputFile(file, host));
  const before = doing(file, () => {
    const stats = lstatSync(file.target, { throwIfNoEntry: false });
    // A link without a target is replaced.
    return stats?.isFile() ? readFileSync(file.target) : Buffer.alloc(0);
  });
  const isEnded = before.length === 0 || before.at(-1) === newline;
  const added = Buffer.from(isEnded ? text : `\n${text}`);
  replaceOutputFile(file, Buffer.concat([before, added]), host);
}

const newline = 0x0a;

/**
 * Finds the file for {@link appendToFile} before the command does anything else.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE for a directory, a socket, a named pipe (it may have no reader), a link that
 *   another user made, and a file of another user, who could read the added text; ERR_IO
 */
export function findFileToAppend(file: Sourced<string>, host: Where): OutputFile {
  const stats = doing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  if (stats) refuseToWait(file, stats);
  const target = targetOf(file, stats, host);
  if (stats) requireOwn(file, target, stats, host);
  return { ...file, target };
}

/**
 * Appends to a file in place, because its owner identifies it by its inode, or creates it readable
 * only by the current user. If the text does not fit on the disk, none of it remains.
 *
 * @throws as {@link findFileToAppend}, for the current state of the path; ERR_USAGE if the path now
 *   leads elsewhere
 */
export function appendToFile(file: OutputFile, text: string, host: Where): void {
  refuseMoved(file, findFileToAppend(file, host));
  const { target } = file;
  const descriptor = doing(file, () => {
    ensurePrivateFile(target);
    // O_NOFOLLOW and O_NONBLOCK are undefined on Windows, which counts as 0. O_NONBLOCK: opening a
    // pipe must not wait for its reader.
    const { O_WRONLY, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
    return openSync(target, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  });
  try {
    const stats = doing(file, () => fstatSync(descriptor));
    refuseToWait(file, stats);
    const others = requireOwn(file, target, stats, host);
    doing(file, () => {
      if (others?.read || others?.write) fchmodSync(descriptor, 0o600);
      appendWhole(descriptor, stats, text);
    });
  } finally {
    closeSync(descriptor);
  }
}

function refuseToWait(file: Sourced<string>, stats: Stats): void {
  const kind = irregularKind(stats);
  if (kind !== undefined && kind !== 'a device') throw irregular(file, kind);
}

/** @returns what other users may do with the file; undefined for a device, which stores nothing */
function requireOwn(
  file: Sourced<string>,
  path: string,
  stats: Stats,
  host: Where,
): OthersMay | undefined {
  if (!stats.isFile()) return undefined;
  const permissions = doing(file, () => permissionCheckFor(host.userId).permissionsOf(path, stats));
  if (permissions?.isOurs || isOfRunner(file, path, stats, host)) return permissions?.others;
  throw ofAnother(file, file.value, permissions?.owner);
}

/**
 * Whether the file belongs to a GitHub runner in whose container this process runs as root: the
 * runner owns the file and its directory, and no third user can write there.
 */
function isOfRunner(file: Sourced<string>, path: string, stats: Stats, { userId }: Where): boolean {
  if (file.source !== 'GITHUB_ENV' || userId !== 0) return false;
  const check = permissionCheckFor(userId);
  const [own, directory] = doing(file, () => [
    check.permissionsOf(path, stats),
    check.permissionsOf(dirname(path), statSync(dirname(path))),
  ]);
  if (own === undefined || directory === undefined) return false;
  return own.owner === directory.owner && !own.others.write && !directory.others.write;
}

/** A reader of the file would treat a partial line as complete. */
function appendWhole(descriptor: number, before: Stats, text: string): void {
  try {
    writeAll(descriptor, Buffer.from(text));
  } catch (error) {
    if (before.isFile()) ftruncateSync(descriptor, before.size);
    throw error;
  }
}

/** The owner of a link decides where the text goes and which of our files it replaces. */
function refuseForeignLinks(file: Sourced<string>, host: Where, path = file.value): void {
  for (const step of stepsTo(path)) {
    const stats = doing(file, () => lstatSync(step, { throwIfNoEntry: false }));
    if (!stats?.isSymbolicLink()) continue;
    const permissions = doing(file, () =>
      permissionCheckFor(host.userId).permissionsOf(step, stats),
    );
    if (!permissions?.isTrusted) throw ofAnother(file, step, permissions?.owner);
    const next = doing(file, () => readlinkSync(step));
    refuseForeignLinks(file, host, resolve(dirname(step), next));
  }
}

/** The path and its parents, from the root down. */
function stepsTo(path: string): string[] {
  return dirname(path) === path ? [] : [...stepsTo(dirname(path)), path];
}

function ofAnother(file: Sourced<string>, path: string, owner = 'another user'): AtmosError {
  const what = path === file.value ? 'it' : path;
  return new AtmosError(
    'ERR_USAGE',
    `cannot write ${file.value} (from ${file.source}): ${what} belongs to ${owner}`,
    { hints: [say('use a file in a directory of your own')] },
  );
}

function irregular({ value, source }: Sourced<string>, kind: string): AtmosError {
  return new AtmosError('ERR_USAGE', `${value} (from ${source}) is ${kind}, not a regular file`);
}

function doing<T>({ value, source }: Sourced<string>, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw new AtmosError(
      'ERR_IO',
      `cannot write ${value} (from ${source}): ${reasonOf(reason, value)}`,
    );
  }
}
