import { appendFileSync, closeSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import type { Sourced } from '../core/json.ts';
import { replaceFile as moveOver } from '../host/files.ts';
import { createPrivateFile, ensurePrivateFile } from '../host/private-file.ts';
import { randomId } from '../host/random-id.ts';
import { irregularKind, irregularKindAt } from '../host/regular-file.ts';

/**
 * Replaces a file whole, or makes it, readable by nobody else, whatever it was before. A link stays
 * one.
 *
 * @throws ERR_USAGE for what is no file (`/dev/stdout`), ERR_IO
 */
export function replaceFile(file: Sourced<string>, text: string): void {
  const target = targetOf(file);
  const temporary = `${target}.${randomId()}`;
  writing(file, () => {
    try {
      const descriptor = createPrivateFile(temporary);
      try {
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
      moveOver(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/**
 * Adds to a file, or creates it, readable only by us.
 *
 * @throws ERR_USAGE for a directory, a socket, or a named pipe, which may have no reader; ERR_IO
 */
export function appendToFile(file: Sourced<string>, text: string): void {
  const kind = irregularKindAt(file.value);
  if (kind !== undefined && kind !== 'a device') throw irregular(file, kind);
  writing(file, () => {
    ensurePrivateFile(file.value);
    appendFileSync(file.value, text, { mode: 0o600 });
  });
}

/** The file itself at the end of its links; what is not there yet is its own. */
function targetOf(file: Sourced<string>): string {
  const stats = writing(file, () => statSync(file.value, { throwIfNoEntry: false }));
  if (stats === undefined) return file.value;
  // Renaming would put a file in the place of a device, or of a pipe that somebody reads.
  const kind = irregularKind(stats);
  if (kind !== undefined) throw irregular(file, kind);
  return writing(file, () => realpathSync(file.value));
}

function irregular({ value, source }: Sourced<string>, kind: string): AtmosError {
  return new AtmosError('ERR_USAGE', `${value} (from ${source}) is ${kind}, not a regular file`);
}

function writing<T>({ value, source }: Sourced<string>, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw new AtmosError('ERR_IO', `cannot write ${value} (from ${source}): ${reason}`);
  }
}
