import { BackendError, KeyringError, systemErrorCode } from '../../../core/errors.ts';
import type { Host, ProgramResult } from '../../../host/host.ts';
import { damaged, describeStatus, statusOfExit, unavailable, type Failure } from './failures.ts';

/** The program of macOS that keeps and gives back the items of a keychain. */
const program = '/usr/bin/security';

/** For a run in which a person may have to answer a dialog, and for any other. */
const askingLimitMs = 30_000;
const quickLimitMs = 5_000;
/** For one operation on the keyring in all. */
const operationLimitMs = 45_000;
const maxBytes = 1024 * 1024;

export interface SecurityOptions {
  /** A command for `-i`. */
  readonly input?: string;
  /** Whether macOS may ask a person before it answers. */
  readonly mayAsk?: boolean;
  readonly maxBytes?: number;
}

/** What it wrote, each byte a character: it can hold a secret. And the system's status, 0 when done. */
export interface Answer {
  readonly status: number;
  readonly failure: Failure | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `security` once. Never rejects. */
export type RunSecurity = (args: readonly string[], options?: SecurityOptions) => Promise<Answer>;

/** For one operation on the keyring: its time begins now. */
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
 * What finds a person's keychains and session, and nothing else of ours. Its messages follow the
 * person's settings and not LANG, so we go by numbers alone.
 */
export function childEnvironment(env: Host['env']): Record<string, string | undefined> {
  const names = ['HOME', 'USER', 'LOGNAME', 'PATH', 'TMPDIR', '__CF_USER_TEXT_ENCODING'];
  return Object.fromEntries([...names, 'SECURITYSESSIONID'].map((name) => [name, env[name]]));
}

function answerOf(result: ProgramResult, timeoutMs: number): Answer {
  if (result.timedOut) return failed(tooSlow(timeoutMs));
  if (result.wroteTooMuch) return failed(damaged('security wrote more than an answer can have'));
  if (result.exitCode === null) {
    const reason = 'security was ended before it answered';
    return failed({ code: 'ERR_KEYRING_IO', reason, remedy: 'look' });
  }
  const stderr = result.stderr.toString('latin1');
  // A command of -i tells its whole status; the exit code has the lowest eight bits of the last one.
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

/** The account of every item of ours: Atmos's own. */
export const account = 'atmos-auth';

/**
 * Most bytes of a command for `security -i`, its newline included. One more, and it would read the
 * newline as a command of its own, whose success it would then tell as ours; from two more on it would
 * take the rest of the value for a command.
 */
export const maxCommandBytes = 4095;

/**
 * The line for the standard input of `security -i` that stores or overwrites an item. The secret
 * stands in it, so it is nobody's argument.
 *
 * @throws ERR_KEYRING_INVALID_KEY for text that would end the line
 */
export function formatAddCommand(name: string, secret: string): string {
  const [service, user, value] = [name, account, secret].map(quoted);
  return `add-generic-password -U -s ${service} -a ${user} -w ${value}\n`;
}

/** How many bytes of secret a command for that name has room for. */
export function secretRoom(name: string): number {
  return maxCommandBytes - Buffer.byteLength(formatAddCommand(name, ''));
}

/**
 * As `security -i` splits its lines: a backslash takes the sign after it as it is, and a quote ends the
 * argument wherever it stands. What a POSIX shell does with quotes would inject arguments here.
 */
function quoted(text: string): string {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) {
    throw new KeyringError(
      'ERR_KEYRING_INVALID_KEY',
      'a name with a control character cannot be given to security',
    );
  }
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
