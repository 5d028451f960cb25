import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
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
  const descriptor = openRegular(path, constants.O_WRONLY);
  if (descriptor === undefined) return undefined;
  return {
    append: (text) => writeAll(descriptor, Buffer.from(text)),
    close: () => closeSync(descriptor),
  };
}

/** A file of lines that was opened for appending. */
export interface LinesFile {
  /** Taken when it was opened. */
  readonly stats: Stats;
  /**
   * Appends a line with a single write. If the last line was cut short, as on a full disk, it ends
   * that line first. @throws the system's error
   */
  appendLine(line: string): void;
  close(): void;
}

/** {@link openToAppend} for lines. The file is also opened for reading. */
export function openLines(path: string): LinesFile | undefined {
  const descriptor = openRegular(path, constants.O_RDWR);
  if (descriptor === undefined) return undefined;
  return {
    stats: fstatSync(descriptor),
    appendLine(line) {
      const start = endsLine(descriptor) ? '' : '\n';
      writeAll(descriptor, Buffer.from(`${start}${line}\n`));
    },
    close: () => closeSync(descriptor),
  };
}

function endsLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size === 0 || readSync(descriptor, last, 0, 1, size - 1) === 0 || last[0] === 0x0a;
}

/** Its descriptor; undefined if the path is not a regular file. */
function openRegular(path: string, access: number): number | undefined {
  ensurePrivateFile(path);
  // O_NOFOLLOW and O_NONBLOCK are undefined on Windows, which counts as 0. A file there is never a
  // pipe.
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = access | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return undefined;
}
