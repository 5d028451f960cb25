// The file that a command's output goes to: `--output-file`, GITHUB_ENV. It may hold secrets, and be in
// a directory that others can write to.

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
import { ensurePrivateFile, randomId, replacePrivately } from './files.ts';
import type { Host } from './host.ts';
import type { OthersMay } from './permission-judgement.ts';
import { permissionCheckFor } from './permissions.ts';
import { irregularKind } from './read-files.ts';
import { writeAll } from './write-all.ts';

type Where = Pick<Host, 'userId'>;
type Writer = Pick<Host, 'userId' | 'now'>;

/** A regular file, or one that is not there yet. */
export interface OutputFile extends Sourced<string> {
  /** The file itself, at the end of its links. */
  readonly target: string;
}

/**
 * Finds the file before anything is done for it. A link stays one, unless it leads nowhere.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE for what is no regular file (`/dev/stdout`), for a link that another user made,
 *   and for a file of another user: its lines would become ours, or be gone; ERR_IO
 */
export function findOutputFile(file: Sourced<string>, host: Where): OutputFile {
  const stats = doing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  // Renaming would put a file in the place of a device, or of a pipe that another process reads.
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

/** A login may take minutes. Who can rename a directory above decides meanwhile where the path leads. */
function refuseMoved(before: OutputFile, { target }: OutputFile): void {
  if (target === before.target) return;
  throw new AtmosError(
    'ERR_USAGE',
    `cannot write ${before.value} (from ${before.source}): it was ${before.target} when the command started, and is ${target} now`,
    { hints: [say('name a file in a directory of your own')] },
  );
}

/** @param stats of what is at the end of its links */
function targetOf(file: Sourced<string>, stats: Stats | undefined, host: Where): string {
  refuseForeignLinks(file, host);
  const directory = doing(file, () => realpathSync(dirname(file.value)));
  return stats
    ? doing(file, () => realpathSync(file.value))
    : join(directory, basename(file.value));
}

/**
 * Replaces the file whole, or creates it, readable only by us, whatever it was before.
 *
 * @throws as {@link findOutputFile}, by what is there now, and ERR_USAGE where the path leads elsewhere
 */
export function replaceOutputFile(file: OutputFile, text: string | Uint8Array, host: Writer): void {
  refuseMoved(file, findOutputFile(file, host));
  sweepLeftovers(file.target, host);
  const temporary = `${file.target}${temporaryMark}${randomId()}`;
  doing(file, () => replacePrivately(file.target, text, { temporary }));
}

/** In the names of our own temporary files, and of no others. */
const temporaryMark = '.atmos-auth-';
/** No write takes as long. */
const maxWriteMs = 60 * 60 * 1000;

/** Removes temporary files of processes that were killed: they may hold credentials. */
function sweepLeftovers(target: string, host: Writer): void {
  const directory = dirname(target);
  const start = `${basename(target)}${temporaryMark}`;
  const oldest = host.now().getTime() - maxWriteMs;
  try {
    for (const name of readdirSync(directory).filter((one) => one.startsWith(start))) {
      const path = join(directory, name);
      const stats = lstatSync(path);
      const isOurs = permissionCheckFor(host.userId).permissionsOf(path, stats)?.isOurs;
      if (stats.isFile() && isOurs && stats.mtimeMs < oldest) rmSync(path, { force: true });
    }
  } catch (error) {
    // A directory that cannot be listed can still be written to.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/**
 * Replaces the file by one with the text after what it holds, on a new line.
 *
 * @throws as {@link replaceOutputFile}
 */
export function extendOutputFile(file: OutputFile, text: string, host: Writer): void {
  refuseMoved(file, findOutputFile(file, host));
  const before = doing(file, () => {
    const stats = lstatSync(file.target, { throwIfNoEntry: false });
    // A link that leads nowhere is replaced.
    return stats?.isFile() ? readFileSync(file.target) : Buffer.alloc(0);
  });
  const isEnded = before.length === 0 || before.at(-1) === newline;
  const added = Buffer.from(isEnded ? text : `\n${text}`);
  replaceOutputFile(file, Buffer.concat([before, added]), host);
}

const newline = 0x0a;

/**
 * Finds the file for {@link appendToFile} before anything is done for it.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE for a directory, a socket, a named pipe, which may have no reader, a link that
 *   another user made, and a file of another user, who could read what we add; ERR_IO
 */
export function findFileToAppend(file: Sourced<string>, host: Where): OutputFile {
  const stats = doing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  if (stats) refuseToWait(file, stats);
  const target = targetOf(file, stats, host);
  if (stats) requireOwn(file, target, stats, host);
  return { ...file, target };
}

/**
 * Adds to a file in place, for one that its owner finds by its inode, or creates it. Only we can read
 * it then. Where the text does not fit, none of it stays.
 *
 * @throws as {@link findFileToAppend}, by what is there now, and ERR_USAGE where the path leads elsewhere
 */
export function appendToFile(file: OutputFile, text: string, host: Where): void {
  refuseMoved(file, findFileToAppend(file, host));
  const { target } = file;
  const descriptor = doing(file, () => {
    ensurePrivateFile(target);
    // On Windows the last two are undefined, which counts as 0. Of a pipe the first end is not waited for.
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

/** @returns what others may do with the file. Undefined for a device, which keeps nothing */
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
 * Whether it is the file of a runner of GitHub, in whose container we are root: the runner owns it and
 * its directory, and no third user can write there.
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

/** Half a line would be read as one by whoever reads the file. */
function appendWhole(descriptor: number, before: Stats, text: string): void {
  try {
    writeAll(descriptor, Buffer.from(text));
  } catch (error) {
    if (before.isFile()) ftruncateSync(descriptor, before.size);
    throw error;
  }
}

/** Whoever made a link decides where our text goes, and which file of ours it replaces. */
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

/** The path and those above it, the highest first. */
function stepsTo(path: string): string[] {
  return dirname(path) === path ? [] : [...stepsTo(dirname(path)), path];
}

function ofAnother(file: Sourced<string>, path: string, owner = 'another user'): AtmosError {
  const what = path === file.value ? 'it' : path;
  return new AtmosError(
    'ERR_USAGE',
    `cannot write ${file.value} (from ${file.source}): ${what} belongs to ${owner}`,
    { hints: [say('name a file in a directory of your own')] },
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
