import { statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import type { Host } from '../host/host.ts';

type Who = Pick<Host, 'env' | 'userId'>;

/**
 * Refuses a file found by searching that somebody else could have put there: it, and its directory,
 * belong to us or root and cannot be written by others. A group that is root's, or that has the
 * number of the owner (a group of one's own), is nobody else. Root may read a file of anybody, as it
 * must in a container with a mounted checkout, but not out of a directory that everybody can write.
 * `ATMOS_AUTH_TRUST=1` accepts all.
 *
 * @throws ERR_CONFIG_UNTRUSTED
 */
export function checkOwnership(path: string, file: Stats, host: Who): void {
  if (host.userId === undefined || host.env['ATMOS_AUTH_TRUST'] === '1') return;
  const directoryPath = dirname(path);
  const directory = statSync(directoryPath);
  const isShared = isWritableByAll(directory);
  if (isWritableByOthers(file)) {
    throw untrusted(`${path} can be written by other users`, `chmod go-w ${path}`, path);
  }
  if (isWritableByOthers(directory) && !isSticky(directory)) {
    const what = `${path} is in a directory that other users can write`;
    throw untrusted(what, `chmod go-w ${directoryPath}`, path);
  }
  if (host.userId === 0 && !isShared) return;
  if (!isOurs(file, host.userId) || (!isShared && !isOurs(directory, host.userId))) {
    throw untrusted(`${path}, or its directory, belongs to another user`, `ls -ld ${path}`, path);
  }
}

function isOurs(stats: Stats, userId: number): boolean {
  return stats.uid === userId || stats.uid === 0;
}

function isWritableByAll(stats: Stats): boolean {
  return (stats.mode & 0o002) !== 0;
}

function isWritableByOthers(stats: Stats): boolean {
  const isForeignGroup = stats.gid !== 0 && stats.gid !== stats.uid;
  return isWritableByAll(stats) || ((stats.mode & 0o020) !== 0 && isForeignGroup);
}

/** In a sticky directory nobody can replace the file of another. */
function isSticky(stats: Stats): boolean {
  return (stats.mode & 0o1000) !== 0;
}

function untrusted(what: string, remedy: string, path: string): AtmosError {
  return new AtmosError('ERR_CONFIG_UNTRUSTED', `${what}, so it is not used`, {
    hints: [remedy, `--config ${path}`, 'export ATMOS_AUTH_TRUST=1'],
  });
}
