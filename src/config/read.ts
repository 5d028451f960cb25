import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { showPermissions } from '../core/hint.ts';
import { reasonOf } from '../host/denial.ts';
import { listDirectory, readFile, statOf, type Dirent, type Stats } from '../host/read-files.ts';

/** Far above any real atmos.yaml. */
const maxBytes = 1024 * 1024;

export interface ReadText {
  readonly text: string;
  /** Of the very file that was read. */
  readonly stats: Stats;
}

/**
 * The text of a file, or undefined if it does not exist. Never waits: anything but a regular file
 * (a FIFO, a device) is refused.
 *
 * @param from who named the file, for the message: `--config`
 * @throws ERR_CONFIG_UNREADABLE, or ERR_CONFIG_SYNTAX when it is not UTF-8
 */
export function readText(path: string, from?: string): ReadText | undefined {
  const named = from === undefined ? path : `${path} (from ${from})`;
  try {
    const { stats, bytes } = readFile(path, { maxBytes });
    if (!stats.isFile()) throw notAFile(named, stats);
    if (bytes === undefined) throw tooLarge(named);
    return { text: decode(bytes, named), stats };
  } catch (error) {
    if (isAtmosError(error)) throw error;
    return undefinedIfMissing(error, path, named);
  }
}

/**
 * Whether the path is a regular file, or a link to one.
 *
 * @throws ERR_CONFIG_UNREADABLE if the path cannot be checked
 */
export function isFile(path: string): boolean {
  return stat(path)?.isFile() ?? false;
}

/** As {@link isFile}, for a directory. */
export function isDirectory(path: string): boolean {
  return stat(path)?.isDirectory() ?? false;
}

/** The entries of a directory, sorted by name. Empty if it does not exist. */
export function readEntries(path: string): Dirent[] {
  try {
    return listDirectory(path);
  } catch (error) {
    return undefinedIfMissing(error, path) ?? [];
  }
}

function stat(path: string): Stats | undefined {
  try {
    return statOf(path);
  } catch (error) {
    return undefinedIfMissing(error, path);
  }
}

function undefinedIfMissing(error: unknown, path: string, named = path): undefined {
  const code = systemErrorCode(error);
  if (code === undefined) throw error;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw new AtmosError('ERR_CONFIG_UNREADABLE', `cannot read ${named}: ${reasonOf(code, path)}`, {
    hints: [showPermissions(path)],
    cause: error,
  });
}

function notAFile(named: string, stats: Stats): AtmosError {
  const kind = stats.isDirectory() ? 'a directory, not a YAML file' : 'not a regular file';
  return new AtmosError('ERR_CONFIG_UNREADABLE', `${named} is ${kind}`);
}

function tooLarge(named: string): AtmosError {
  return new AtmosError('ERR_CONFIG_UNREADABLE', `${named} is larger than 1 MiB`);
}

function decode(bytes: Uint8Array, named: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AtmosError('ERR_CONFIG_SYNTAX', `${named} is not UTF-8 text`);
  }
}
