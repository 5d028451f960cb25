import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  AtmosError,
  isAtmosError,
  isErrorCode,
  systemErrorCode,
  type ErrorCode,
} from '../core/errors.ts';
import { placeholder, setVariable, showProcess } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { parseHints, sendableHints } from '../core/parse-hint.ts';
import { sha256 } from '../core/sha256.ts';
import { isInClosedHome } from '../host/closed-home.ts';
import { reasonOf } from '../host/denial.ts';
import { randomId, replacePrivately } from '../host/files.ts';
import { stateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { acquireLock, lockHolder, type FileLock } from '../host/lock.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { irregularKindAt, readRegularFile, statIfVisible } from '../host/read-files.ts';

export interface FlightOptions {
  /** What must not be done twice at once: an identity in its keyring, an MFA device. */
  readonly subject: readonly string[];
  /** The same in words for a person. */
  readonly named: string;
  readonly timeoutMs: number;
  readonly host: Host;
  /** False to go on alone where no lock can be made: in a container that cannot write anywhere. */
  readonly isLockNeeded: boolean;
  /** Whether an error with this code also applies to all processes that waited. */
  isShared(code: ErrorCode): boolean;
  /** Told once of a wait of over a second, where no one shows it while it lasts. */
  warn(message: string): void;
}

const silentWaitMs = 1000;

/**
 * Runs `task` while no other process runs one for the same subject. A process that waited for a
 * task that failed gets its error without a new attempt: thirty terraform processes ask for one MFA
 * code. The lock is released when its holder exits for any reason. Without a home directory there
 * is no lock and no waiting.
 *
 * @throws ERR_LOGIN_BUSY naming the holder when the wait was in vain; ERR_IO; ERR_USAGE in the home
 *   directory of another user
 */
export async function singleFlight<T>(options: FlightOptions, task: () => Promise<T>): Promise<T> {
  const { isShared } = options;
  const path = lockPath(options);
  if (path === undefined) return task();
  const note = `${path}.failed`;
  // By the note and not by the clock: that may have been set right meanwhile.
  const atArrival = readNote(note);
  const lock = await lockIfNeeded(path, options);
  if (lock === undefined) return task();
  try {
    const found = readNote(note);
    const failure = found === atArrival ? undefined : parseFailure(found);
    if (failure && isShared(failure.code)) {
      options.host.log('login.shared', { code: failure.code });
      throw failure;
    }
    forgetFailure(note);
    return await attempt(task, (error) => {
      if (isShared(error.code)) noteFailure(note, error);
    });
  } finally {
    lock.release();
  }
}

async function attempt<T>(
  task: () => Promise<T>,
  onFailure: (error: AtmosError) => void,
): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof AtmosError) onFailure(error);
    throw error;
  }
}

/**
 * Undefined without a home directory, and with one that cannot be searched, as for `docker run -u 4242`
 * with HOME=/root: each process then goes on alone, as in a container.
 */
function lockPath({ subject, host }: FlightOptions): string | undefined {
  const state = stateDirectory(host);
  if (state === undefined || isInClosedHome(state, host)) return undefined;
  return join(state, 'locks', sha256(JSON.stringify(subject)).slice(0, 32));
}

async function lockIfNeeded(path: string, options: FlightOptions): Promise<FileLock | undefined> {
  try {
    makeDirectory(dirname(path), options.host);
    return await waitForLock(path, options);
  } catch (error) {
    // Of the home directory of another user making the directory says ERR_USAGE.
    const isNoLock = isAtmosError(error, 'ERR_IO') || isAtmosError(error, 'ERR_USAGE');
    if (options.isLockNeeded || !isNoLock) throw error;
    return undefined;
  }
}

function makeDirectory(directory: string, host: Host): void {
  try {
    makeOwnDirectories(directory, host);
  } catch (error) {
    throw unusable('create the directory for locks', directory, error);
  }
  requireOwn(directory, host);
}

/** Another user could hold a lock for ever, and forge the note of a failure. */
function requireOwn(directory: string, { userId }: Host): void {
  const stats = statIfVisible(directory);
  const permissions = stats && permissionCheckFor(userId).permissionsOf(directory, stats);
  if (permissions === undefined) return;
  const { isTrusted, outsiders, owner, openness } = permissions;
  if (isTrusted && !outsiders.write) return;
  const fault = isTrusted ? `can be changed by other users (${openness})` : `belongs to ${owner}`;
  throw new AtmosError('ERR_IO', `cannot use the directory for locks ${directory}: it ${fault}`, {
    hints: [isTrusted ? permissions.withdrawCommand() : permissions.ownCommand()],
  });
}

function unusable(doing: string, path: string, cause: unknown): AtmosError {
  const reason = systemErrorCode(cause);
  if (reason === undefined) throw cause;
  // A directory or a socket cannot be opened as a lock file.
  const kind = ['EISDIR', 'ENXIO'].includes(reason) ? irregularKindAt(path) : undefined;
  const why = kind === undefined ? reasonOf(reason, path) : `it is ${kind}`;
  return new AtmosError('ERR_IO', `cannot ${doing} ${path}: ${why}`, {
    hints: [setVariable('XDG_STATE_HOME', placeholder('a directory that can be written'))],
    cause,
  });
}

async function waitForLock(path: string, options: FlightOptions): Promise<FileLock> {
  const { timeoutMs, host, named } = options;
  const startMs = host.monotonicMs();
  const wait = (milliseconds: number) =>
    acquireLock(path, { mode: 'exclusive', timeoutMs: milliseconds, host }).catch(
      (error: unknown) => {
        throw unusable('lock', path, error);
      },
    );
  const soon = await wait(Math.min(silentWaitMs, timeoutMs));
  if (soon !== undefined) return soon;
  const holder = lockHolder(path);
  const who = holder === undefined ? 'another process' : `process ${holder}`;
  host.log('login.waiting', { holder });
  const doing = `${who}, which is opening a session for ${named}`;
  const endWait = host.waiting(doing, timeoutMs, startMs);
  if (endWait === undefined) options.warn(`waiting for ${doing}`);
  const late = await wait(Math.max(timeoutMs - silentWaitMs, 0)).finally(() => endWait?.());
  if (late !== undefined) return late;
  throw new AtmosError(
    'ERR_LOGIN_BUSY',
    `${who} has been opening a session for ${named} for ${Math.round(timeoutMs / 1000)} seconds`,
    { hints: holder === undefined ? [] : [showProcess(holder, path)] },
  );
}

function noteFailure(path: string, { code, message, hintValues }: AtmosError): void {
  // The id tells two failures apart that read the same.
  const note = JSON.stringify({
    id: randomId(),
    code,
    message,
    hints: sendableHints(hintValues),
  });
  try {
    replacePrivately(path, note);
  } catch {
    // Others then try for themselves.
    return;
  }
}

function forgetFailure(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A note from before the caller arrived is not its concern.
    return;
  }
}

function readNote(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch {
    return undefined;
  }
}

function parseFailure(text = ''): AtmosError | undefined {
  const note = parseJson(text);
  if (!isObject(note)) return undefined;
  const { code, message } = note;
  const hints = parseHints(note['hints']);
  if (typeof code !== 'string' || !isErrorCode(code)) return undefined;
  if (typeof message !== 'string' || hints === undefined) return undefined;
  return new AtmosError(code, message, { hints });
}
