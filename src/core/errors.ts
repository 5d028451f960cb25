import { formatHint, posixSyntax } from './format-hint.ts';
import { distinctHints, say, type Hint } from './hint.ts';

/** The codes of all errors that a keyring can return, for every backend. */
export const keyringErrorCodes = [
  'ERR_KEYRING_UNAVAILABLE',
  'ERR_KEYRING_LOCKED',
  'ERR_KEYRING_TIMEOUT',
  'ERR_KEYRING_BUSY',
  'ERR_KEYRING_PASSWORD_REQUIRED',
  'ERR_KEYRING_PASSWORD_WRONG',
  'ERR_KEYRING_PASSWORD_TOO_SHORT',
  'ERR_KEYRING_DAMAGED',
  'ERR_KEYRING_FOREIGN',
  'ERR_KEYRING_PERMISSIONS',
  'ERR_KEYRING_VERSION',
  'ERR_KEYRING_IO',
  'ERR_KEYRING_TOO_LARGE',
  'ERR_KEYRING_INVALID_KEY',
  'ERR_KEYRING_UNKNOWN_TYPE',
] as const;

export type KeyringErrorCode = (typeof keyringErrorCodes)[number];

/** Mistakes in the command line, the configuration or the calling code. */
const usageErrorCodes = [
  'ERR_USAGE',
  'ERR_NO_TERMINAL',
  'ERR_CONFIG_NOT_FOUND',
  'ERR_CONFIG_UNREADABLE',
  'ERR_CONFIG_SYNTAX',
  'ERR_CONFIG_INVALID',
  'ERR_CONFIG_UNTRUSTED',
  'ERR_PROFILE_UNKNOWN',
  'ERR_IDENTITY_UNKNOWN',
  'ERR_IDENTITY_REQUIRED',
  'ERR_IDENTITY_UNSUPPORTED',
  'ERR_REALM_INVALID',
  'ERR_HANDLE_UNKNOWN',
] as const;

export type UsageErrorCode = (typeof usageErrorCodes)[number];

/**
 * Errors of an entry that the keyring returned: its content is not in our format, or a different
 * entry exists where one is to be stored.
 */
const storeErrorCodes = ['ERR_STORE_INVALID', 'ERR_STORE_CONFLICT'] as const;

export type StoreErrorCode = (typeof storeErrorCodes)[number];

/**
 * There is no valid session, and the reason why none could be opened. `ERR_AUTH_SOURCE_FAILED`: what
 * provides credentials outside of this program (a file, a variable, a command, a service of the
 * machine) gave none, or none that can be used. `ERR_AUTH_SIGN_IN_REQUIRED`: a person must sign in on
 * a page, and no one can be asked to. `ERR_AUTH_SIGN_IN_FAILED`: the person refused, or did not finish
 * in time. `ERR_AUTH_OTHER_USER`: another person or account signed in than the configuration expects.
 */
const authErrorCodes = [
  'ERR_AUTH_NO_SESSION',
  'ERR_AUTH_KEYS_MISSING',
  'ERR_AUTH_KEYS_REFUSED',
  'ERR_AUTH_MFA_REFUSED',
  'ERR_AUTH_MFA_REQUIRED',
  'ERR_AUTH_SESSION_EXPIRED',
  'ERR_AUTH_DENIED',
  'ERR_AUTH_BASE_REFUSED',
  'ERR_AUTH_SOURCE_FAILED',
  'ERR_AUTH_SIGN_IN_REQUIRED',
  'ERR_AUTH_SIGN_IN_FAILED',
  'ERR_AUTH_OTHER_USER',
] as const;

export type AuthErrorCode = (typeof authErrorCodes)[number];

/** All other failures. */
const failureCodes = [
  'ERR_NETWORK',
  'ERR_AWS',
  'ERR_AWS_ENDPOINT',
  'ERR_CLOCK_SKEW',
  'ERR_LOGIN_BUSY',
  'ERR_IO',
  'ERR_CANCELLED',
  'ERR_COMMAND_NOT_FOUND',
  'ERR_COMMAND_NOT_EXECUTABLE',
] as const;

export type FailureCode = (typeof failureCodes)[number];

export type ErrorCode =
  | KeyringErrorCode
  | StoreErrorCode
  | UsageErrorCode
  | AuthErrorCode
  | FailureCode;

const errorCodes: ReadonlySet<string> = new Set([
  ...keyringErrorCodes,
  ...storeErrorCodes,
  ...usageErrorCodes,
  ...authErrorCodes,
  ...failureCodes,
]);

export function isErrorCode(text: string): text is ErrorCode {
  return errorCodes.has(text);
}

export interface ErrorDetails {
  /** How to fix the error. A string is prose, never a command, which would need quoting. */
  hints?: readonly (Hint | string)[];
  /** The error that was caught. Must not contain a secret, because an error may be printed in full. */
  cause?: unknown;
}

