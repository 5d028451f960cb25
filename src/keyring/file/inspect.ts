import { existsSync, lstatSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { placeholder, run, setVariable, showFreeSpaceAndFiles } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import type { FileContext, FileSettings } from './settings.ts';
import type { Inspector } from '../contract.ts';
import { note, ok, problem, warning, type Finding } from '../inspection.ts';
import { findDirectory, listEntries, networkFileSystem } from './directory.ts';
import { maxEntryBytes, readEntryFile, type EntryFile } from './entry.ts';
import { examineFiles, examineState, isStateThere } from './inspect-entries.ts';
import { isStrong, parseJwe } from './jwe.ts';
import { ownEntriesOf, type IsOwn } from './own-entries.ts';
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
      weakEntries: weakOf(own, context.host).length,
      ...withoutAbsent({ networkFileSystem: networkFileSystem(directory) }),
    };
  },
  async examine(context) {
    const { host, settings } = context;
    const isOwn = ownEntriesOf(context);
    const directory = find(context);
    if (directory === undefined) return [examineSpace(settings.directory.value)];
    return [
      examineDirectory(directory, host),
      ...(await examineFiles(directory, host, isOwn)),
      examineStrength(directory, host, isOwn),
      ...(await examineState(directory, host)),
      examineNetwork(directory),
      examineSpace(directory),
    ];
  },
};

/** Undefined when there is none yet, or none that may be used: why, the probe says. */
function find({ settings, host }: FileContext): string | undefined {
  try {
    return findDirectory(settings.directory.value, host.userId);
  } catch (error) {
    if (error instanceof KeyringError) return undefined;
    throw error;
  }
}

/** Whether the names of the entries can be seen by others: written by them it is not used at all. */
function examineDirectory(directory: string, { userId }: Pick<Host, 'userId'>): Finding {
  const permissions = translating('look at', directory, () =>
    permissionCheckFor(userId).permissionsOf(directory, lstatSync(directory)),
  );
  if (permissions === undefined || !(permissions.others.read || permissions.others.write)) {
    return ok('directory', `${directory} is yours alone, and so is the way to it`);
  }
  return warning(
    'directory',
    `other users can look into ${directory} (${permissions.openness}): what identities and realms there are, they see`,
    permissions.closeCommand(),
  );
}

function examineNetwork(directory: string): Finding {
  const network = networkFileSystem(directory);
  if (network === undefined) return ok('network-file-system', 'it is on a disk of this machine');
  return warning(
    'network-file-system',
    `it is on a network file system (${network}): of writers on two machines at once, one may undo the other's change of the password`,
    setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory on a local disk')),
  );
}

/** For one session and what writing it takes. */
const leastBytes = 64 * 1024;

/** Room to write in, in the directory or, while there is none, where it would be. */
function examineSpace(directory: string): Finding {
  const place = nearestThere(directory);
  const room = roomOf(place);
  const remedies = showFreeSpaceAndFiles(place);
  if (room === undefined) return ok('free-space', `how much room ${place} has is not told here`);
  if (room.noFiles)
    return problem('free-space', `no more files can be made in ${place}`, ...remedies);
  const free = `${place} has ${formatBytes(room.bytes)} left`;
  if (room.bytes < leastBytes)
    return problem('free-space', `${free}, too little to store anything`, ...remedies);
  if (room.bytes < maxEntryBytes)
    return warning('free-space', `${free}, too little for a large entry`, ...remedies);
  return ok('free-space', free);
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

function roomOf(path: string): { bytes: number; noFiles: boolean } | undefined {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    // Some file systems count no files.
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

/** The entries that are cheaper to guess than ours, by their headers. */
function weakOf(entries: readonly EntryFile[], host: Who): EntryFile[] {
  return entries.filter(({ path }) => isWeak(path, host.userId));
}

/** A Go Atmos beside us writes weak entries at any time, so they are no fault of the keyring. */
function examineStrength(directory: string, host: Who, isOwn: IsOwn): Finding {
  const entries = listEntries(directory, host);
  const weak = weakOf(entries, host);
  if (weak.length === 0) return ok('weak-entries', 'no entry is weaker than those we write');
  const own = weak.filter(({ key }) => isOwn(key)).length;
  const others = weak.length - own;
  const ofOthers = others === 0 ? '' : ` (${others} of other programs)`;
  return note(
    'weak-entries',
    `weaker than those we write: ${weak.length} of ${entries.length} entries${ofOthers}; Atmos writes AES-128 and few rounds`,
    ...(own === 0 ? [] : [run(['atmos', 'auth', 'keyring', 'rekey', '--upgrade'])]),
  );
}

/** One that cannot be read is not weak: what is wrong with it, others say. */
function isWeak(path: string, userId: number | undefined): boolean {
  try {
    const text = readEntryFile(path, userId);
    const token = text === undefined ? undefined : parseJwe(text);
    return token !== undefined && 'parameters' in token && !isStrong(token.parameters);
  } catch (error) {
    if (error instanceof KeyringError) return false;
    throw error;
  }
}
