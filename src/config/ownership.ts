import { dirname } from 'node:path';
import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { addOptions, setVariable, showPermissions, type Hint } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type { Permissions } from '../host/permission-judgement.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { linkStatOf, realPathOf, type Stats } from '../host/read-files.ts';
import { isTrustedByVariable, trustVariableNote } from './trust-variable.ts';

type Who = Pick<Host, 'env' | 'userId'>;

/**
 * Refuses a file found by searching that another user could have created: it, and its directory,
 * belong to us or root and cannot be written by others. Of a link that holds for the link as well
 * as for the file it leads to. A group that is root's, or that has the number of the owner (a group
 * of one's own), counts as the same user. Root may read a file of any user, as it must in a
 * container with a mounted checkout, but not from a directory that all users can write. On Windows
 * access lists are checked: other users may add files to the directory, but not replace existing
 * ones. `ATMOS_AUTH_TRUST=1` accepts all.
 *
 * @param file of the very file that was read
 * @throws ERR_CONFIG_UNTRUSTED
 */
export function checkOwnership(path: string, file: Stats, host: Who): void {
  if (isTrustedByVariable(host)) return;
  try {
    checkOwner(path, file, host);
  } catch (error) {
    const note = trustVariableNote(host);
    if (note === '' || !isAtmosError(error, 'ERR_CONFIG_UNTRUSTED')) throw error;
    const { code, message, hintValues: hints } = error;
    throw new AtmosError(code, `${message}${note}`, { hints });
  }
}

function checkOwner(path: string, file: Stats, { userId }: Who): void {
  judging(path, () => {
    const link = stillAt(path, linkStatOf(path));
    if (!link.isSymbolicLink()) return checkPlace(path, { found: path, stats: file }, userId);
    checkPlace(path, { found: path, stats: link }, userId);
    checkPlace(realPathOf(path), { found: path, stats: file }, userId);
  });
}

/** A file whose permissions cannot be read is not trusted. */
function judging(path: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || isAtmosError(error)) throw error;
    throw untrusted(`${path} cannot be checked (${code})`, showPermissions(path), path);
  }
}

/** @param path where it is; `found` is the path that leads there */
function checkPlace(
  path: string,
  { found, stats }: { found: string; stats: Stats },
  userId: number | undefined,
): void {
  const check = permissionCheckFor(userId);
  const directoryPath = realPathOf(dirname(path));
  const permissions = check.permissionsOf(path, stats);
  const directory = check.permissionsOf(
    directoryPath,
    stillAt(directoryPath, linkStatOf(directoryPath)),
  );
  const named = path === found ? path : `${path} (target of ${found})`;
  if (permissions === undefined || directory === undefined)
    throw untrusted(`${named} was replaced while it was read`, showPermissions(path), found);
  const isOfOthers = !permissions.isTrusted || !(directory.isShared || directory.isTrusted);
  if (isOfOthers && (userId !== 0 || directory.isShared)) {
    const what = `${named} or its directory belongs to another user`;
    throw untrusted(what, showPermissions(path), found);
  }
  // Only the owner and root can change the permissions.
  const closing = (open: Permissions, at: string) =>
    open.isOurs || userId === 0 || userId === undefined
      ? open.withdrawCommand()
      : showPermissions(at);
  if (permissions.outsiders.write)
    throw untrusted(`${path} can be written by other users`, closing(permissions, path), found);
  if (directory.outsiders.replace) {
    const what = `${named} is in a directory that other users can write`;
    throw untrusted(what, closing(directory, directoryPath), found);
  }
}

/** The file may have been removed after it was read. */
function stillAt(path: string, stats: Stats | undefined): Stats {
  if (stats !== undefined) return stats;
  throw untrusted(`${path} was removed while it was checked`, showPermissions(path), path);
}

function untrusted(what: string, remedy: Hint, path: string): AtmosError {
  return new AtmosError('ERR_CONFIG_UNTRUSTED', `${what}, so it is not used`, {
    hints: [remedy, addOptions(['--config', path]), setVariable('ATMOS_AUTH_TRUST', '1')],
  });
}
