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
 * What each file is: an entry that could be opened, one that could not, or nothing of ours. What other
 * programs keep there is only named: no hint changes it.
 */
export async function examineFiles(
  directory: string,
  host: Host,
  isOwn: IsOwn,
): Promise<Finding[]> {
  const files = listEntries(directory, host);
  const keys = files.flatMap(({ key }) => key ?? []);
  const own = keys.filter(isOwn);
  // Owner, mode, kind, size and form: all that is seen without the password.
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
      : [ok('files', `${own.length} entries, all yours alone and of a form that can be read`)];
  return [
    ...entries,
    ...countOthers(keys.length - own.length),
    ...examineForeign(directory, files),
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

/** Names that a file system of another machine, where the keyring is copied to, takes for one. */
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
        `${listNames(group)} are one name where case does not count, and one of them would be lost there`,
        listFiles(
          group.map((key) => join(directory, entryName(key, host))),
          group.every(isOwn) ? 'to choose the one to move to another directory' : undefined,
        ),
      ),
    );
}

export function isStateThere(directory: string): boolean {
  return existsSync(statePaths(directory).root);
}

/** What we keep beside the entries, and what a writer that was killed has left there. */
export async function examineState(directory: string, host: Host): Promise<Finding[]> {
  const paths = statePaths(directory);
  if (!isStateThere(directory)) {
    return [
      ok(
        'state',
        'no .state, as in a keyring that only Atmos has written: the next write makes it',
      ),
    ];
  }
  const faults = [
    ...examineVerifier(paths, host),
    ...((await isAtWork(paths, host)) ? [] : [...examineNext(paths), ...examineTemporary(paths)]),
  ];
  return faults.length > 0 ? faults : [ok('state', 'nothing is left over, nothing half done')];
}

function examineVerifier(paths: StatePaths, { userId }: Host): Finding[] {
  const text = readVerifier(paths, userId);
  const token = text === undefined ? undefined : parseJwe(text);
  if (token === undefined || !('fault' in token)) return [];
  return [
    warning(
      'state',
      `${paths.verifier} is damaged: ${token.fault}; a wrong password is then told by the entries`,
      removeFile(paths.verifier, 'the next write creates it again'),
    ),
  ];
}

/** Whether somebody writes: then what lies there is theirs. */
async function isAtWork(paths: StatePaths, host: Host): Promise<boolean> {
  if (!existsSync(paths.lock)) return false;
  try {
    const lock = await acquireLock(paths.lock, { mode: 'exclusive', timeoutMs: 0, host });
    lock?.release();
    return lock === undefined;
  } catch (error) {
    // What cannot be locked, nobody has locked; a write says why.
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
        ? 'a change of the password was stopped after it was decided: the new password holds, and the next command that opens an entry does the rest'
        : 'a change of the password was stopped before it was decided: the old password holds, and the next write clears up',
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
      `a writer that was killed has left temporary files (${names.length}) in ${paths.temporary}`,
      removeDirectory(paths.temporary, 'the next write removes them; to remove them now'),
    ),
  ];
}
