import { fstatSync, lstatSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { randomId, replacePrivately, syncDirectory } from '../../host/files.ts';
import { translateSystemError } from './system-error.ts';

/** Called between the steps of a change, so that tests can stop there. */
export type OnStep = (step: string) => void;

export interface AtomicWrite {
  /** The file to write. */
  readonly path: string;
  readonly text: string;
  /** A private directory on the same file system. */
  readonly temporaryDirectory: string;
  /** Fails with EEXIST instead of replacing an existing file. */
  readonly exclusive?: boolean;
  readonly onStep: OnStep;
}

/**
 * Replaces a file so that at any moment, even after a crash, it contains either the old or the new
 * text completely. When the function returns, the new text is on the disk.
 *
 * @throws ERR_KEYRING_IO, ERR_KEYRING_PERMISSIONS
 */
export function writeAtomically(write: AtomicWrite): void {
  const { path, text, exclusive = false, onStep } = write;
  try {
    replacePrivately(path, text, {
      temporary: join(write.temporaryDirectory, randomId()),
      isNew: exclusive,
      onStep,
      onRenamed(descriptor) {
        syncDirectory(dirname(path));
        onStep('directory synced');
        readBack(descriptor, path, text);
        onStep('read back');
      },
    });
  } catch (error) {
    throw translateSystemError('write', path, error);
  }
}

// Skipped if another process has replaced or deleted the file since it was written.
function readBack(descriptor: number, path: string, text: string): void {
  if (!isSameFile(descriptor, path)) return;
  const expected = Buffer.from(text);
  const found = Buffer.alloc(expected.length + 1);
  const bytes = readSync(descriptor, found, 0, found.length, 0);
  if (bytes !== expected.length || !found.subarray(0, bytes).equals(expected)) {
    throw new KeyringError('ERR_KEYRING_IO', `${path} does not contain what was written to it`);
  }
}

function isSameFile(descriptor: number, path: string): boolean {
  const ours = fstatSync(descriptor);
  try {
    const there = lstatSync(path);
    return there.dev === ours.dev && there.ino === ours.ino;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
