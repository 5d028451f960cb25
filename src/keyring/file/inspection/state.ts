import { existsSync, readdirSync } from 'node:fs';
import { systemErrorCode } from '../../../core/errors.ts';
import { removeAllCommand, removeCommand } from '../../../core/hint.ts';
import type { Host } from '../../../host/host.ts';
import { acquireLock } from '../../../host/lock.ts';
import { ok, warning, type Finding } from '../../inspection.ts';
import { parseJwe } from '../jwe.ts';
import { isCommitted, readVerifier, statePaths, type StatePaths } from '../state.ts';
import { translating } from '../system-error.ts';

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
      `${removeCommand(paths.verifier)}   # the next write makes it again`,
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
      committed ? 'atmos auth keyring list --long' : 'atmos auth keyring rekey   # begins anew',
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
      `${removeAllCommand(paths.temporary)}   # or leave them to the next write, which does it`,
    ),
  ];
}
