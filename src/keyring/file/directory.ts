import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, statfsSync, type Stats } from 'node:fs';
import { join, parse, sep } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { placeholder, setVariable, showPermissions } from '../../core/hint.ts';
import { makePrivateDirectories } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { followOwnPath, type PathFault } from '../../host/own-path.ts';
import type { Permissions } from '../../host/permission-judgement.ts';
import { permissionCheckFor, type PermissionCheck } from '../../host/permissions.ts';
import { windows } from '../../host/windows/load.ts';
import { findEntry, type EntryFile } from './entry.ts';
import { translateSystemError, translating } from './system-error.ts';

// Magic numbers of statfs(2) of file systems on which flock(2) may not exclude other hosts.
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x517b: 'SMB',
  0x65735546: 'FUSE',
  0x01021997: '9P',
  0x00c36400: 'Ceph',
  0x5346414f: 'AFS',
};

/**
 * The real path of the keyring's directory. Undefined if it does not exist. All parent directories
 * must belong to this user or root and must not be writable by other users, who could replace the
 * keyring.
 *
 * @throws ERR_KEYRING_PERMISSIONS, ERR_KEYRING_IO
 */
export function findDirectory(directory: string, userId: number | undefined): string | undefined {
  const permissionCheck = permissionCheckFor(userId);
  checkPath(directory);
  const real = walk(directory, userId);
  if (real === undefined) return undefined;
  const stats = translating('access', real, () => lstatSync(real));
  const permissions = permissionsOf(real, stats, permissionCheck);
  if (!permissions.isOurs) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the keyring directory ${directory} belongs to ${permissions.owner}, not to you (${permissionCheck.self()})`,
      { hints: [permissions.ownCommand()] },
    );
  }
  return real;
}

/** {@link findDirectory}, but creates missing directories (mode 0700), including parents. */
export function ensureDirectory(directory: string, userId: number | undefined): string {
  const found = findDirectory(directory, userId);
  if (found !== undefined) return found;
  translating('create the keyring directory', directory, () => makePrivateDirectories(directory));
  const made = findDirectory(directory, userId);
  if (made === undefined) {
    throw new KeyringError(
      'ERR_KEYRING_IO',
      `the keyring directory ${directory} was removed while it was used`,
    );
  }
  return made;
}

/**
 * The entries of a directory, including those of other programs, sorted by file name. Every
 * operation that counts, lists or re-encrypts entries uses this list, so that all of them see the
 * same entries.
 */
export function listEntries(
  directory: string,
  host: Pick<Host, 'platform' | 'userId'>,
): EntryFile[] {
  return translating('list', directory, () =>
    readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }),
  )
    .filter((file) => !file.isDirectory() && isUtf8(file.name))
    .map((file) => file.name.toString())
    .sort()
    .flatMap((name) => findEntry(join(directory, name), host) ?? []);
}

/** The names of the entries in a directory, sorted. */
export function listKeys(directory: string, host: Pick<Host, 'platform' | 'userId'>): string[] {
  return listEntries(directory, host)
    .flatMap(({ key }) => key ?? [])
    .sort();
}

/** The kind of network file system that contains the directory; undefined for a local one. */
export function networkFileSystem(directory: string): string | undefined {
  try {
    const onWindows = windows();
    if (onWindows) return onWindows.isRemote(directory) ? 'a Windows share' : undefined;
    return networkFileSystems[statfsSync(directory).type];
  } catch {
    return undefined;
  }
}

/** Some Windows paths name a device or an alternate stream of a file instead of a directory. */
function checkPath(path: string): void {
  if (sep === '/') return;
  const isDevice = /^[\\/]{2}[.?]([\\/]|$)/.test(path);
  if (!isDevice && !path.slice(parse(path).root.length).includes(':')) return;
  throw new KeyringError(
    'ERR_KEYRING_IO',
    `the keyring path ${path} names ${isDevice ? 'a device' : 'a stream of a file'}, not a directory`,
    { hints: [setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory of your own'))] },
  );
}

/** The real path. Checks the owner of each directory on it. Undefined if a directory is missing. */
function walk(path: string, userId: number | undefined): string | undefined {
  try {
    return followOwnPath(path, userId, 'directory', (fault) => refuse(path, fault));
  } catch (error) {
    throw translateSystemError('access', pathOf(error) ?? path, error);
  }
}

/** The path that a system error is about. */
function pathOf(error: unknown): string | undefined {
  const isAbout = error instanceof Error && 'path' in error && typeof error.path === 'string';
  return isAbout ? String(error.path) : undefined;
}

function refuse(path: string, { at, kind, permissions }: PathFault): never {
  const elsewhere = setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory of your own'));
  if (kind === 'no-directory') {
    const what =
      at === path ? `the keyring path ${at}` : `${at}, a parent directory of the keyring,`;
    throw new KeyringError('ERR_KEYRING_IO', `${what} is not a directory`, {
      hints: at === path ? [showPermissions(at)] : [showPermissions(at), elsewhere],
    });
  }
  if (permissions === undefined) throw replaced(at);
  if (kind === 'owner') {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `${at}, a parent directory of the keyring, belongs to ${permissions.owner}, who could replace the keyring`,
      {
        hints: [showPermissions(at), elsewhere],
      },
    );
  }
  throw new KeyringError(
    'ERR_KEYRING_PERMISSIONS',
    `${at}, a parent directory of the keyring, can be written by other users, who could replace the keyring`,
    // We cannot change the permissions of a directory that belongs to another user.
    {
      hints: permissions.isOurs
        ? [permissions.withdrawCommand()]
        : [showPermissions(at), elsewhere],
    },
  );
}

function permissionsOf(path: string, stats: Stats, permissionCheck: PermissionCheck): Permissions {
  const permissions = translating('access', path, () => permissionCheck.permissionsOf(path, stats));
  if (permissions === undefined) throw replaced(path);
  return permissions;
}

function replaced(path: string): KeyringError {
  return new KeyringError('ERR_KEYRING_BUSY', `${path} was replaced while it was inspected`);
}
