import {
  isAtmosError,
  KeyringError,
  NoTerminalError,
  systemErrorCode,
  type AtmosError,
} from '../../core/errors.ts';
import { listFiles, run, say, unlockHints, unsetVariable, type Hint } from '../../core/hint.ts';
import { showValue, type Sourced } from '../../core/json.ts';
import { reasonOf } from '../../host/denial.ts';
import type { Host } from '../../host/host.ts';
import { irregularKindAt } from '../../host/read-files.ts';
import type { NewPasswordSource } from '../contract.ts';
import { hasReaders, isForReaders } from './settings-readers.ts';
import type { FileContext } from './settings.ts';
import { readBounded } from '../read-bounded.ts';

const minNewPasswordBytes = 8;
const maxPasswordBytes = 64 * 1024;
const commandTimeoutMs = 30_000;
// Set for the password command, so that an atmos that it starts fails instead of looping.
const commandGuard = 'ATMOS_KEYRING_PASSWORD_COMMAND_RUNS';

/** Which source the password will come from, determined without using it. */
export type PasswordSource =
  | 'held'
  | 'identity'
  | 'variable'
  | 'file'
  | 'command'
  | 'prompt'
  | 'none';

export function passwordSource(context: FileContext): PasswordSource {
  const { settings, host, promptPassword, heldPassword } = context;
  if (heldPassword) return 'held';
  if (hasReaders(settings)) return 'identity';
  if (host.env[settings.passwordEnv.value] !== undefined) return 'variable';
  if (settings.passwordFile) return 'file';
  if (settings.passwordCommand) return 'command';
  // No one knows a password that could be typed.
  if (isForReaders(settings.directory.value)) return 'identity';
  return promptPassword ? 'prompt' : 'none';
}

/** The source of the password for a message, with the place where it was configured. */
export function describePasswordSource(context: FileContext): string {
  const { passwordEnv, passwordFile, passwordCommand, identityFile } = context.settings;
  switch (passwordSource(context)) {
    case 'variable':
      return passwordEnv.source === 'default'
        ? passwordEnv.value
        : `${showValue(passwordEnv)}, named by ${passwordEnv.source}`;
    case 'file':
      return `the file ${passwordFile && showValue(passwordFile)}, named by ${passwordFile?.source}`;
    case 'command':
      return `the password command, ${passwordCommand?.source}`;
    case 'identity':
      return `the identity file ${identityFile && showValue(identityFile)}, named by ${identityFile?.source}`;
    case 'held':
      return 'the caller';
    case 'prompt':
    case 'none':
      return 'prompt';
  }
}

/** The password from a source. The caller overwrites both buffers. */
export interface ResolvedPassword {
  readonly password: Buffer;
  /**
   * The complete output of the source, if it is longer. Atmos uses a variable with its newline, and
   * version 0.1.0 used every line of a command: keyrings with such passwords still open.
   */
  readonly whole?: Buffer;
}

/**
 * The keyring's password from the first configured source: variable, file, command, prompt. A
 * configured source without a password is an error: the next one is not tried. One newline at the
 * end of a variable or file is removed. Of the output of a command only the first line counts,
 * since `pass show` prints notes below it.
 *
 * @param isNew for a keyring without entries: the password must be one line of at least 8 bytes
 * @throws ERR_KEYRING_PASSWORD_REQUIRED, _PASSWORD_TOO_SHORT, _TIMEOUT, and errors of the prompt
 */
export async function resolvePassword(
  context: FileContext,
  isNew: boolean,
): Promise<ResolvedPassword> {
  const resolved = await readPassword(context, isNew);
  if (!isNew) return resolved;
  const { password, whole } = resolved;
  whole?.fill(0);
  const { directory } = context.settings;
  checkNewPassword(password, `the password for the new keyring ${directory.value}`);
  return { password };
}