/**
 * Every error that this package throws on purpose.
 *
 * `message` says what failed, on which named object and where that was configured, in lower case
 * and without a full stop. `hints` say how to fix it, as text for a POSIX shell. Incorrect use by a
 * programmer is a `TypeError`.
 *
 * `lines` are the lines of the message. A line break within a line belongs to a value in it.
 */
export class AtmosError extends Error {
  readonly code: ErrorCode;
  readonly lines: readonly string[];
  readonly hints: readonly string[];
  /**
   * The hints as data, for callers that format them for another shell or send them to another
   * process.
   *
   * @internal
   */
  readonly hintValues: readonly Hint[];

  constructor(code: ErrorCode, message: string | readonly string[], details: ErrorDetails = {}) {
    const lines = typeof message === 'string' ? [message] : message;
    super(lines.join('\n'), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AtmosError';
    this.code = code;
    this.lines = lines;
    this.hintValues = (details.hints ?? []).map((hint) =>
      typeof hint === 'string' ? say(hint) : hint,
    );
    this.hints = this.hintValues.map((hint) => formatHint(hint, posixSyntax));
  }
}

/** An error with one of the codes of a keyring. */
export class KeyringError extends AtmosError {
  declare readonly code: KeyringErrorCode;

  constructor(
    code: KeyringErrorCode,
    message: string | readonly string[],
    details: ErrorDetails = {},
  ) {
    super(code, message, details);
    this.name = 'KeyringError';
  }
}

/**
 * A prompt is required and not possible. Callers that need something other than a choice throw
 * their own error.
 */
export class NoTerminalError extends AtmosError {
  /** The reason: `there is no terminal`. */
  readonly reason: string;

  constructor(message: string, details: ErrorDetails & { readonly reason: string }) {
    super('ERR_NO_TERMINAL', message, details);
    this.name = 'NoTerminalError';
    this.reason = details.reason;
  }
}

/**
 * What a system or a service answered to a keyring backend, which turns it into a {@link KeyringError}
 * and keeps it as the cause. Its message holds no secret.
 */
export class BackendError extends Error {
  override name = 'BackendError';
}

/** One error of a chain of causes, as the log may show it. */
export interface Cause {
  readonly name: string;
  readonly code: string | undefined;
  /** Undefined of an error whose message may quote what it failed on, a secret too. */
  readonly reason: string | undefined;
}

const maxCauses = 8;

/** The causes of an error, the direct one first. */
export function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let at = error; at instanceof Error && causes.length < maxCauses; at = at.cause) {
    if (at !== error) causes.push(describeCause(at));
  }
  return causes;
}

function describeCause(error: Error): Cause {
  const code = error instanceof AtmosError ? error.code : systemErrorCode(error);
  const isOwn = error instanceof AtmosError || error instanceof BackendError;
  // Of the system: its message names a call and a path.
  const isSafe = isOwn || (code !== undefined && 'syscall' in error);
  return { name: error.name, code, reason: isSafe ? error.message : undefined };
}

/** Whether `error` is an {@link AtmosError}, and has the given code if one is given. */
export function isAtmosError(error: unknown, code?: ErrorCode): error is AtmosError {
  return error instanceof AtmosError && (code === undefined || error.code === code);
}

/**
 * Errors that concern one entry of a keyring. Errors of the password, of a lock, or of a keyring
 * that is unreachable or has another version would be the same for every entry.
 */
const entryErrorCodes: ReadonlySet<ErrorCode> = new Set([
  'ERR_KEYRING_DAMAGED',
  'ERR_KEYRING_FOREIGN',
  'ERR_KEYRING_PERMISSIONS',
  'ERR_KEYRING_IO',
  'ERR_KEYRING_TOO_LARGE',
  'ERR_KEYRING_INVALID_KEY',
  ...storeErrorCodes,
]);

/**
 * Whether an error concerns one entry, so that other entries can still be read or removed.
 * ERR_KEYRING_IO of a write may mean a full disk, so writing several entries stops there.
 */
export function isEntryError(error: unknown): error is AtmosError {
  return error instanceof AtmosError && entryErrorCodes.has(error.code);
}

/** Whether an entry was read, and its content cannot be used. */
export function isDamagedEntry(error: unknown): error is AtmosError {
  return isAtmosError(error, 'ERR_STORE_INVALID') || isAtmosError(error, 'ERR_KEYRING_DAMAGED');
}

/** Combines several errors: all messages and hints, and the code of the first error. */
export function joinErrors([first, ...others]: readonly [AtmosError, ...AtmosError[]]): AtmosError {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const hints = distinctHints(all.flatMap((error) => error.hintValues));
  const lines = all.flatMap((error) => error.lines);
  return new AtmosError(first.code, lines, { hints });
}

/**
 * The code of a system call's error (`ENOENT`, `EACCES` …). Undefined for other errors, including
 * {@link AtmosError}.
 */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof AtmosError || !('code' in error)) {
    return undefined;
  }
  return typeof error.code === 'string' ? error.code : undefined;
}
