import { constants, openSync } from 'node:fs';
import { systemErrorCode } from '../core/errors.ts';
import { whileInUse } from './files.ts';
import { windows } from './windows/load.ts';

/**
 * Makes a file for us alone, and opens it for reading and writing.
 *
 * @returns its descriptor
 * @throws EEXIST where there is one
 */
export function createPrivateFile(path: string): number {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  const onWindows = windows();
  if (onWindows === undefined) return openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
  onWindows.makePrivateFile(path);
  // A virus scanner looks at what is new.
  return whileInUse(() => openSync(path, O_RDWR));
}

/**
 * Makes a file for us alone where there is none: before one is opened that may be there, since on
 * Windows nothing that is said then keeps others out.
 */
export function ensurePrivateFile(path: string): void {
  try {
    windows()?.makePrivateFile(path);
  } catch (error) {
    // Of what keeps it from being made, its opening tells too.
    if (systemErrorCode(error) === undefined) throw error;
  }
}
