import { lstatSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { showPermissions } from '../../core/hint.ts';
import { closedInHome } from '../../host/closed-home.ts';
import type { Host } from '../../host/host.ts';
import { removeLeftovers } from '../../host/leftovers.ts';
import { acquireLock } from '../../host/lock.ts';
import { followOwnPath } from '../../host/own-path.ts';
import { describeFault } from '../../host/path-fault.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import { irregularKind, readRegularFile } from '../../host/read-files.ts';

// What reading, writing and removing the plain files of Go Atmos have in common: which of them may
// be touched, and the lock that Go Atmos takes to write one.

const maxBytes = 1024 * 1024;
/** As long as Go Atmos waits for the lock. */
const lockTimeoutMs = 10_000;

/**
 * Undefined if there is no home directory or it cannot be searched, because it then contains no
 * files of this user.
 */
export function visible(directory: string | undefined, host: Host): string | undefined {
  if (directory === undefined || closedInHome(directory, host) !== undefined) return undefined;
  return directory;
}

/**
 * What is done with a file. `read`, `read-private` and `write` use its content, so that no other user may
 * be able to change it, nor read it if it is private. Of a file to `write`, parts of the path may be
 * missing.
 */
type Purpose = 'remove' | 'read' | 'read-private' | 'write';

/** Why the path must not be followed. Checks this many levels from its end. */
export function pathFault(
  path: string,
  levels: number,
  host: Host,
  purpose: Purpose = 'remove',
): string | undefined {
  for (let level = levels - 1, at = path; level >= 0; level--, at = dirname(at)) {
    const fault = fileFault(at, at === path ? 'file' : 'directory', host, purpose);
    if (fault !== undefined) return at === path ? fault : `is below ${at}, which ${fault}`;
  }
  return undefined;
}

function fileFault(
  path: string,
  what: 'file' | 'directory',
  host: Host,
  purpose: Purpose,
): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return purpose === 'write' ? undefined : 'no longer exists';
  const isDirectory = what === 'directory' && stats.isDirectory();
  const kind = isDirectory ? undefined : irregularKind(stats);
  if (kind !== undefined) return `is ${kind}`;
  const permissions = permissionCheckFor(host.userId).permissionsOf(path, stats);
  if (permissions === undefined) return 'no longer exists';
  if (!permissions.isOurs) return `belongs to ${permissions.owner}`;
  const { read, replace, write } = permissions.others;
  const isOpen = isDirectory ? replace : purpose !== 'remove' && write;
  if (isOpen) return `can be changed by other users (${permissions.openness})`;
  const isShown = !isDirectory && purpose === 'read-private' && read;
  return isShown ? `can be read by other users (${permissions.openness})` : undefined;
}

/**
 * Why a base directory must not be used for sessions: another user could replace a part of the path
 * to it. Undefined if it is missing.
 */
export function baseFault(directory: string, { userId }: Host): string | undefined {
  let fault: string | undefined;
  try {
    followOwnPath(directory, userId, 'directory', (found) => {
      fault = `is below ${found.at}, which ${describeFault(found)}`;
      throw new Error(fault);
    });
  } catch (error) {
    if (fault === undefined) throw error;
  }
  return fault;
}

/**
 * The text of a file. Empty if it is missing, undefined if it is larger than 1 MiB.
 *
 * @throws ERR_IO
 */
export function readSmallFile(path: string): string | undefined {
  try {
    return readRegularFile(path, { followsLinks: false, maxBytes });
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === 'ENOENT') return '';
    if (reason === undefined) throw error;
    throw ioError('read', path, reason);
  }
}

/**
 * Runs a change of a file while no other process changes it, under the lock of Go Atmos. Temporary
 * files of processes that were killed while they changed it are removed, because they may hold
 * credentials. A lock file that was created for this is removed together with the file.
 *
 * @throws ERR_IO if the lock is held for 10 seconds; the system's errors
 */
export async function locked<T>(path: string, host: Host, run: () => Promise<T>): Promise<T> {
  const lockPath = `${path}.lock`;
  const isOurs = isAbsent(lockPath);
  const lock = await acquireLock(lockPath, {
    mode: 'exclusive',
    timeoutMs: lockTimeoutMs,
    host,
  });
  if (lock === undefined) {
    throw new AtmosError(
      'ERR_IO',
      `cannot change ${path}: another process has had it locked for ${lockTimeoutMs / 1000} seconds`,
    );
  }
  try {
    removeLeftovers(path, host, true);
    return await run();
  } finally {
    lock.release();
    if (isOurs && isAbsent(path)) rmSync(lockPath, { force: true });
  }
}

export function isAbsent(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

export function ioError(doing: string, path: string, reason: string): AtmosError {
  return new AtmosError('ERR_IO', `cannot ${doing} ${path}: ${reason}`, {
    hints: [showPermissions(dirname(path))],
  });
}
