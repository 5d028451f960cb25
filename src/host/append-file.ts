import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ensurePrivateFile } from './files.ts';
import { writeAll } from './write-all.ts';

/** A file that text is added to. */
export interface OpenFile {
  /** By one write at the end, so that what many processes add stays whole. @throws the system's error */
  append(text: string): void;
  close(): void;
}

/**
 * Opens a regular file to add to it, or makes it, for us alone. Follows no link, and waits for nothing.
 *
 * @returns undefined for what is no regular file
 * @throws the system's error: ELOOP for a link, ENXIO for a pipe without a reader
 */
export function openToAppend(path: string): OpenFile | undefined {
  ensurePrivateFile(path);
  // On Windows the last two are undefined, which counts as 0: it has no pipes among its files.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  const close = () => closeSync(descriptor);
  if (fstatSync(descriptor).isFile())
    return { append: (text) => writeAll(descriptor, Buffer.from(text)), close };
  close();
  return undefined;
}
