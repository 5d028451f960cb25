import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import type { Host } from '../host/host.ts';
import type { OpenContext } from './contract.ts';

/** A command of the configuration that prints credentials, or a part of them. */
export interface ConfiguredCommand {
  readonly command: string;
  /** Its name in messages: `the token command`. */
  readonly title: string;
  /** Where it is configured: `/p/atmos.yaml:7:9`. */
  readonly place: string;
}

export interface CommandLimits {
  readonly timeoutMs: number;
  /** Of its standard output. */
  readonly maxBytes: number;
}

/**
 * The variable with the places of the commands that are running, so that an atmos that one starts does
 * not run it again.
 */
export const guard = 'ATMOS_AUTH_COMMANDS_RUNNING';

/** The places in the variable. */
export function placesRunning(env: Host['env']): readonly string[] {
  return (env[guard] ?? '').split('\n').filter((one) => one !== '');
}

/**
 * Runs a command that was trusted, through the shell. Its standard error is shown to the user.
 *
 * @returns its standard output
 * @throws ERR_AUTH_SOURCE_FAILED; the message quotes neither the command nor its output
 */
export async function runConfiguredCommand(
  { command, title, place }: ConfiguredCommand,
  { host, commandEnv }: Pick<OpenContext, 'host' | 'commandEnv'>,
  { timeoutMs, maxBytes }: CommandLimits,
): Promise<string> {
  const named = `${title} (${place})`;
  const running = placesRunning(commandEnv);
  if (running.includes(place)) {
    throw failed(`${named} runs atmos, which would run the same command again`);
  }
  const options = {
    env: { ...commandEnv, [guard]: [...running, place].join('\n') },
    timeoutMs,
    maxBytes,
  };
  const result = await host.runShell(command, options).catch((error: unknown) => {
    throw failed(`${named} could not be started (${systemErrorCode(error) ?? 'unknown error'})`);
  });
  const { exitCode, stdout, timedOut, wroteTooMuch } = result;
  if (timedOut) throw failed(`${named} did not exit within ${timeoutMs / 1000} seconds`);
  if (wroteTooMuch) throw failed(`${named} printed more than ${maxBytes} bytes`);
  if (exitCode === 0) return stdout.toString('utf8');
  const how = exitCode === null ? 'was killed' : `failed with exit code ${exitCode}`;
  throw failed(`${named} ${how}`, 'run the command in a shell to see its output');
}

function failed(message: string, ...hints: string[]): AtmosError {
  return new AtmosError('ERR_AUTH_SOURCE_FAILED', message, { hints: hints.map(say) });
}
