import { existsSync, lstatSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { placeholder, run, setVariable, showFreeSpaceAndFiles } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import type { FileContext, FileSettings } from './settings.ts';
import type { Inspector } from '../contract.ts';
import { examineSecretFile } from '../examine-secret-file.ts';
import { note, ok, problem, warning, type Finding } from '../inspection.ts';
import { findDirectory, listEntries, networkFileSystem } from './directory.ts';
import { maxEntryBytes, readEntryFile, type EntryFile } from './entry.ts';
import { examineFiles, examineState, isStateThere } from './inspect-entries.ts';
import { isStrong, isStrongForSecret, parseJwe, type KeyParameters } from './jwe.ts';
import { ownEntriesOf, type IsOwn } from './own-entries.ts';
import { requireOwnDirectories, statePaths } from './state.ts';
import { translating } from './system-error.ts';

export const fileInspector: Inspector<FileSettings> = {
  describe(context) {
    const directory = find(context);
    if (directory === undefined) return { isMade: false };
    const entries = listEntries(directory, context.host);
    const isOwn = ownEntriesOf(context);
    const own = entries.filter(({ key }) => isOwn(key));
    return {
      isMade: isStateThere(directory) || own.length > 0,
      entries: entries.length,
      weakEntries: weakOf(directory, own, context.host).length,
      ...withoutAbsent({ networkFileSystem: networkFileSystem(directory) }),
    };
  },
  async examine(context) {
    const { host, settings } = context;
    const secretFiles = [
      ...examineSecretFile('password', settings.passwordFile, host),
      ...examineSecretFile('identity', settings.identityFile, host),
    ];
    const isOwn = ownEntriesOf(context);
    const directory = find(context);
    if (directory === undefined) return [...secretFiles, examineSpace(settings.directory.value)];
    return [
      examineDirectory(directory, host),
      ...secretFiles,
      ...(await examineFiles(directory, host, isOwn)),
      examineStrength(directory, host, isOwn),
      ...(await examineState(directory, host)),
      examineNetwork(directory),
      examineSpace(directory),
    ];
  },
};

/** Undefined if the directory does not exist or must not be used; the probe reports the reason. */
function find({ settings, host }: FileContext): string | undefined {
  try {
    const directory = findDirectory(settings.directory.value, host.userId);
    if (directory !== undefined) requireOwnDirectories(statePaths(directory), host.userId);
    return directory;
  } catch (error) {
    if (error instanceof KeyringError) return undefined;
    throw error;
  }
}

/** Whether other users can list the entry names. A directory that they can write is never used. */
function examineDirectory(directory: string, { userId }: Pick<Host, 'userId'>): Finding {
  const permissions = translating('access', directory, () =>
    permissionCheckFor(userId).permissionsOf(directory, lstatSync(directory)),
  );
  if (permissions === undefined || !(permissions.others.read || permissions.others.write)) {
    return ok('directory', `only you can access ${directory} (parent directories checked)`);
  }
  return warning(
    'directory',
    `other users can list ${directory} (${permissions.openness}) and see the names of identities and realms`,
    permissions.closeCommand(),
  );
}

function examineNetwork(directory: string): Finding {
  const network = networkFileSystem(directory);
  if (network === undefined) return ok('network-file-system', 'the keyring is on a local disk');
  return warning(
    'network-file-system',
    `the keyring is on a network file system (${network}): a write on another machine may undo a password change`,
    setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory on a local disk')),
  );
}

/** Enough for one session and the temporary files of its write. */
const leastBytes = 64 * 1024;

/** Free space in the directory or, if it does not exist, in its nearest existing parent. */
function examineSpace(directory: string): Finding {
  const place = nearestThere(directory);
  const room = roomOf(place);
  const remedies = showFreeSpaceAndFiles(place);
  if (room === undefined)
    return ok('free-space', `the system does not report the free space in ${place}`);
  if (room.noFiles)
    return problem('free-space', `no more files can be created in ${place}`, ...remedies);
  const free = `${place} has ${formatBytes(room.bytes)} left`;
  if (room.bytes < leastBytes)
    return problem('free-space', `${free}, not enough to store an entry`, ...remedies);
  if (room.bytes < maxEntryBytes)
    return warning('free-space', `${free}, not enough for a large entry`, ...remedies);
  return ok('free-space', free);
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

function roomOf(path: string): { bytes: number; noFiles: boolean } | undefined {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    // Some file systems do not count files.
    return { bytes: bavail * bsize, noFiles: files > 0 && ffree === 0 };
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Math.floor(bytes / 1024 ** power)} ${units[power]}`;
}

type Who = Pick<Host, 'platform' | 'userId'>;

/**
 * Entries with cheaper key derivation than our own entries, according to their headers. The secret of
 * a keyring with readers needs few rounds.
 */
function weakOf(directory: string, entries: readonly EntryFile[], { userId }: Who): EntryFile[] {
  const isEnough = existsSync(statePaths(directory).secret) ? isStrongForSecret : isStrong;
  return entries.filter(({ path }) => isWeak(path, userId, isEnough));
}

/** A note, not a fault: Atmos in Go writes weak entries to the same keyring at any time. */
function examineStrength(directory: string, host: Who, isOwn: IsOwn): Finding {
  const entries = listEntries(directory, host);
  const weak = weakOf(directory, entries, host);
  if (weak.length === 0)
    return ok('weak-entries', 'no entry has weaker encryption than atmos-auth writes');
  const own = weak.filter(({ key }) => isOwn(key)).length;
  const others = weak.length - own;
  const ofOthers = others === 0 ? '' : ` (${others} of other programs)`;
  return note(
    'weak-entries',
    `${weak.length} of ${entries.length} entries${ofOthers} have weaker encryption than atmos-auth writes; Atmos uses AES-128 and few rounds`,
    ...(own === 0 ? [] : [run(['atmos', 'auth', 'keyring', 'rekey', '--upgrade'])]),
  );
}

/** An unreadable entry is not weak; another finding reports it. */
function isWeak(
  path: string,
  userId: number | undefined,
  isEnough: (parameters: KeyParameters) => boolean,
): boolean {
  try {
    const text = readEntryFile(path, userId);
    const token = text === undefined ? undefined : parseJwe(text);
    return token !== undefined && 'parameters' in token && !isEnough(token.parameters);
  } catch (error) {
    if (error instanceof KeyringError) return false;
    throw error;
  }
}
