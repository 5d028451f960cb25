import { AtmosError, KeyringError } from '../../core/errors.ts';
import { placeholder, run } from '../../core/hint.ts';
import type { FileLock } from '../../host/lock.ts';
import type { RekeyOptions, RekeyResult } from '../contract.ts';
import { digest } from '../digest.ts';
import { writeAtomically, type OnStep } from './atomic-write.ts';
import { createAccess } from './encrypted-directory.ts';
import { maxEntryBytes, readEntryFile } from './entry.ts';
import { ownEntriesOf } from './own-entries.ts';
import { formatCommit, type Replacement } from './rekey-journal.ts';
import { planRekey, type Place } from './rekey-plan.ts';
import { finishCommit, lockSettled } from './rekey-recover.ts';
import { checkStaged, resultOf, unreadableOf } from './rekey-outcome.ts';
import { stageEntries, type Staged, type Staging } from './rekey-stage.ts';
import { hasReaders } from './settings-readers.ts';
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

/** How often entries are re-encrypted that other tools wrote with the old password meanwhile. */
const maxRepeats = 3;

export interface FileRekeyOptions extends RekeyOptions {
  /** Of a keyring with readers: the texts of `.state/secret.age` before and after the change. */
  readonly wrappedSecret?: { readonly from: string; readonly to: string };
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
 * Changes the password of a file keyring. Without a new password, re-encrypts entries that are
 * weaker than those we write. Entries of other programs that the password opens also get the new
 * password, and keep their parameters; those that it does not open are reported and do not change. The
 * same holds for our own entries if the readers change: a directory that others write to may contain
 * anything, and no one opens such an entry with the secret anyway. Otherwise our own stop the change.
 *
 * The change is atomic: the old password opens everything until the commit, the new password opens
 * everything afterwards, even if the process is killed (docs/adr/0012-rekey.md). An interrupted
 * change that was committed is completed instead. A second run with both passwords re-encrypts
 * entries that other tools have written with the old password since.
 *
 * @throws ERR_KEYRING_PASSWORD_WRONG (the current one), _PASSWORD_REQUIRED, _PASSWORD_TOO_SHORT;
 *   ERR_USAGE if both passwords are equal; ERR_KEYRING_DAMAGED, _PERMISSIONS for our own entries
 *   that cannot be decrypted; ERR_KEYRING_BUSY; ERR_CANCELLED; ERR_KEYRING_IO. Nothing is changed
 *   then, unless the message says otherwise
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
  if (newPassword !== undefined && options.wrappedSecret === undefined)
    requirePassword(context, directory);
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
    wrappedSecret: options.wrappedSecret?.to,
    onProgress: (done, total) => options.onProgress?.(done, total),
    signal: options.signal,
  };
  try {
    if (isDryRun) {
      const staged = await stageEntries(staging);
      checkStaged(place, staging, staged);
      return resultOf(staged, hasWork(place, staging, staged));
    }
    const lock = await lockUnchanged(place, onStep, options.wrappedSecret?.from);
    try {
      return await reencrypt(place, staging);
    } finally {
      lock.release();
    }
  } finally {
    for (const derivation of plan.derivations) derivation.forget();
  }
}

