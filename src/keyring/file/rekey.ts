import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { distinctHints, run, say } from '../../core/hint.ts';
import type { FileLock } from '../../host/lock.ts';
import type { RekeyOptions, RekeyResult } from '../contract.ts';
import { digest } from '../digest.ts';
import { writeAtomically, type OnStep } from './atomic-write.ts';
import { createAccess } from './encrypted-directory.ts';
import { maxEntryBytes } from './entry.ts';
import { ownEntriesOf } from './own-entries.ts';
import { formatCommit, type Replacement } from './rekey-journal.ts';
import { planRekey, type Place } from './rekey-plan.ts';
import { finishCommit, lockSettled } from './rekey-recover.ts';
import { stageEntries, type Staged, type Staging } from './rekey-stage.ts';
import type { FileContext } from './settings.ts';
import {
  discardNext,
  ensureState,
  isCommitted,
  readVerifier,
  removeLeftovers,
  statePaths,
  writeVersion,
} from './state.ts';

/** How often entries are taken along that a tool without a lock wrote under the old password. */
const maxRepeats = 3;
/** How many entries that do not open a message names. */
const maxShown = 5;

export interface FileRekeyOptions extends RekeyOptions {
  readonly onStep?: OnStep;
}

const nothing: RekeyResult = {
  outcome: 'none',
  entries: 0,
  rewritten: 0,
  weakOthers: 0,
  unreadable: [],
  left: [],
};

/**
 * Gives a file keyring a new password, or without one encrypts anew what is weaker than what we write
 * ourselves. Entries of other programs that open get the new password too, with their own parameters;
 * those that do not open are named and stay as they are. All or nothing: until the change is decided
 * the old password opens everything, from then on the new one does, whenever it is killed (docs/adr/0012-rekey.md). One that was killed after it
 * was decided is finished instead. Run again with both passwords it takes along what other tools have
 * written under the old one since.
 *
 * @throws ERR_KEYRING_PASSWORD_WRONG (of the current one), _PASSWORD_REQUIRED, _PASSWORD_TOO_SHORT;
 *   ERR_USAGE for the same password; ERR_KEYRING_DAMAGED, _PERMISSIONS for our own entries that do not
 *   open;
 *   ERR_KEYRING_BUSY; ERR_CANCELLED; ERR_KEYRING_IO. Unless the message says otherwise nothing was
 *   changed then
 */
export async function rekeyKeyring(
  context: FileContext,
  options: FileRekeyOptions = {},
): Promise<RekeyResult> {
  const { host } = context;
  const { onStep = () => {}, isDryRun = false, newPassword, includesOthers = false } = options;
  const access = createAccess(context);
  const directory = access.find();
  if (directory === undefined) return nothing;
  if (isCommitted(statePaths(directory))) {
    if (!isDryRun) (await lockSettled(directory, 'exclusive', host, onStep)).release();
    return { ...nothing, outcome: 'finished' };
  }
  const verifier = access.verifierOf(directory);
  const current = await access.judge(directory, verifier);
  if (current.kind === 'new') return nothing;
  const place: Place = { context, directory, verifier };
  const plan = await planRekey(place, current, options);
  if (plan === undefined) throw access.wrongPassword();
  const staging: Staging = {
    ...plan,
    directory,
    host,
    isOwn: ownEntriesOf(context),
    isDryRun,
    others: newPassword !== undefined ? 'same-strength' : includesOthers ? 'strong' : 'unchanged',
    onStep,
    onProgress: (done, total) => options.onProgress?.(done, total),
    signal: options.signal,
  };
  try {
    if (isDryRun) {
      const staged = await stageEntries(staging);
      checkStaged(place, staged);
      return resultOf(staged, hasWork(place, staging, staged));
    }
    const lock = await lockUnchanged(place, onStep);
    try {
      return await reencrypt(place, staging);
    } finally {
      lock.release();
    }
  } finally {
    for (const derivation of plan.derivations) derivation.forget();
  }
}

/** The exclusive lock, if the keyring is the one that the passwords were judged by. */
async function lockUnchanged(place: Place, onStep: OnStep): Promise<FileLock> {
  const { context, directory, verifier } = place;
  const { host } = context;
  const paths = statePaths(directory);
  ensureState(paths, host.userId);
  const lock = await lockSettled(directory, 'exclusive', host, onStep);
  onStep('locked');
  if (readVerifier(paths, host.userId) === verifier) {
    removeLeftovers(paths);
    return lock;
  }
  lock.release();
  throw new KeyringError(
    'ERR_KEYRING_BUSY',
    `the password of the keyring ${directory} was changed by another process meanwhile`,
    { hints: [run(['atmos', 'auth', 'keyring', 'rekey'], 'again, with the present password')] },
  );
}

