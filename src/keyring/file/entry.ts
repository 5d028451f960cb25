import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { listCommand, showCommand } from '../../core/hint.ts';
import { whileInUse } from '../../host/files.ts';
import type { Standing } from '../../host/permission-judgement.ts';
import { guardianFor } from '../../host/permissions.ts';
import { irregularKind, irregularKindAt } from '../../host/regular-file.ts';
import { translateSystemError } from './system-error.ts';

/** Largest file we read: a value of 1 MiB, twice in base64, has room. */
export const maxEntryBytes = 4 * 1024 * 1024;
/** A file that is another one each time it is looked at is not one that only we write to. */
const mostLooks = 100;

/**
 * The text of an entry's file, or undefined when there is none. Only a regular file of our own that
 * nobody else may touch is read: no symlink, no pipe (opened without waiting), nothing oversized.
 *
 * @throws ERR_KEYRING_PERMISSIONS, ERR_KEYRING_DAMAGED (too large), ERR_KEYRING_IO
 */
export function readEntryFile(path: string, userId: number | undefined): string | undefined {
  for (let looks = 0; looks < mostLooks; looks++) {
    const descriptor = openEntry(path);
    if (descriptor === undefined) return undefined;
    try {
      if (checkEntry(path, fstatSync(descriptor), userId)) return readAll(path, descriptor);
    } catch (error) {
      throw translateSystemError('read', path, error);
    } finally {
      closeSync(descriptor);
    }
  }
  throw new KeyringError('ERR_KEYRING_BUSY', `the entry ${path} keeps being replaced`);
}

function openEntry(path: string): number | undefined {
  // Windows has neither flag.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return whileInUse(() => openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw notRegular(path, 'a symbolic link');
    // A socket cannot be opened at all.
    const kind = irregularKindAt(path);
    if (kind !== undefined) throw notRegular(path, kind);
    throw translateSystemError('read', path, error);
  }
}

/** False when something else is at the path by now, so that nothing can be said of what was opened. */
function checkEntry(path: string, stats: Stats, userId: number | undefined): boolean {
  const kind = irregularKind(stats);
  if (kind !== undefined) throw notRegular(path, kind);
  const guardian = guardianFor(userId);
  const standing = lookAt(path, () => guardian.standingOf(path, stats));
  if (standing === undefined) return false;
  if (!standing.isOurs) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to ${standing.owner}, not to you (${guardian.self()})`,
      { hints: [standing.ownCommand()] },
    );
  }
  if (standing.others.read || standing.others.write) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is open to other users (${standing.openness})`,
      { hints: [standing.closeCommand()] },
    );
  }
  return true;
}

/** Where links are followed when a file is opened, one that is there is found by a look at the path. */
function lookAt(path: string, look: () => Standing | undefined): Standing | undefined {
  try {
    const standing = look();
    if (standing === undefined && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      throw notRegular(path, 'a symbolic link');
    return standing;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function notRegular(path: string, kind: string): KeyringError {
  return new KeyringError('ERR_KEYRING_PERMISSIONS', `the entry ${path} is ${kind}`, {
    hints: [showCommand(path)],
  });
}

function readAll(path: string, descriptor: number): string {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const bytes = readSync(descriptor, chunk, 0, chunk.length, null);
    if (bytes === 0) return Buffer.concat(chunks).toString('latin1');
    total += bytes;
    if (total > maxEntryBytes) {
      throw new KeyringError(
        'ERR_KEYRING_DAMAGED',
        `the entry ${path} is larger than any entry can be`,
        {
          hints: [listCommand([path])],
        },
      );
    }
    chunks.push(chunk.subarray(0, bytes));
  }
}
