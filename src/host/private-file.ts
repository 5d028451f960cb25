import { constants, openSync } from 'node:fs';
import { makePrivateFile } from './windows/private.ts';

/**
 * Makes a file for us alone, and opens it for reading and writing.
 *
 * @returns its descriptor
 * @throws EEXIST where there is one
 */
export function createPrivateFile(path: string): number {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  if (process.platform !== 'win32') return openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
  makePrivateFile(path);
  return openSync(path, O_RDWR);
}
