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
import { translateSystemError, translating } from './system-error.ts';

/**
 * The directory `.state` beside the entries: what we keep about a keyring, and other tools do not
 * know. Without it every entry still opens.
 *
 * - `version`    the layout's version, `1`
 * - `verifier`   a JWE under the keyring's password and salt; it changes with the password, so it is
 *                also the keyring's generation
 * - `lock`       `flock(2)`: shared to write an entry, exclusive to create, re-encrypt or sweep
 * - `temporary/` files on their way to be an entry
 * - `next/`      a re-encryption at work: `entries/` that are to replace those in the keyring,
 *                `replaced/`, links to what they replace, `verifier`, and once all of it is on the
 *                disk, `commit`. Without that file `next/` is void; with it, it is done to the end
 *                by whoever comes next
 */
const currentVersion = 1;
const lockTimeoutMs = 30_000;
/** No entry can have this key, so the verifier cannot be passed off as one. */
export const verifierKey = '.state/verifier';

export interface StatePaths {
  readonly root: string;
  readonly version: string;
  readonly verifier: string;
  readonly lock: string;
  readonly temporary: string;
  readonly next: string;
  readonly nextEntries: string;
  readonly nextReplaced: string;
  readonly nextVerifier: string;
  readonly commit: string;
}

export function statePaths(directory: string): StatePaths {
  const root = join(directory, '.state');
  const next = join(root, 'next');
  return {
    root,
    version: join(root, 'version'),
    verifier: join(root, 'verifier'),
    lock: join(root, 'lock'),
    temporary: join(root, 'temporary'),
    next,
    nextEntries: join(next, 'entries'),
    nextReplaced: join(next, 'replaced'),
    nextVerifier: join(next, 'verifier'),
    commit: join(next, 'commit'),
  };
}

/** @throws ERR_KEYRING_VERSION for a keyring that a newer atmos-auth made */
export function checkVersion(paths: StatePaths, userId: number | undefined): void {
  const text = readEntryFile(paths.version, userId);
  if (text === undefined || text.trim() === String(currentVersion)) return;
  const version = /^\d{1,9}$/.exec(text.trim())?.[0];
  throw new KeyringError(
    'ERR_KEYRING_VERSION',
    version === undefined
      ? `${paths.version} does not say the keyring's version`
      : `the keyring ${paths.root} has version ${version}, and this atmos-auth knows version ${currentVersion}`,
    { hints: [run(['npm', 'install', '--global', 'atmos-auth@latest'])] },
  );
}

/** The verifier's text: the generation of the keyring. Undefined while there is none. */
export function readVerifier(paths: StatePaths, userId: number | undefined): string | undefined {
  return readEntryFile(paths.verifier, userId);
}

/** Makes the directories and thereby the place of the lock; harmless when they are there. */
export function ensureState(paths: StatePaths, userId: number | undefined): void {
  for (const directory of [paths.root, paths.temporary]) {
    translating('make', directory, () => makePrivateDirectories(directory));
    const stats = translating('look at', directory, () => lstatSync(directory));
    const permissions = translating('look at', directory, () =>
      permissionCheckFor(userId).permissionsOf(directory, stats),
    );
    const isOurs = permissions?.isOurs && !permissions.others.write;
    if (!stats.isDirectory() || !isOurs) {
      throw new KeyringError(
        'ERR_KEYRING_PERMISSIONS',
        `${directory} is not a directory that only you can write to`,
        { hints: [showPermissions(directory)] },
      );
    }
  }
}

/** Writes version and verifier of a new keyring. The exclusive lock is held. */
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

/** Whether a re-encryption was decided, and not yet done to the end. */
export function isCommitted(paths: StatePaths): boolean {
  return existsSync(paths.commit);
}

/** Removes a re-encryption that was not decided. The exclusive lock is held. */
export function discardNext(paths: StatePaths): void {
  translating('remove', paths.next, () =>
    whileInUse(() => rmSync(paths.next, { recursive: true, force: true })),
  );
}

/** @throws ERR_KEYRING_BUSY naming the holder, ERR_KEYRING_UNAVAILABLE without locks here */
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
 * Removes what a killed writer left, or an undecided re-encryption, unless somebody is at work. What
 * cannot be removed now, since a virus scanner looks at it, is left for the next time: nobody waits.
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

/** Removes the temporary files that killed writers have left. The exclusive lock is held. */
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
