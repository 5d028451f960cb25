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

// Magic numbers of statfs(2) where flock(2) may not reach other hosts.
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
 * The real path of the keyring's directory, or undefined when there is none yet. Every directory on
 * the way must belong to us or root and be writable by nobody else, or a stranger could swap it.
 *
 * @throws ERR_KEYRING_PERMISSIONS, ERR_KEYRING_IO
 */
export function findDirectory(directory: string, userId: number | undefined): string | undefined {
  const permissionCheck = permissionCheckFor(userId);
  checkPath(directory);
  const real = walk(directory, userId);
  if (real === undefined) return undefined;
  const stats = translating('look at', real, () => lstatSync(real));
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

/** {@link findDirectory}, made first where it is missing (0700, its parents too). */
export function ensureDirectory(directory: string, userId: number | undefined): string {
  const found = findDirectory(directory, userId);
  if (found !== undefined) return found;
  translating('make the keyring directory', directory, () => makePrivateDirectories(directory));
  const made = findDirectory(directory, userId);
  if (made === undefined) {
    throw new KeyringError('ERR_KEYRING_IO', `the keyring directory ${directory} vanished`);
  }
  return made;
}

/**
 * The entries of a directory, those of other programs too, sorted by the names of their files. What
 * counts, lists or encrypts entries anew goes by it, so that all of them mean the same entries.
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

/** The keys of the entries in a directory, sorted. */
export function listKeys(directory: string, host: Pick<Host, 'platform' | 'userId'>): string[] {
  return listEntries(directory, host)
    .flatMap(({ key }) => key ?? [])
    .sort();
}

/** The kind of network file system the directory is on, if it is on one. */
export function networkFileSystem(directory: string): string | undefined {
  try {
    const onWindows = windows();
    if (onWindows) return onWindows.isRemote(directory) ? 'a Windows share' : undefined;
    return networkFileSystems[statfsSync(directory).type];
  } catch {
    return undefined;
  }
}

/** On Windows some paths lead past the file system: to a device, or to a stream of a file. */
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

/** The real path, with the owner of all checked that is passed, or undefined where the way ends. */
function walk(path: string, userId: number | undefined): string | undefined {
  try {
    return followOwnPath(path, userId, 'directory', (fault) => refuse(path, fault));
  } catch (error) {
    throw translateSystemError('look at', pathOf(error) ?? path, error);
  }
}

/** What an error of the system is about. */
function pathOf(error: unknown): string | undefined {
  const isAbout = error instanceof Error && 'path' in error && typeof error.path === 'string';
  return isAbout ? String(error.path) : undefined;
}

function refuse(path: string, { at, kind, permissions }: PathFault): never {
  const elsewhere = setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory of your own'));
  if (kind === 'no-directory') {
    const what = at === path ? `the keyring path ${at}` : `${at}, on the way to the keyring,`;
    throw new KeyringError('ERR_KEYRING_IO', `${what} is not a directory`, {
      hints: at === path ? [showPermissions(at)] : [showPermissions(at), elsewhere],
    });
  }
  if (permissions === undefined) throw replaced(at);
  if (kind === 'owner') {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `${at}, on the way to the keyring, belongs to ${permissions.owner}, who could replace the keyring`,
      {
        hints: [showPermissions(at), elsewhere],
      },
    );
  }
  throw new KeyringError(
    'ERR_KEYRING_PERMISSIONS',
    `${at}, on the way to the keyring, can be written by other users, who could replace the keyring`,
    // What is not ours we cannot close.
    {
      hints: permissions.isOurs
        ? [permissions.withdrawCommand()]
        : [showPermissions(at), elsewhere],
    },
  );
}

function permissionsOf(path: string, stats: Stats, permissionCheck: PermissionCheck): Permissions {
  const permissions = translating('look at', path, () =>
    permissionCheck.permissionsOf(path, stats),
  );
  if (permissions === undefined) throw replaced(path);
  return permissions;
}

function replaced(path: string): KeyringError {
  return new KeyringError('ERR_KEYRING_BUSY', `${path} was replaced while it was looked at`);
}
