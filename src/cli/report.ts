import type { ErrorCode } from '../core/errors.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import type { Paint } from './color.ts';
import type { WriteHint } from './hint.ts';

/** The exit code of each error that does not end with 1. No other place picks one. */
const exitCodes: Partial<Record<ErrorCode, number>> = {
  ERR_USAGE: 2,
  ERR_NO_TERMINAL: 2,
  ERR_CONFIG_NOT_FOUND: 2,
  ERR_CONFIG_UNREADABLE: 2,
  ERR_CONFIG_SYNTAX: 2,
  ERR_CONFIG_INVALID: 2,
  ERR_CONFIG_UNTRUSTED: 2,
  ERR_PROFILE_UNKNOWN: 2,
  ERR_IDENTITY_UNKNOWN: 2,
  ERR_IDENTITY_REQUIRED: 2,
  ERR_IDENTITY_UNSUPPORTED: 2,
  ERR_REALM_INVALID: 2,
  ERR_HANDLE_UNKNOWN: 2,
  ERR_KEYRING_UNKNOWN_TYPE: 2,

  ERR_KEYRING_UNAVAILABLE: 3,
  ERR_KEYRING_LOCKED: 3,
  ERR_KEYRING_TIMEOUT: 3,
  ERR_KEYRING_BUSY: 3,
  ERR_KEYRING_PASSWORD_REQUIRED: 3,
  ERR_KEYRING_PASSWORD_WRONG: 3,
  ERR_KEYRING_PASSWORD_TOO_SHORT: 3,
  ERR_KEYRING_DAMAGED: 3,
  ERR_KEYRING_FOREIGN: 3,
  ERR_KEYRING_PERMISSIONS: 3,
  ERR_KEYRING_VERSION: 3,
  ERR_KEYRING_IO: 3,

  ERR_AUTH_NO_SESSION: 4,
  ERR_AUTH_KEYS_MISSING: 4,
  ERR_AUTH_KEYS_REFUSED: 4,
  ERR_AUTH_MFA_REFUSED: 4,
  ERR_AUTH_MFA_REQUIRED: 4,
  ERR_AUTH_SESSION_EXPIRED: 4,
  ERR_AUTH_DENIED: 4,

  ERR_COMMAND_NOT_EXECUTABLE: 126,
  ERR_COMMAND_NOT_FOUND: 127,
  ERR_CANCELLED: 130,
};

/** The code the process ends with when `error` ended the command. */
export function exitCodeOf(error: unknown): number {
  return (error instanceof AtmosError ? exitCodes[error.code] : undefined) ?? 1;
}

/** What a person sees of an error: `error: …`, then a line `hint: …` for each way to mend it. */
export function formatError(error: unknown, paint: Paint, writeHint: WriteHint): string {
  const { message, hints } = error instanceof AtmosError ? error : describeUnexpected(error);
  return [
    `${paint('red', 'error:')} ${printable(message)}`,
    ...formatHints(hints, paint, writeHint),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** A line for each, as its commands are written where the person is. */
export function formatHints(
  hints: readonly string[],
  paint: Paint,
  writeHint: WriteHint,
): readonly string[] {
  return hints.map((hint) => `${paint('yellow', 'hint:')} ${printable(writeHint(hint))}`);
}

/** The hints as one field of JSON. */
export function joinHints(hints: readonly string[], writeHint: WriteHint): string | null {
  return hints.length === 0 ? null : hints.map(writeHint).join('\n');
}

/**
 * An error nobody foresaw. A message of the system names a path; that of any other error may quote
 * what it choked on, secrets too, so only its name and the places in our code are shown.
 */
function describeUnexpected(error: unknown): { message: string; hints: readonly string[] } {
  if (!(error instanceof Error)) return { message: 'internal error', hints: [] };
  if ('syscall' in error && systemErrorCode(error) !== undefined)
    return { message: error.message, hints: [] };
  const places = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return {
    message: [
      `internal error: ${error.name}`,
      ...places.slice(0, 8).map((line) => line.trim()),
    ].join('\n'),
    hints: ['please report it with these lines'],
  };
}

/** Names in a message come from files: none of them may steer the terminal. */
export function printable(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (char) => (char === '\n' ? char : `\\u${hex(char)}`))
    .replaceAll('\n', '\n  ');
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
}
