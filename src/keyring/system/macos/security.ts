import { BackendError, KeyringError, systemErrorCode } from '../../../core/errors.ts';
import type { Host, ProgramResult } from '../../../host/host.ts';
import { damaged, describeStatus, statusOfExit, unavailable, type Failure } from './failures.ts';

/** The program of macOS that reads and writes items of a keychain. */
const program = '/usr/bin/security';

/** Limit for a run during which macOS may show a prompt, and for any other run. */
const askingLimitMs = 30_000;
const quickLimitMs = 5_000;
/** Limit for one operation on the keyring. */
const operationLimitMs = 45_000;
const maxBytes = 1024 * 1024;

export interface SecurityOptions {
  /** A command for the standard input of `security -i`. */
  readonly input?: string;
  /** Whether macOS may show a prompt before it answers. */
  readonly mayAsk?: boolean;
  readonly maxBytes?: number;
}

/**
 * The output, one character for each byte, which may contain a secret; and the status, 0 for
 * success.
 */
export interface Answer {
  readonly status: number;
  readonly failure: Failure | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `security` once. Never rejects. */
export type RunSecurity = (args: readonly string[], options?: SecurityOptions) => Promise<Answer>;

/** For one operation on the keyring. Its time limit starts now. */
export function createSecurity(
  host: Pick<Host, 'env' | 'runProgram' | 'monotonicMs' | 'waiting'>,
): RunSecurity {
  const endsAtMs = host.monotonicMs() + operationLimitMs;
  return async (args, options = {}) => {
    const limitMs = options.mayAsk === true ? askingLimitMs : quickLimitMs;
    const timeoutMs = Math.min(limitMs, endsAtMs - host.monotonicMs());
    if (timeoutMs <= 0) return failed(tooSlow(operationLimitMs));
    const endWait = host.waiting('the keychain', timeoutMs);
    try {
      const result = await host.runProgram(program, args, {
        env: childEnvironment(host.env),
        timeoutMs,
        maxBytes: options.maxBytes ?? maxBytes,
        ...(options.input === undefined ? {} : { input: options.input }),
      });
      return answerOf(result, timeoutMs);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      const reason =
        code === 'ENOENT'
          ? `there is no ${program}`
          : `${program} cannot be started here (${code})`;
      return failed({ ...unavailable(reason), cause: error });
    } finally {
      endWait?.();
    }
  };
}

/**
 * Only the variables that `security` needs to find the user's keychains and session. Its messages
 * follow the user's settings instead of LANG, so we use only numbers.
 */
export function childEnvironment(env: Host['env']): Record<string, string | undefined> {
  const names = ['HOME', 'USER', 'LOGNAME', 'PATH', 'TMPDIR', '__CF_USER_TEXT_ENCODING'];
  return Object.fromEntries([...names, 'SECURITYSESSIONID'].map((name) => [name, env[name]]));
}

function answerOf(result: ProgramResult, timeoutMs: number): Answer {
  if (result.timedOut) return failed(tooSlow(timeoutMs));
  if (result.wroteTooMuch) return failed(damaged('security wrote more output than expected'));
  if (result.exitCode === null) {
    const reason = 'security was terminated before it answered';
    return failed({ code: 'ERR_KEYRING_IO', reason, remedy: 'look' });
  }
  const stderr = result.stderr.toString('latin1');
  // -i prints the whole status of a command; the exit code has the lowest eight bits of the last
  // one.
  const [, said] = /^add-generic-password: returned (-?\d{1,10})$/m.exec(stderr) ?? [];
  const status = said === undefined ? statusOfExit(result.exitCode) : Number(said);
  return {
    status,
    failure: status === 0 ? undefined : { ...describeStatus(status), cause: statusFailure(status) },
    stdout: result.stdout.toString('latin1'),
    stderr,
  };
}

/** Without what `security` wrote: that quotes the commands of `-i`, which hold the secret. */
function statusFailure(status: number): BackendError {
  return new BackendError(`${program} failed with status ${status}`);
}

function failed(failure: Failure): Answer {
  return { status: Number.NaN, failure, stdout: '', stderr: '' };
}

function tooSlow(limitMs: number): Failure {
  const seconds = Math.ceil(limitMs / 1000);
  return {
    code: 'ERR_KEYRING_TIMEOUT',
    reason: `the keychain did not answer within ${seconds} seconds, or its question was not answered`,
    remedy: 'unlock',
  };
}

/** The account of every item of Atmos. */
export const account = 'atmos-auth';

/**
 * Maximum length in bytes of a command for `security -i`, including its newline. With one more
 * byte, `security` would read the newline as a second command and report its success. With two or
 * more, it would run the rest of the value as a command.
 */
export const maxCommandBytes = 4095;

/**
 * The line for the standard input of `security -i` that stores or overwrites an item. The secret is
 * in this line and therefore in no argument of a process.
 *
 * @throws ERR_KEYRING_INVALID_KEY for text that would end the line
 */
export function formatAddCommand(name: string, secret: string): string {
  const [service, user, value] = [name, account, secret].map(quoted);
  return `add-generic-password -U -s ${service} -a ${user} -w ${value}\n`;
}

/** The maximum length in bytes of a secret in a command with that name. */
export function secretRoom(name: string): number {
  return maxCommandBytes - Buffer.byteLength(formatAddCommand(name, ''));
}

/**
 * Quotes as `security -i` splits its lines: a backslash escapes the next character, and a quote
 * ends the argument anywhere. POSIX shell quoting would allow arguments to be injected here.
 */
function quoted(text: string): string {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    throw new KeyringError(
      'ERR_KEYRING_INVALID_KEY',
      'a name with a control character cannot be passed to security',
    );
  }
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
