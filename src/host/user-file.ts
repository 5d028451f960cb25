// Changes a text file of the user that other programs also change: ~/.aws/config.

import { realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { listFiles, say, showPermissions, showProcess } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import { sha256 } from '../core/sha256.ts';
import { reasonOf } from './denial.ts';
import { stateDirectory } from './home.ts';
import type { Host } from './host.ts';
import { acquireLock, lockHolder, type FileLock } from './lock.ts';
import { findOutputFile, replaceOutputFile } from './output-file.ts';
import { makeOwnDirectories } from './own-directory.ts';
import { followOwnPath, type PathFault } from './own-path.ts';
import { describeFault, faultHint } from './path-fault.ts';
import { permissionCheckFor } from './permissions.ts';
import { linkStatOf, readFile } from './read-files.ts';

const maxBytes = 1024 * 1024;
const lockTimeoutMs = 10_000;

interface Found {
  readonly text: string;
  /** Of the file after following links. Undefined if it does not exist. */
  readonly stats: Stats | undefined;
}

/**
 * The text of the file. Empty if it does not exist.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE if it is not a regular file of the current user, leads through a link of another
 *   user, is larger than 1 MiB or not UTF-8; ERR_IO
 */
export function readUserFile(file: Sourced<string>, host: Pick<Host, 'userId'>): string {
  return find(file, host).text;
}

/**
 * Checks that no other user can replace the file: through a directory on the path to it, or to the file
 * that a link leads to. Directories that do not exist yet are not a fault.
 *
 * @param file its path is absolute
 * @throws ERR_USAGE, ERR_IO
 */
export function requireOwnDirectory(file: Sourced<string>, { userId }: Pick<Host, 'userId'>): void {
  const refuse = (fault: PathFault) => {
    throw withFault(file, fault);
  };
  doing('read', file, () => {
    const exists = statSync(file.value, { throwIfNoEntry: false }) !== undefined;
    const paths = exists ? [file.value, realpathSync(file.value)] : [file.value];
    for (const path of paths) followOwnPath(dirname(path), userId, 'directory', refuse);
  });
}

function withFault({ value, source }: Sourced<string>, fault: PathFault): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `cannot change ${value} (from ${source}): it is below ${fault.at}, which ${describeFault(fault)}`,
    { hints: [faultHint(fault)] },
  );
}

/**
 * Replaces the text of the file, or creates it. The file keeps its links, its permissions and its
 * group; a new one is accessible only to the current user. Even after a crash it has either the old
 * or the new text. One process at a time changes it.
 *
 * @param file its path is absolute
 * @param change returns the new text
 * @returns whether the text changed; otherwise nothing was written
 * @throws as {@link readUserFile}; ERR_USAGE also if it is read-only; ERR_IO also if another program changed the file at the same time;
 *   what `change` throws, with nothing written
 */
export async function changeUserFile(
  file: Sourced<string>,
  host: Host,
  change: (text: string) => string,
): Promise<boolean> {
  // An error of the file is reported before anything is created.
  find(file, host);
  const lock = await lockFor(file, host);
  try {
    const before = find(file, host);
    const text = change(before.text);
    if (text === before.text) return false;
    write(file, before, text, host);
    return true;
  } finally {
    lock?.release();
  }
}

function write(file: Sourced<string>, before: Found, text: string, host: Host): void {
  // An editor does not replace such a file either.
  if (before.stats !== undefined && (before.stats.mode & 0o200) === 0) {
    throw new AtmosError(
      'ERR_USAGE',
      `cannot change ${file.value} (from ${file.source}): it is read-only`,
      { hints: [say('make it writable, then run the command again'), listFiles([file.value])] },
    );
  }
  doing('write', file, () => makeOwnDirectories(dirname(file.value), host));
  if (find(file, host).text !== before.text) {
    throw new AtmosError(
      'ERR_IO',
      `cannot write ${file.value}: another program changed it at the same time`,
      { hints: [say('run the command again')] },
    );
  }
  replaceOutputFile(findOutputFile(file, host), text, host, before.stats);
}

function find(file: Sourced<string>, host: Pick<Host, 'userId'>): Found {
  const link = doing('read', file, () => linkStatOf(file.value));
  if (link === undefined) return { text: '', stats: undefined };
  const { target } = findOutputFile(file, host);
  if (link.isSymbolicLink() && target === file.value)
    throw unusable(file, 'is a link to a file that does not exist');
  const { stats, bytes } = doing('read', file, () => readFile(target, { maxBytes }));
  const permissions = doing('read', file, () =>
    permissionCheckFor(host.userId).permissionsOf(target, stats),
  );
  if (!permissions?.isOurs)
    throw unusable(file, `belongs to ${permissions?.owner ?? 'another user'}`);
  if (bytes === undefined) throw unusable(file, `is larger than ${maxBytes / 1024} KiB`);
  return { text: decode(file, bytes), stats };
}

/** A byte order mark is part of the text. */
function decode(file: Sourced<string>, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unusable(file, 'is not UTF-8 text');
  }
}

function unusable({ value, source }: Sourced<string>, why: string): AtmosError {
  return new AtmosError('ERR_USAGE', `cannot change ${value} (from ${source}): it ${why}`, {
    hints: [listFiles([value])],
  });
}

/** Undefined without a state directory, as for a login. */
async function lockFor(file: Sourced<string>, host: Host): Promise<FileLock | undefined> {
  const state = stateDirectory(host);
  if (state === undefined) return undefined;
  const path = join(state, 'locks', sha256(file.value).slice(0, 32));
  doing('lock', { ...file, value: path }, () => makeOwnDirectories(dirname(path), host));
  const lock = await acquireLock(path, { mode: 'exclusive', timeoutMs: lockTimeoutMs, host }).catch(
    (error: unknown) => fail('lock', { ...file, value: path }, error),
  );
  if (lock !== undefined) return lock;
  const holder = lockHolder(path);
  const who = holder === undefined ? 'another process' : `process ${holder}`;
  throw new AtmosError(
    'ERR_IO',
    `cannot change ${file.value}: ${who} has had it locked for ${lockTimeoutMs / 1000} seconds`,
    { hints: holder === undefined ? [] : [showProcess(holder, path)] },
  );
}

function doing<T>(verb: string, file: Sourced<string>, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return fail(verb, file, error);
  }
}

function fail(verb: string, { value, source }: Sourced<string>, error: unknown): never {
  const reason = systemErrorCode(error);
  if (reason === undefined) throw error;
  throw new AtmosError(
    'ERR_IO',
    `cannot ${verb} ${value} (from ${source}): ${reasonOf(reason, value)}`,
    { hints: [showPermissions(dirname(value))] },
  );
}
