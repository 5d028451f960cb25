import { AtmosError, systemErrorCode, type ErrorCode } from '../core/errors.ts';
import { fishSyntax, formatHint, posixSyntax, type ShellSyntax } from '../core/format-hint.ts';
import { say, type Hint } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import { userShell, type UserShell } from '../host/user-shell.ts';
import type { GlobalOptions } from './global-options.ts';
import { withConfiguration } from './hint-configuration.ts';
import type { Line, Part } from './printer.ts';
import { paint, type Styled } from './ui/color.ts';

/** The exit code of each error whose code is not 1. No other place chooses exit codes. */
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
  ERR_AUTH_BASE_REFUSED: 4,
  ERR_AUTH_SOURCE_FAILED: 4,
  ERR_AUTH_SIGN_IN_REQUIRED: 4,
  ERR_AUTH_SIGN_IN_FAILED: 4,
  ERR_AUTH_OTHER_USER: 4,

  ERR_COMMAND_NOT_EXECUTABLE: 126,
  ERR_COMMAND_NOT_FOUND: 127,
  ERR_CANCELLED: 130,
};

/** The exit code of the process when the command failed with `error`. */
export function exitCodeOf(error: unknown): number {
  return (error instanceof AtmosError ? exitCodes[error.code] : undefined) ?? 1;
}

/** The lines that a user sees of an error: `error: …`, then `hint: …` for each way to fix it. */
export function formatError(error: unknown, writeHint: WriteHint): Line[] {
  const { lines, hintValues } = error instanceof AtmosError ? error : describeUnexpected(error);
  return [...labelled(paint('red', 'error:'), lines), ...formatHints(hintValues, writeHint)];
}

/** The first line follows its label; the others are indented below it. */
export function labelled(label: Styled, [first = '', ...others]: readonly string[]): Line[] {
  return [[label, ` ${first}`], ...others.map((line) => `  ${line}`)];
}

/** The text lines before the command lines. */
export function withStart(start: string, [first = '', ...others]: readonly string[]): string[] {
  return [`${start}${first}`, ...others];
}

/** A line for each hint, with its commands quoted for the user's shell. */
export function formatHints(hints: readonly Hint[], writeHint: WriteHint): Part[][] {
  return hints.map((hint) => [paint('yellow', 'hint:'), ` ${writeHint(hint)}`]);
}

/** The next command after one that succeeded. */
export async function formatNext(place: HintPlace, hint: Hint): Promise<string> {
  const writeHint = await loadWriteHint(place);
  return `Next: ${writeHint(hint)}`;
}

/** The hints as one field of JSON. */
export function joinHints(hints: readonly Hint[], writeHint: WriteHint): string | null {
  return hints.length === 0 ? null : hints.map(writeHint).join('\n');
}

/**
 * An unexpected error. A system error message names only a path. The message of any other error may
 * quote its input, including secrets, so only its name and the positions in our code are shown.
 */
function describeUnexpected(error: unknown): Pick<AtmosError, 'lines' | 'hintValues'> {
  if (!(error instanceof Error)) return { lines: ['internal error'], hintValues: [] };
  if ('syscall' in error && systemErrorCode(error) !== undefined)
    return { lines: [error.message], hintValues: [] };
  const places = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return {
    lines: [`internal error: ${error.name}`, ...places.slice(0, 8).map((line) => line.trim())],
    hintValues: [say('please report it with these lines')],
  };
}

/** Writes a hint as it can be pasted into the user's shell. */
export type WriteHint = (hint: Hint) => string;

/** Where a hint is shown: the machine, and the options of the command, if they could be parsed. */
export interface HintPlace {
  readonly host: Pick<Host, 'platform' | 'env'>;
  readonly globals: GlobalOptions | undefined;
}

/** How hints are written for the user's shell, and with the options that select the configuration. */
export async function loadWriteHint({ host, globals }: HintPlace): Promise<WriteHint> {
  const syntax = await loadSyntax(userShell(host));
  return (hint) => formatHint(withConfiguration(hint, globals), syntax);
}

async function loadSyntax(shell: UserShell): Promise<ShellSyntax> {
  if (shell === 'posix') return posixSyntax;
  if (shell === 'fish') return fishSyntax;
  const { cmdSyntax, gitBashSyntax, powerShellSyntax } =
    await import('../core/format-hint-windows.ts');
  return { 'git-bash': gitBashSyntax, cmd: cmdSyntax, powershell: powerShellSyntax }[shell];
}
