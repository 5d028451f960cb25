import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  statfsSync,
  type Stats,
} from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { dirname, isAbsolute, join, parse, sep } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { shellWord } from '../../core/shell-word.ts';
import { decodeKey } from '../key.ts';
import { translating } from './system-error.ts';

const writableByOthers = 0o022;
const sticky = 0o1000;
const mostLinks = 40;

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
  const real = walk(directory, userId);
  if (real === undefined) return undefined;
  const stats = translating('look at', real, () => lstatSync(real));
  if (!stats.isDirectory()) {
    throw new KeyringError('ERR_KEYRING_IO', `the keyring path ${directory} is not a directory`, {
      hints: [`ls -ld ${shellWord(directory)}`],
    });
  }
  if (userId !== undefined && stats.uid !== userId) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the keyring directory ${directory} belongs to user ${stats.uid}, not to you (user ${userId})`,
      { hints: [`sudo chown ${userId} ${shellWord(directory)}`] },
    );
  }
  return real;
}

/** {@link findDirectory}, made first where it is missing (0700, its parents too). */
export function ensureDirectory(directory: string, userId: number | undefined): string {
  const found = findDirectory(directory, userId);
  if (found !== undefined) return found;
  translating('make the keyring directory', directory, () => makeDirectories(directory));
  const made = findDirectory(directory, userId);
  if (made === undefined) {
    throw new KeyringError('ERR_KEYRING_IO', `the keyring directory ${directory} vanished`);
  }
  return made;
}

/**
 * Makes a directory and those above it, readable by nobody else, where they are missing. Not by
 * Node's `recursive`, which calls a read-only file system ENOENT.
 */
export function makeDirectories(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makeDirectories(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Somebody else was first.
    if (systemErrorCode(error) !== 'EEXIST' || !statSync(directory).isDirectory()) throw error;
  }
}

/** The keys of the entries in a directory, sorted. Names that no key encodes to are not ours. */
export function listKeys(directory: string): string[] {
  const names = translating('list', directory, () =>
    readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }),
  );
  return names
    .filter((entry) => !entry.isDirectory() && isUtf8(entry.name))
    .map((entry) => decodeKey(entry.name.toString()))
    .filter((key) => key !== undefined)
    .sort();
}

/** The kind of network file system the directory is on, if it is on one. */
export function networkFileSystem(directory: string): string | undefined {
  try {
    return networkFileSystems[statfsSync(directory).type];
  } catch {
    return undefined;
  }
}

/**
 * Follows the path name by name, links too, as the system does, and checks the owner of all that it
 * passes. Returns the real path, or undefined where the way ends.
 */
function walk(path: string, userId: number | undefined): string | undefined {
  const { root } = parse(path);
  const names = namesOf(path);
  let at = root;
  for (let links = 0; ;) {
    const stats = look(at);
    if (stats === undefined) return undefined;
    if (userId !== undefined) checkOwner(at, stats, userId);
    if (stats.isSymbolicLink()) {
      if (++links > mostLinks) {
        throw new KeyringError('ERR_KEYRING_IO', `cannot look at ${path}: too many symbolic links`);
      }
      const target = translating('look at', at, () => readlinkSync(at));
      names.unshift(...namesOf(target));
      at = isAbsolute(target) ? root : dirname(at);
      continue;
    }
    const name = names.shift();
    if (name === undefined) return at;
    at = join(at, name);
  }
}

function namesOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((name) => name !== '' && name !== '.');
}

function look(path: string): Stats | undefined {
  return translating('look at', path, () => lstatSync(path, { throwIfNoEntry: false }));
}

function checkOwner(path: string, stats: Stats, userId: number): void {
  if (stats.uid !== userId && stats.uid !== 0) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `${path}, on the way to the keyring, belongs to user ${stats.uid}, who could replace the keyring`,
      {
        hints: [
          `ls -ld ${shellWord(path)}`,
          'export ATMOS_KEYRING_FILE_PATH=<a directory of your own>',
        ],
      },
    );
  }
  const open = (stats.mode & writableByOthers) !== 0 && (stats.mode & sticky) === 0;
  if (open && !stats.isSymbolicLink()) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `${path}, on the way to the keyring, can be written by other users, who could replace the keyring`,
      { hints: [`chmod go-w ${shellWord(path)}`] },
    );
  }
}