/**
 * The new password of a keyring: one line of at least 8 bytes. One newline at the end of a file is
 * removed.
 *
 * @throws ERR_KEYRING_PASSWORD_REQUIRED, _PASSWORD_TOO_SHORT, _TIMEOUT, and errors of `ask`
 */
export async function readNewPassword(
  { host, settings }: Pick<FileContext, 'host' | 'settings'>,
  source: NewPasswordSource,
): Promise<Buffer> {
  const password =
    'file' in source
      ? await fromFile(host, source.file)
      : notEmpty(
          Buffer.from(await asked(source, settings.directory.value)),
          'the new password is empty',
        );
  checkNewPassword(password, 'the new password');
  return password;
}

async function asked(
  { ask }: Exclude<NewPasswordSource, { file: unknown }>,
  location: string,
): Promise<string> {
  try {
    return await ask(location);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
    throw required(
      `the new password is missing, and no one can be prompted (${whyNoPrompt(error)})`,
      error.hintValues,
    );
  }
}

function whyNoPrompt(error: AtmosError): string {
  return error instanceof NoTerminalError ? error.reason : error.message;
}

/**
 * Overwrites a password that is too short, or that has several lines and cannot be typed in a
 * prompt.
 */
function checkNewPassword(password: Buffer, named: string): void {
  const bytes = password.length;
  const hasLines = password.includes(0x0a) || password.includes(0x0d);
  if (bytes >= minNewPasswordBytes && !hasLines) return;
  password.fill(0);
  const hints = [run(['openssl', 'rand', '-base64', '24'], 'to generate one')];
  if (hasLines) throw required(`${named} has several lines; a password must be one line`, hints);
  throw new KeyringError(
    'ERR_KEYRING_PASSWORD_TOO_SHORT',
    `${named} has ${bytes} bytes, and at least ${minNewPasswordBytes} are needed`,
    { hints },
  );
}

async function readPassword(context: FileContext, isNew: boolean): Promise<ResolvedPassword> {
  const { settings, host, promptPassword, heldPassword } = context;
  const source = passwordSource(context);
  host.log('keyring.password', { source });
  switch (source) {
    case 'held':
      return { password: (heldPassword ?? unreachable)() };
    case 'identity':
      return {
        password: await (await import('./resolve-secret.ts')).resolveSecret(context, isNew),
      };
    case 'variable':
      return fromVariable(context);
    case 'file':
      return { password: await fromFile(host, settings.passwordFile ?? unreachable()) };
    case 'command':
      return fromCommand(host, settings.passwordCommand ?? unreachable());
    case 'prompt': {
      const ask = promptPassword ?? unreachable();
      const typed = await ask({ location: settings.directory.value, isNew }).catch(
        (error: unknown) => {
          if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
          const why = `no one can be prompted (${whyNoPrompt(error)})`;
          throw locked(context, { isNew, why, hints: error.hintValues });
        },
      );
      const password = Buffer.from(typed);
      if (context.acceptsEmptyPassword) return { password };
      return { password: notEmpty(password, 'the password that was typed is empty') };
    }
    case 'none':
      throw locked(context, { isNew, why: 'this program never prompts', hints: [] });
  }
}

interface Unanswered {
  readonly isNew: boolean;
  /** Why there is no prompt. */
  readonly why: string;
  /** Hints of the prompt. */
  readonly hints: readonly Hint[];
}

function locked(
  { settings, canUnlock = false }: FileContext,
  { isNew, why, hints }: Unanswered,
): KeyringError {
  const { directory, passwordEnv } = settings;
  const state = isNew ? 'needs a password' : 'is locked';
  return required(
    `the file keyring ${directory.value} ${state}: ${showValue(passwordEnv)} is not set, and ${why}`,
    canUnlock || hints.length === 0 ? unlockHints(canUnlock) : hints,
  );
}

