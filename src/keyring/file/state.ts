import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { run, showPermissions, showProcess } from '../../core/hint.ts';
import { makePrivateDirectories, whileInUse } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import { acquireLock, lockHolder, type FileLock, type LockMode } from '../../host/lock.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import { writeAtomically, type OnStep } from './atomic-write.ts';
import { formatItem, readEntryFile } from './entry.ts';
import { sealJwe, type KeyParameters } from './jwe.ts';
import { secretPath } from './settings-readers.ts';
import { translateSystemError, translating } from './system-error.ts';

/**
 * The directory `.state` beside the entries, which only we use. Every entry can be decrypted without
 * it.
 *
 * - `version`    the layout's version, `1`
 * - `verifier`   a JWE with the keyring's password and salt; it changes with the password, so it is
 *                also the keyring's generation
 * - `secret.age` only for a keyring with readers: its password, encrypted for them (shared-secret.ts)
 * - `lock`       `flock(2)`: shared to write an entry; exclusive to create, re-encrypt or clean up
 * - `temporary/` files that will be renamed to entries
 * - `next/`      a running re-encryption: `entries/` with the new entries, `replaced/` with links to
 *                the old ones, `verifier`, `secret.age` if it changes, and `commit`, which is written when everything else is on
 *                the disk. Without `commit`, `next/` is invalid; with it, the next process that uses
 *                the keyring completes the re-encryption
 */
const currentVersion = 1;
const lockTimeoutMs = 30_000;
/** No entry can have this name, so the verifier cannot be used as an entry. */
export const verifierKey = '.state/verifier';

export interface StatePaths {
  readonly root: string;
  readonly version: string;
  readonly verifier: string;
  readonly secret: string;
  readonly lock: string;
  readonly temporary: string;
  readonly next: string;
  readonly nextEntries: string;
  readonly nextReplaced: string;
  readonly nextVerifier: string;
  readonly nextSecret: string;
  readonly commit: string;
}

export function statePaths(directory: string): StatePaths {
  const root = join(directory, '.state');
  const next = join(root, 'next');
  return {
    root,
    version: join(root, 'version'),
    verifier: join(root, 'verifier'),
    secret: secretPath(directory),
    lock: join(root, 'lock'),
    temporary: join(root, 'temporary'),
    next,
    nextEntries: join(next, 'entries'),
    nextReplaced: join(next, 'replaced'),
    nextVerifier: join(next, 'verifier'),
    nextSecret: join(next, 'secret.age'),
    commit: join(next, 'commit'),
  };
}

/**
 * @throws ERR_KEYRING_VERSION for a keyring of a newer atmos-auth; ERR_KEYRING_PERMISSIONS as
 *   {@link requireOwnDirectories}
 */
