import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import { moveHome, say, type Hint } from '../../core/hint.ts';
import { listNames } from '../../core/json.ts';
import { replaceFile, syncDirectory, whileInUse } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import type { FileLock, LockMode } from '../../host/lock.ts';
import { digest } from '../digest.ts';
import type { OnStep } from './atomic-write.ts';
import { readEntryFile } from './entry.ts';
import { readCommit, type Commit, type Replacement } from './rekey-journal.ts';
import { discardNext, isCommitted, lockState, requireOwnDirectories, statePaths } from './state.ts';
import { translating } from './system-error.ts';

interface Place {
  readonly directory: string;
  readonly host: Host;
  readonly onStep: OnStep;
}

/**
 * {@link lockState}, but first completes a committed re-encryption that was interrupted, which
 * needs no password.
 *
 * @throws also ERR_KEYRING_DAMAGED and ERR_KEYRING_VERSION for its files
 */
export async function lockSettled(
  directory: string,
  mode: LockMode,
  host: Host,
  onStep: OnStep = () => {},
): Promise<FileLock> {
  const paths = statePaths(directory);
  for (;;) {
    const lock = await lockState(paths, mode, host);
    if (!isCommitted(paths)) return lock;
    if (mode === 'shared') {
      lock.release();
      (await lockSettled(directory, 'exclusive', host, onStep)).release();
      continue;
    }
    try {
      finishCommit({ directory, host, onStep });
      return lock;
    } catch (error) {
      lock.release();
      throw error;
    }
  }
}

/** Completes a committed re-encryption if one was interrupted. */
export async function settle(directory: string, host: Host, onStep?: OnStep): Promise<void> {
  if (isCommitted(statePaths(directory)))
    (await lockSettled(directory, 'exclusive', host, onStep)).release();
}

/**
 * Replaces the entries and the verifier with the new ones. May be interrupted between any two steps
 * and repeated. The caller holds the exclusive lock, but other tools use no lock: what they write
 * meanwhile is kept. If the new verifier is missing, the old one is removed: the entries then show
 * which password is right, and the verifier is created again.
 */
export function finishCommit(place: Place): void {
  const { directory, host, onStep } = place;
  const { userId } = host;
  const paths = statePaths(directory);
  requireOwnDirectories(paths, userId);
  const commit = readCommit(paths, userId);
  if (commit === undefined) return;
  requireSecret(place, commit);
  requireEntries(place, commit);
  for (const replacement of commit.entries) replaceEntry(place, replacement);
  sync(directory);
  onStep('entries synced');
  for (const replacement of commit.entries) restoreWritten(place, replacement);
  sync(directory);
  replaceSecret(place, commit);
  replaceVerifier(place, commit);
  sync(paths.root);
  onStep('verifier synced');
  translating('remove', paths.commit, () => whileInUse(() => rmSync(paths.commit)));
  sync(paths.next);
  onStep('commit removed');
  discardNext(paths);
  onStep('next removed');
  host.log('keyring.reencrypted', { entries: commit.entries.length });
}

/** Keeps an entry that was written or deleted after it was staged, or that is already replaced. */
function replaceEntry({ directory, host, onStep }: Place, { name, from, to }: Replacement): void {
  const staged = join(statePaths(directory).nextEntries, name);
  const path = join(directory, name);
  if (hashOf(staged, host) !== to || hashOf(path, host) !== from) return;
  translating('replace', path, () => replaceFile(staged, path));
  onStep('entry replaced');
}

/**
 * A writer without a lock may have had the old file open while it was replaced: keeps its value.
 */
function restoreWritten({ directory, host, onStep }: Place, { name, from, to }: Replacement): void {
  const replaced = join(statePaths(directory).nextReplaced, name);
  const path = join(directory, name);
  const hash = hashOf(replaced, host);
  if (hash === undefined || hash === from || hashOf(path, host) !== to) return;
  translating('replace', path, () => replaceFile(replaced, path));
  onStep('entry restored');
}

/**
 * Without the new wrapped secret no reader could open the new entries: then no entry is replaced.
 *
 * @throws ERR_KEYRING_DAMAGED
 */
function requireSecret({ directory, host }: Place, { secret }: Commit): void {
  const paths = statePaths(directory);
  if (secret === undefined) return;
  if ([paths.nextSecret, paths.secret].some((path) => hashOf(path, host) === secret)) return;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `a change of the readers was interrupted, and the new wrapped secret ${paths.nextSecret} is missing`,
    { hints: missingHints(paths.next) },
  );
}

/**
 * A synchronizer may have brought the commit before the new entries. No reader could open an entry that
 * then kept the old secret, which the change replaces: so no entry is replaced before all are here.
 *
 * @throws ERR_KEYRING_DAMAGED
 */
function requireEntries({ directory, host }: Place, { secret, entries }: Commit): void {
  if (secret === undefined) return;
  const { next, nextEntries } = statePaths(directory);
  const missing = entries
    .filter(({ name, from }) => hashOf(join(directory, name), host) === from)
    .map(({ name, to }) => ({ path: join(nextEntries, name), to }))
    .filter(({ path, to }) => hashOf(path, host) !== to)
    .map(({ path }) => path);
  if (missing.length === 0) return;
  throw new KeyringError(
    'ERR_KEYRING_DAMAGED',
    `a change of the readers was interrupted, and new entries are missing: ${listNames(missing)}`,
    { hints: missingHints(next) },
  );
}

function missingHints(next: string): Hint[] {
  return [
    say('wait until the directory is synchronized, or restore the file from another machine'),
    moveHome(next, 'to cancel the change, if no entry was replaced yet'),
  ];
}

function replaceSecret({ directory, host, onStep }: Place, { secret }: Commit): void {
  const paths = statePaths(directory);
  if (secret === undefined || hashOf(paths.nextSecret, host) !== secret) return;
  translating('replace', paths.secret, () => replaceFile(paths.nextSecret, paths.secret));
  onStep('secret replaced');
}

function replaceVerifier({ directory, host, onStep }: Place, { verifier }: Commit): void {
  const paths = statePaths(directory);
  if (hashOf(paths.nextVerifier, host) === verifier) {
    translating('replace', paths.verifier, () => replaceFile(paths.nextVerifier, paths.verifier));
    onStep('verifier replaced');
  } else if (hashOf(paths.verifier, host) !== verifier) {
    translating('remove', paths.verifier, () =>
      whileInUse(() => rmSync(paths.verifier, { force: true })),
    );
    onStep('verifier removed');
  }
}

function hashOf(path: string, { userId }: Host): string | undefined {
  const text = readEntryFile(path, userId);
  return text === undefined ? undefined : digest(text);
}

function sync(directory: string): void {
  translating('write', directory, () => syncDirectory(directory));
}
