import { say, type Hint } from '../core/hint.ts';
import { withoutVariables } from '../host/environment.ts';
import type { Host } from '../host/host.ts';
import { placeIn, type ConfigFile, type PendingCommand } from './config-file.ts';
import type { Problem } from './problems.ts';
import { parseCommandOutput, withCommandOutput } from './tags/resolve.ts';

const timeoutMs = 30_000;
const maxBytes = 1024 * 1024;
// Set for the commands, so that a command that loads the configuration fails instead of looping.
const guard = 'ATMOS_AUTH_EXEC_RUNS';

/** The file without the values of its `!exec` tags, for callers that run no commands. */
export function withoutCommands(file: ConfigFile): ConfigFile {
  return file.commands.reduce((left, { path }) => withValue(left, path, undefined), file);
}

/**
 * Runs the `!exec` commands of the file one after the other, with `sh -c` or on Windows `cmd.exe`,
 * in the working directory, each for at most 30 seconds. The caller must have checked that the file
 * is trusted.
 *
 * @param withheld names of variables that hold secrets of atmos-auth; commands do not get them
 */
export async function runCommands(
  file: ConfigFile,
  withheld: readonly string[],
  machine: Pick<Host, 'env' | 'log' | 'platform' | 'runShell'>,
  report: (problem: Problem) => void,
): Promise<ConfigFile> {
  const host = {
    log: machine.log,
    runShell: machine.runShell,
    env: withoutVariables(machine, withheld),
  };
  let done = file;
  for (const command of file.commands) {
    const fault = (message: string, hint?: Hint) => {
      report({ path: command.path, message, file, ...(hint ? { hint } : {}) });
      return undefined;
    };
    host.log('config.command', { place: placeIn(file, command.path) });
    done = withValue(done, command.path, await run(command, host, fault));
  }
  return done;
}

async function run(
  { command }: PendingCommand,
  host: Pick<Host, 'env' | 'runShell'>,
  fault: (message: string, hint?: Hint) => undefined,
): Promise<unknown> {
  if (host.env[guard] !== undefined) {
    return fault('runs a command that loads this configuration again, in an endless loop');
  }
  const env = { ...host.env, [guard]: '1' };
  const result = await host.runShell(command, { env, timeoutMs, maxBytes }).catch(() => undefined);
  if (result === undefined) return fault('runs a command, but no shell was found to run it');
  if (result.timedOut)
    return fault(`runs a command that did not end within ${timeoutMs / 1000} seconds`);
  if (result.wroteTooMuch) return fault('runs a command that writes more than 1 MiB');
  if (result.exitCode === 0) return parseCommandOutput(result.stdout.toString('utf8'));
  const how =
    result.exitCode === null ? 'was terminated by a signal' : `exited with code ${result.exitCode}`;
  return fault(`runs a command that ${how}`, say('run the command yourself to see why'));
}

function withValue(file: ConfigFile, path: readonly string[], value: unknown): ConfigFile {
  return { ...file, settings: withCommandOutput(file.settings, path, value) };
}
