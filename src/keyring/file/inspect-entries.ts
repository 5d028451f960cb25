import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';
import { listFiles, removeDirectory, removeFile, run } from '../../core/hint.ts';
import { listNames } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import { acquireLock } from '../../host/lock.ts';
import { note, ok, problem, warning, type Finding } from '../inspection.ts';
import { listEntries } from './directory.ts';
import { entryName, type EntryFile } from './entry.ts';
import { parseJwe } from './jwe.ts';
import type { IsOwn } from './own-entries.ts';
import { isCommitted, readVerifier, statePaths, type StatePaths } from './state.ts';
import { surveyEntries } from './survey.ts';
import { translating } from './system-error.ts';

/**
 * Reports for each file whether it is an entry that could be decrypted, an invalid entry, or no
 * entry. Entries of other programs are only listed: no hint changes them.
 */
export async function examineFiles(
  directory: string,
  host: Host,
  isOwn: IsOwn,
): Promise<Finding[]> {
  const files = listEntries(directory, host);
  const keys = files.flatMap(({ key }) => key ?? []);
  const own = keys.filter(isOwn);
  // Checks owner, mode, type, size and format, which need no password.
  const survey = await surveyEntries({ directory, host }, own);
  const faults: Finding[] = own.flatMap((key) => {
    const fault = survey.faults.get(key);
    return fault === undefined
      ? []
      : { ...problem('files', fault.message, ...fault.hintValues), key };
  });
  const entries =
    faults.length > 0
      ? faults
      : [ok('files', `${own.length} entries: each is readable only by you and has a valid format`)];
  return [
    ...entries,
    ...countOthers(keys.length - own.length),
    ...examineForeign(directory, files),
    ...examineCopies(directory),
    ...examineConflicts(directory, keys, host, isOwn),
  ];
}

function countOthers(count: number): Finding[] {
  if (count === 0) return [];
  return [note('other-entries', `entries of other programs in the same directory: ${count}`)];
}

function examineForeign(directory: string, files: readonly EntryFile[]): Finding[] {
  const found = new Set(files.filter(({ key }) => key !== undefined).map(({ name }) => name));
  const names = translating('list', directory, () => readdirSync(directory)).filter(
    (name) => name !== '.state' && !found.has(name),
  );
  if (names.length === 0) return [];
  return [
    note(
      'foreign-files',
      `${directory} contains files that no program reads as entries: ${listNames(names)}`,
    ),
  ];
}

/** In the names that Syncthing, and Dropbox or Nextcloud, give to a copy. */
const copyForm = /\.sync-conflict-\d{8}-\d{6}|\([^)]*conflicted copy[^)]*\)/i;
/**
 * Any name in `.state` that is made of one of our own names: OneDrive adds the machine, Google Drive a
 * number.
 */
const stateCopyForm = /^(version|verifier|secret|lock)(?!$).*/;

/**
 * Copies of files that two machines have changed at the same time. An entry with the machine or a number
 * in its name may be another one: such a copy is found by its content, which does not match its name.
 */
function examineCopies(directory: string): Finding[] {
  const { root, secret } = statePaths(directory);
  const namesIn = (folder: string) => translating('list', folder, () => readdirSync(folder));
  const entries = namesIn(directory).filter((name) => copyForm.test(name));
  const inState = existsSync(root) ? namesIn(root).filter((name) => stateCopyForm.test(name)) : [];
  const paths = [
    ...entries.map((name) => join(directory, name)),
    ...inState.map((name) => join(root, name)).filter((path) => path !== secret),
  ];
  if (paths.length === 0) return [];
  return [
    warning(
      'conflict-copies',
      `a synchronizer has kept both versions of files that two machines changed: ${listNames(paths)}`,
      listFiles(paths, 'to compare the copies, before you delete them'),
    ),
  ];
}

/**
 * Entry names that are equal on a case-insensitive file system, to which the keyring may be copied.
 */
function examineConflicts(
  directory: string,
  keys: readonly string[],
  host: Host,
  isOwn: IsOwn,
): Finding[] {
  const alike = new Map<string, string[]>();
  for (const key of keys) {
    const folded = key.normalize('NFC').toLowerCase();
    alike.set(folded, [...(alike.get(folded) ?? []), key]);
  }
  return [...alike.values()]
    .filter((group) => group.length > 1)
    .map((group) =>
      warning(
        'conflicting-files',
        `${listNames(group)} differ only in case, and one of them would be lost on a file system that ignores case`,
        listFiles(
          group.map((key) => join(directory, entryName(key, host))),
          group.every(isOwn) ? 'to choose which one to move to another directory' : undefined,
        ),
      ),
    );
}

export function isStateThere(directory: string): boolean {
  return existsSync(statePaths(directory).root);
}

/** Checks the files that we keep beside the entries, and leftovers of interrupted writes. */
export async function examineState(directory: string, host: Host): Promise<Finding[]> {
  const paths = statePaths(directory);
  if (!isStateThere(directory)) {
    return [ok('state-directory', 'no directory .state: the next write of atmos-auth creates it')];
  }
  const faults = [
    ...examineVerifier(paths, host),
    ...((await isAtWork(paths, host)) ? [] : [...examineNext(paths), ...examineTemporary(paths)]),
  ];
  return faults.length > 0
    ? faults
    : [ok('state-directory', 'no leftover files, no unfinished rekey')];
}

function examineVerifier(paths: StatePaths, { userId }: Host): Finding[] {
  const text = readVerifier(paths, userId);
  const token = text === undefined ? undefined : parseJwe(text);
  if (token === undefined || !('fault' in token)) return [];
  return [
    warning(
      'state-directory',
      `${paths.verifier} is damaged: ${token.fault}; until then the entries are used to check the password`,
      removeFile(paths.verifier, 'the next write creates it again'),
    ),
  ];
}

/** Whether another process is writing: the temporary files then belong to it. */
async function isAtWork(paths: StatePaths, host: Host): Promise<boolean> {
  if (!existsSync(paths.lock)) return false;
  try {
    const lock = await acquireLock(paths.lock, { mode: 'exclusive', timeoutMs: 0, host });
    lock?.release();
    return lock === undefined;
  } catch (error) {
    // If the file cannot be locked, no process holds the lock; the next write reports the error.
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

function examineNext(paths: StatePaths): Finding[] {
  if (!existsSync(paths.next)) return [];
  const committed = isCommitted(paths);
  return [
    warning(
      'rekey',
      committed
        ? 'a password change was interrupted after it was committed: the new password is valid, and the next command that opens an entry completes the change'
        : 'a password change was interrupted before it was committed: the old password is valid, and the next write removes leftover files',
      run(['atmos', 'auth', 'keyring', ...(committed ? ['list', '--long'] : ['rekey'])]),
    ),
  ];
}

function examineTemporary(paths: StatePaths): Finding[] {
  if (!existsSync(paths.temporary)) return [];
  const names = translating('list', paths.temporary, () => readdirSync(paths.temporary));
  if (names.length === 0) return [];
  return [
    warning(
      'leftovers',
      `an interrupted write left temporary files (${names.length}) in ${paths.temporary}`,
      removeDirectory(paths.temporary, 'the next write removes them; to remove them now'),
    ),
  ];
}