/** The exclusive lock is held. */
async function reencrypt(place: Place, staging: Staging): Promise<RekeyResult> {
  const paths = statePaths(place.directory);
  writeVersion(paths, staging.onStep);
  const staged = await stageAndCommit(place, staging, (found) => checkStaged(place, found));
  if (!hasWork(place, staging, staged)) return resultOf(staged, false);
  try {
    finishCommit(staging);
    const { rewritten, left } = await takeAlong(place, staging, staged);
    return { ...resultOf(staged, true), rewritten: staged.replacements.length + rewritten, left };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new KeyringError(
      error.code,
      `the password of the keyring ${place.directory} is the new one from now on, but not all is done: ${error.message}`,
      {
        hints: [
          ...error.hintValues,
          run(['atmos', 'auth', 'keyring', 'rekey'], 'again, when that is fixed'),
        ],
        cause: error,
      },
    );
  }
}

function hasWork({ verifier }: Place, { target }: Staging, { replacements }: Staged): boolean {
  return replacements.length > 0 || target.verifier !== verifier;
}

/** What other tools have written under the old password while this was at work. */
async function takeAlong(
  place: Place,
  staging: Staging,
  { unreadableOthers }: Staged,
): Promise<{ rewritten: number; left: string[] }> {
  const changed: Place = { ...place, verifier: staging.target.verifier };
  const further: Staging = { ...staging, onProgress: () => {}, signal: undefined };
  let rewritten = 0;
  let left: string[] = [];
  for (let repeats = 0; repeats < maxRepeats; repeats++) {
    const staged = await stageAndCommit(changed, further, () => {});
    const unreadable = [...staged.unreadable.keys(), ...staged.unreadableOthers];
    left = [...unreadable.filter((name) => !unreadableOthers.includes(name)), ...staged.unstable];
    if (!hasWork(changed, further, staged)) break;
    finishCommit(further);
    rewritten += staged.replacements.length;
  }
  return { rewritten, left };
}

/** Nothing that was staged stays, unless it is decided on. */
async function stageAndCommit(
  place: Place,
  staging: Staging,
  check: (staged: Staged) => void,
): Promise<Staged> {
  const paths = statePaths(place.directory);
  try {
    const staged = await stageEntries(staging);
    check(staged);
    if (hasWork(place, staging, staged)) commit(staging, staged.replacements);
    return staged;
  } finally {
    if (!isCommitted(paths)) discardNext(paths);
  }
}

/** Decides on the change: from here on it is done to the end, by whomever. */
function commit({ directory, target, onStep }: Staging, entries: readonly Replacement[]): void {
  const paths = statePaths(directory);
  const text = formatCommit({ verifier: digest(target.verifier), entries });
  if (Buffer.byteLength(text) > maxEntryBytes) {
    throw new KeyringError(
      'ERR_KEYRING_TOO_LARGE',
      `the keyring ${directory} has too many entries (${entries.length}) to encrypt all of them anew at once`,
    );
  }
  writeAtomically({ path: paths.commit, text, temporaryDirectory: paths.temporary, onStep });
}

/** @throws ERR_KEYRING_DAMAGED, _PERMISSIONS, ERR_KEYRING_BUSY naming the entries */
function checkStaged({ directory }: Place, staged: Staged): void {
  const [first, ...others] = staged.unreadable.values();
  if (first !== undefined) {
    const shown = [first, ...others.slice(0, maxShown - 1)];
    const rest = others.length + 1 - shown.length;
    const more = rest === 0 ? '' : `; and ${rest} more`;
    throw new KeyringError(
      first.code,
      `nothing was changed, because not every entry opens: ${shown.map(({ message }) => message).join('; ')}${more}`,
      { hints: distinctHints(shown.flatMap(({ hintValues }) => hintValues)) },
    );
  }
  if (staged.unstable.length === 0) return;
  const paths = staged.unstable.map((name) => join(directory, name));
  throw new KeyringError(
    'ERR_KEYRING_BUSY',
    `nothing was changed, because another program keeps writing ${paths.join(', ')}`,
    { hints: [say('stop the program that writes there (Atmos, aws-vault), then run it again')] },
  );
}

function resultOf(staged: Staged, isWork: boolean): RekeyResult {
  const { entries, replacements, weakOthers, unreadableOthers } = staged;
  return {
    outcome: isWork ? 'changed' : 'none',
    entries: entries + unreadableOthers.length,
    rewritten: replacements.length,
    weakOthers,
    unreadable: unreadableOthers,
    left: [],
  };
}
