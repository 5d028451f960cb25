import { systemErrorCode } from '../../core/errors.ts';
import type { LockFile } from '../files.ts';
import { api, lastError, windowsError, type Handle } from './api.ts';
import { identify, openPath } from './files.ts';
import { withPrivateSecurity } from './permissions.ts';

const genericReadAndWrite = 0xc0000000;
const openAlways = 4;
const failImmediately = 1;
const exclusive = 2;
const lockViolation = 33;
const ioPending = 997;

/**
 * Opens or creates the file for `LockFileEx`. A descriptor of Node is not used: only a function
 * that node.exe happens to export could convert it to a handle, and opening it would follow a link.
 *
 * @throws the system's error; ELOOP for a link
 */
export function openLockFile(path: string): LockFile {
  const { closeHandle, lockFile, unlockFile, writeFile, setEndOfFile } = api;
  const handle = withPrivateSecurity('', (security) =>
    openPath(path, { access: genericReadAndWrite, how: openAlways, security }),
  );
  const place = lockedPlace();
  refuseLink(handle, path);
  return {
    tryLock(mode) {
      const flags = failImmediately | (mode === 'exclusive' ? exclusive : 0);
      if (lockFile(handle, flags, 0, 1, 0, place) !== 0) return true;
      const error = lastError();
      if (error === lockViolation || error === ioPending) return false;
      throw windowsError('lock', path, error);
    },
    unlock: () => void unlockFile(handle, 0, 1, 0, place),
    write(text) {
      const bytes = Buffer.from(text);
      if (writeFile(handle, bytes, bytes.length, [0], null) !== 0) setEndOfFile(handle);
    },
    close: () => void closeHandle(handle),
  };
}

function refuseLink(handle: Handle, path: string): void {
  try {
    if (!identify(handle, path).isReparsePoint) return;
    throw Object.assign(new Error(`ELOOP: '${path}' is a link`), { code: 'ELOOP' });
  } catch (error) {
    if (systemErrorCode(error) !== undefined) api.closeHandle(handle);
    throw error;
  }
}

/**
 * `OVERLAPPED` for the byte at offset 2^62. Other processes cannot read a locked range on Windows,
 * and the start of the file contains the process id of the holder.
 */
function lockedPlace(): Buffer {
  const { pointerBytes } = api;
  const overlapped = Buffer.alloc(8 + 3 * pointerBytes);
  overlapped.writeUInt32LE(0x40000000, 2 * pointerBytes + 4);
  return overlapped;
}