/** @throws ERR_USAGE for a keyring with readers: its secret is changed with its readers */
function requirePassword({ settings, host }: FileContext, directory: string): void {
  const isPassword =
    !hasReaders(settings) && readEntryFile(statePaths(directory).secret, host.userId) === undefined;
  if (isPassword) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the keyring ${settings.directory.value} has readers instead of a password that can be changed`,
    {
      hints: [
        run(
          ['atmos', 'auth', 'keyring', 'recipients', 'remove', placeholder('recipient')],
          'changes its secret',
        ),
      ],
    },
  );
}

/** Takes the exclusive lock if the keyring did not change since the passwords were checked. */
async function lockUnchanged(
  place: Place,
  onStep: OnStep,
  wrappedSecret: string | undefined,
): Promise<FileLock> {
  const { context, directory, verifier } = place;
  const { host } = context;
  const paths = statePaths(directory);
  ensureState(paths, host.userId);
  const lock = await lockSettled(directory, 'exclusive', host, onStep);
  onStep('locked');
  const isSame =
    wrappedSecret === undefined || readEntryFile(paths.secret, host.userId) === wrappedSecret;
  if (isSame && readVerifier(paths, host.userId) === verifier) {
    removeLeftovers(paths);
    return lock;
  }
  lock.release();
  throw new KeyringError(
    'ERR_KEYRING_BUSY',
    wrappedSecret === undefined
      ? `the password of the keyring ${directory} was changed by another process at the same time`
      : `the readers of the keyring ${directory} were changed by another process at the same time`,
    {
      hints:
        wrappedSecret === undefined
          ? [run(['atmos', 'auth', 'keyring', 'rekey'], 'again, with the current password')]
          : [run(['atmos', 'auth', 'keyring', 'recipients', 'list'])],
    },
  );
}

/** The caller holds the exclusive lock. */
async function reencrypt(place: Place, staging: Staging): Promise<RekeyResult> {
  const paths = statePaths(place.directory);
  writeVersion(paths, staging.onStep);
  const staged = await stageAndCommit(place, staging, (found) =>
    checkStaged(place, staging, found),
  );
  if (!hasWork(place, staging, staged)) return resultOf(staged, false);
  try {
    finishCommit(staging);
    const { rewritten, left } = await takeAlong(place, staging, staged);
    return { ...resultOf(staged, true), rewritten: staged.replacements.length + rewritten, left };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new KeyringError(
      error.code,
      `the password of the keyring ${place.directory} was changed, but some work is left: ${error.message}`,
      {
        hints: [
          ...error.hintValues,
          staging.wrappedSecret === undefined
            ? run(['atmos', 'auth', 'keyring', 'rekey'], 'again, after fixing that')
            : run(['atmos', 'auth', 'keyring', 'list', '--long'], 'completes it after fixing that'),
        ],
        cause: error,
      },
    );
  }
}

function hasWork({ verifier }: Place, { target }: Staging, { replacements }: Staged): boolean {
  return replacements.length > 0 || target.verifier !== verifier;
}

/** Re-encrypts what other tools have written with the old password during the change. */
async function takeAlong(
  place: Place,
  staging: Staging,
  before: Staged,
): Promise<{ rewritten: number; left: string[] }> {
  const changed: Place = { ...place, verifier: staging.target.verifier };
  const further: Staging = { ...staging, onProgress: () => {}, signal: undefined };
  const known = unreadableOf(before);
  let rewritten = 0;
  let left: string[] = [];
  for (let repeats = 0; repeats < maxRepeats; repeats++) {
    const staged = await stageAndCommit(changed, further, () => {});
    const unreadable = unreadableOf(staged).filter((name) => !known.includes(name));
    left = [...unreadable, ...staged.unstable];
    if (!hasWork(changed, further, staged)) break;
    finishCommit(further);
    rewritten += staged.replacements.length;
  }
  return { rewritten, left };
}

/** Removes the staged files if the change is not committed. */
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

/** Commits the change: from now on this or a later process completes it. */
function commit(staging: Staging, entries: readonly Replacement[]): void {
  const { directory, target, wrappedSecret, onStep } = staging;
  const paths = statePaths(directory);
  const secret = wrappedSecret === undefined ? {} : { secret: digest(wrappedSecret) };
  const text = formatCommit({ verifier: digest(target.verifier), ...secret, entries });
  if (Buffer.byteLength(text) > maxEntryBytes) {
    throw new KeyringError(
      'ERR_KEYRING_TOO_LARGE',
      `the keyring ${directory} has too many entries (${entries.length}) to re-encrypt in one change`,
    );
  }
  writeAtomically({ path: paths.commit, text, temporaryDirectory: paths.temporary, onStep });
}
