import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ensurePrivateFile } from './files.ts';
import { writeAll } from './write-all.ts';

/** A file opened for appending. */
export interface OpenFile {
  /**
   * Appends with a single write, so that text from several processes is not interleaved. @throws
   * the system's error
   */
  append(text: string): void;
  close(): void;
}

/**
 * Opens a regular file for appending. Creates it, readable only by the current user, if it does not
 * exist. Follows no link and never blocks.
 *
 * @returns undefined if the path is not a regular file
 * @throws the system's error: ELOOP for a link, ENXIO for a pipe without a reader
 */
export function openToAppend(path: string): OpenFile | undefined {
  ensurePrivateFile(path);
  // O_NOFOLLOW and O_NONBLOCK are undefined on Windows, which counts as 0. A file there is never a
  // pipe.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  const close = () => closeSync(descriptor);
  if (fstatSync(descriptor).isFile())
    return { append: (text) => writeAll(descriptor, Buffer.from(text)), close };
  close();
  return undefined;
}