function fromVariable({ host, settings, acceptsEmptyPassword }: FileContext): ResolvedPassword {
  const { passwordEnv: variable } = settings;
  const whole = Buffer.from(host.env[variable.value] ?? '');
  if (acceptsEmptyPassword) return { password: withoutNewline(whole) };
  const named = variable.source === 'default' ? '' : ` (named by ${variable.source})`;
  const name = showValue(variable);
  const unset = variable.tag === undefined ? [unsetVariable(variable.value)] : [];
  const password = notEmpty(
    withoutNewline(whole),
    `the variable ${name}${named}, which should contain the keyring's password, is empty`,
    [...unset, ...unlockHints(false)],
  );
  return withWhole(password, whole);
}

async function fromFile(host: Host, file: Sourced<string>): Promise<Buffer> {
  const named = `the password file ${showValue(file)} (from ${file.source})`;
  const hints = file.tag === undefined ? [listFiles([file.value])] : [];
  try {
    const content = await readBounded(host, file.value, { named, maxBytes: maxPasswordBytes });
    if (content === undefined) throw required(`${named} is too large for a password`, []);
    return notEmpty(withoutNewline(content), `${named} is empty`, hints);
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof KeyringError || code === undefined) throw error;
    throw required(`${named} ${reasonFor(code, file)}`, code === 'ENOENT' ? [] : hints);
  }
}

function reasonFor(code: string, { value: path, tag }: Sourced<string>): string {
  if (code === 'ENOENT') return 'does not exist';
  const kind = irregularKindAt(path);
  if (kind === 'a directory' || kind === 'a socket') return `is ${kind}`;
  // The reason contains the path, which is not shown if a YAML tag provided it.
  return `cannot be read: ${tag === undefined ? reasonOf(code, path) : code}`;
}

async function fromCommand(host: Host, command: Sourced<string>): Promise<ResolvedPassword> {
  const named = `the password command (from ${command.source})`;
  if (host.env[commandGuard] !== undefined) {
    throw required(`${named} runs atmos, which would run the password command again`, []);
  }
  const result = await host.runShell(command.value, {
    env: { ...host.env, [commandGuard]: '1' },
    timeoutMs: commandTimeoutMs,
    maxBytes: maxPasswordBytes,
  });
  if (result.timedOut) {
    throw new KeyringError(
      'ERR_KEYRING_TIMEOUT',
      `${named} did not exit within ${commandTimeoutMs / 1000} seconds`,
    );
  }
  if (result.wroteTooMuch) throw required(`${named} printed too much for a password`, []);
  if (result.exitCode !== 0) {
    const how =
      result.exitCode === null ? 'was killed' : `failed with exit code ${result.exitCode}`;
    throw required(`${named} ${how}`, [say('run the command in a shell to see its output')]);
  }
  const whole = notEmpty(withoutNewline(result.stdout), `${named} printed nothing`);
  const line = notEmpty(firstLine(result.stdout), `${named} printed an empty first line`);
  return withWhole(line, whole);
}

/** Copies the bytes, so that each buffer can be overwritten independently. */
function withWhole(password: Buffer, whole: Buffer): ResolvedPassword {
  if (password.length === whole.length) return { password };
  return { password: Buffer.from(password), whole: Buffer.from(whole) };
}

function firstLine(text: Buffer): Buffer {
  const end = text.indexOf(0x0a);
  return end === -1 ? text : withoutNewline(text.subarray(0, end + 1));
}

function withoutNewline(text: Buffer): Buffer {
  if (text.at(-1) !== 0x0a) return text;
  return text.subarray(0, text.at(-2) === 0x0d ? -2 : -1);
}

function notEmpty(password: Buffer, message: string, hints: readonly Hint[] = []): Buffer {
  if (password.length === 0) throw required(message, hints);
  return password;
}

function required(message: string, hints: readonly Hint[]): KeyringError {
  return new KeyringError('ERR_KEYRING_PASSWORD_REQUIRED', message, { hints });
}

function unreachable(): never {
  throw new TypeError('a password source that is there has a setting');
}
