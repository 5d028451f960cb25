import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { shellWord } from '../../core/shell-word.ts';
import { translateSystemError } from './system-error.ts';

/** Largest file we read: a value of 1 MiB, twice in base64, has room. */
export const maxEntryBytes = 4 * 1024 * 1024;
const readableByOthers = 0o077;

/**
 * The text of an entry's file, or undefined when there is none. Only a regular file of our own that
 * nobody else may touch is read: no symlink, no pipe (opened without waiting), nothing oversized.
 *
 * @throws ERR_KEYRING_PERMISSIONS, ERR_KEYRING_DAMAGED (too large), ERR_KEYRING_IO
 */
export function readEntryFile(path: string, userId: number | undefined): string | undefined {
  const descriptor = openEntry(path);
  if (descriptor === undefined) return undefined;
  try {
    checkEntry(path, fstatSync(descriptor), userId);
    return readAll(path, descriptor);
  } catch (error) {
    throw translateSystemError('read', path, error);
  } finally {
    closeSync(descriptor);
  }
}

function openEntry(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw notRegular(path, 'a symbolic link');
    throw translateSystemError('read', path, error);
  }
}

function checkEntry(path: string, stats: Stats, userId: number | undefined): void {
  if (!stats.isFile()) throw notRegular(path, 'not a regular file');
  if (userId === undefined) return;
  if (stats.uid !== userId) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to user ${stats.uid}, not to you (user ${userId})`,
      { hints: [`sudo chown ${userId} ${shellWord(path)}`] },
    );
  }
  if ((stats.mode & readableByOthers) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is open to other users (mode ${mode})`,
      { hints: [`chmod 600 ${shellWord(path)}`] },
    );
  }
}

function notRegular(path: string, what: string): KeyringError {
  return new KeyringError('ERR_KEYRING_PERMISSIONS', `the entry ${path} is ${what}`, {
    hints: [`ls -l ${shellWord(path)}`],
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
          hints: [`ls -l ${shellWord(path)}`],
        },
      );
    }
    chunks.push(chunk.subarray(0, bytes));
  }
}