export function checkState(paths: StatePaths, userId: number | undefined): void {
  requireOwnDirectories(paths, userId);
  const text = readEntryFile(paths.version, userId);
  if (text === undefined || text.trim() === String(currentVersion)) return;
  const version = /^\d{1,9}$/.exec(text.trim())?.[0];
  throw new KeyringError(
    'ERR_KEYRING_VERSION',
    version === undefined
      ? `${paths.version} does not contain the keyring's version`
      : `the keyring ${paths.root} has version ${version}; this atmos-auth supports version ${currentVersion}`,
    { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
  );
}

/** The verifier's text: the generation of the keyring. Undefined if it does not exist. */
export function readVerifier(paths: StatePaths, userId: number | undefined): string | undefined {
  return readEntryFile(paths.verifier, userId);
}

/**
 * Creates the missing directories; the lock needs them.
 *
 * @throws ERR_KEYRING_PERMISSIONS as {@link requireOwnDirectories}
 */
export function ensureState(paths: StatePaths, userId: number | undefined): void {
  requireOwnDirectories(paths, userId);
  for (const directory of [paths.root, paths.temporary])
    translating('make', directory, () => makePrivateDirectories(directory));
}

/**
 * Checks that `.state` and the directories in it, as far as they exist, are directories of the user and
 * no links. Files in them are renamed and removed, also to complete a re-encryption that a repository or
 * a shared directory brought: behind a link, these would be the user's files from somewhere else.
 *
 * @throws ERR_KEYRING_PERMISSIONS
 */
export function requireOwnDirectories(paths: StatePaths, userId: number | undefined): void {
  const { root, temporary, next, nextEntries, nextReplaced } = paths;
  for (const directory of [root, temporary, next, nextEntries, nextReplaced]) {
    const stats = translating('access', directory, () =>
      lstatSync(directory, { throwIfNoEntry: false }),
    );
    if (stats === undefined) continue;
    const permissions = translating('access', directory, () =>
      permissionCheckFor(userId).permissionsOf(directory, stats),
    );
    const isOurs = permissions?.isOurs && !permissions.others.write;
    if (!stats.isDirectory() || !isOurs) {
      throw new KeyringError(
        'ERR_KEYRING_PERMISSIONS',
        `${directory} is not a private directory of yours`,
        { hints: [showPermissions(directory)] },
      );
    }
  }
}

/** Writes version and verifier of a new keyring. The caller holds the exclusive lock. */
export function createState(
  paths: StatePaths,
  parameters: KeyParameters,
  wrappingKey: Buffer,
  onStep: OnStep,
): void {
  writeVersion(paths, onStep);
  writeAtomically({
    path: paths.verifier,
    text: sealVerifier(parameters, wrappingKey),
    temporaryDirectory: paths.temporary,
    exclusive: true,
    onStep,
  });
}

export function writeVersion(paths: StatePaths, onStep: OnStep): void {
  const text = `${currentVersion}\n`;
  writeAtomically({ path: paths.version, text, temporaryDirectory: paths.temporary, onStep });
}

export function sealVerifier(parameters: KeyParameters, wrappingKey: Buffer): string {
  return sealJwe(formatItem({ key: verifierKey, value: '' }), parameters, wrappingKey);
}

/** Whether a re-encryption is committed and not yet complete. */
export function isCommitted(paths: StatePaths): boolean {
  return existsSync(paths.commit);
}

/** Removes an uncommitted re-encryption. The caller holds the exclusive lock. */
export function discardNext(paths: StatePaths): void {
  translating('remove', paths.next, () =>
    whileInUse(() => rmSync(paths.next, { recursive: true, force: true })),
  );
}

/**
 * @throws ERR_KEYRING_BUSY with the process that holds the lock; ERR_KEYRING_UNAVAILABLE without
 *   locks
 */
export async function lockState(
  paths: StatePaths,
  mode: LockMode,
  host: Host,
  timeoutMs = lockTimeoutMs,
): Promise<FileLock> {
  const endWait = host.waiting('another process that has locked the keyring', timeoutMs);
  const lock = await tryLock(paths, mode, host, timeoutMs).finally(() => endWait?.());
  if (lock !== undefined) return lock;
  const holder = lockHolder(paths.lock);
  const named = holder === undefined ? 'another process' : `process ${holder}`;
  throw new KeyringError(
    'ERR_KEYRING_BUSY',
    `the keyring ${paths.root} has been locked by ${named} for ${timeoutMs / 1000} seconds`,
    { hints: holder === undefined ? [] : [showProcess(holder, paths.lock)] },
  );
}

/**
 * Removes leftovers of an interrupted write or of an uncommitted re-encryption, unless another
 * process is writing. Skips files that cannot be removed now, for example because a virus scanner
 * has them open: the next call removes them.
 */
export async function sweepTemporary(paths: StatePaths, host: Host): Promise<void> {
  if (leftovers(paths).length === 0 && !existsSync(paths.next)) return;
  const lock = await tryLock(paths, 'exclusive', host, 0);
  if (lock === undefined) return;
  try {
    removeLeftovers(paths);
    if (!isCommitted(paths)) removeIfPossible(paths.next);
  } finally {
    lock.release();
  }
}

/** Removes temporary files of interrupted writes. The caller holds the exclusive lock. */
export function removeLeftovers(paths: StatePaths): void {
  for (const name of leftovers(paths)) removeIfPossible(join(paths.temporary, name));
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

function leftovers(paths: StatePaths): string[] {
  return translating('list', paths.temporary, () => readdirSync(paths.temporary));
}

async function tryLock(
  paths: StatePaths,
  mode: LockMode,
  host: Host,
  timeoutMs: number,
): Promise<FileLock | undefined> {
  try {
    return await acquireLock(paths.lock, { mode, timeoutMs, host });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOLCK' || systemErrorCode(error) === 'MODULE_NOT_FOUND') {
      throw new KeyringError(
        'ERR_KEYRING_UNAVAILABLE',
        `${paths.lock} cannot be locked on this system`,
        {
          cause: error,
        },
      );
    }
    throw translateSystemError('lock', paths.lock, error);
  }
}
