// The file that a command's output goes to: `--output-file`, GITHUB_ENV. It may hold secrets, and be in
// a directory that others can write to.

import {
  appendFileSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { reasonOf } from './denial.ts';
import { ensurePrivateFile, replacePrivately } from './files.ts';
import type { Host } from './host.ts';
import { permissionCheckFor } from './permissions.ts';
import { irregularKind, irregularKindAt } from './regular-file.ts';

type Where = Pick<Host, 'userId'>;

/** A regular file, or one that is not there yet. */
export interface OutputFile extends Sourced<string> {
  /** The file itself, at the end of its links. */
  readonly target: string;
}

/**
 * Finds the file before anything is done for it. A link stays one, unless it leads nowhere.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE for what is no regular file (`/dev/stdout`), and for a link that another user
 *   made; ERR_IO
 */
export function findOutputFile(file: Sourced<string>, host: Where): OutputFile {
  const stats = doing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  // Renaming would put a file in the place of a device, or of a pipe that another process reads.
  const kind = stats && irregularKind(stats);
  if (kind !== undefined) throw irregular(file, kind);
  refuseForeignLinks(file, host);
  const directory = doing(file, () => realpathSync(dirname(file.value)));
  const target = stats
    ? doing(file, () => realpathSync(file.value))
    : join(directory, basename(file.value));
  return { ...file, target };
}

/**
 * Replaces the file whole, or creates it, readable only by us, whatever it was before.
 *
 * @throws ERR_IO
 */
export function replaceOutputFile(file: OutputFile, text: string | Uint8Array): void {
  doing(file, () => replacePrivately(file.target, text));
}

/**
 * Replaces the file by one with the text after what it holds, on a new line.
 *
 * @throws ERR_USAGE for a file of another user, whose lines would become ours; ERR_IO
 */
export function extendOutputFile(file: OutputFile, text: string, host: Where): void {
  const before = doing(file, () => {
    const stats = lstatSync(file.target, { throwIfNoEntry: false });
    // A link that leads nowhere is replaced.
    if (!stats?.isFile()) return undefined;
    const permissions = permissionCheckFor(host.userId).permissionsOf(file.target, stats);
    if (permissions?.isTrusted) return readFileSync(file.target);
    throw ofAnother(file, file.value, permissions?.owner);
  });
  if (before === undefined || before.length === 0) return replaceOutputFile(file, text);
  const isEnded = before.at(-1) === newline;
  replaceOutputFile(file, Buffer.concat([before, Buffer.from(isEnded ? text : `\n${text}`)]));
}

const newline = 0x0a;

/**
 * Adds to a file in place, for one that its owner finds by its inode, or creates it, readable only by
 * us.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE for a directory, a socket, a named pipe, which may have no reader, and a link that
 *   another user made; ERR_IO
 */
export function appendToFile(file: Sourced<string>, text: string, host: Where): void {
  const kind = irregularKindAt(file.value);
  if (kind !== undefined && kind !== 'a device') throw irregular(file, kind);
  refuseForeignLinks(file, host);
  doing(file, () => {
    ensurePrivateFile(file.value);
    appendFileSync(file.value, text, { mode: 0o600 });
  });
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
