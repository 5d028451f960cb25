import { readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { didYouMean, run, say } from '../core/hint.ts';
import { nearestName } from '../core/names.ts';
import type { ChildProcess, Host } from './host.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs a program that shares the streams of this process, waits for it, and returns the exit code
 * to pass on: its own, or 128 + n if signal n terminated it.
 *
 * SIGTERM, SIGUSR1 and SIGUSR2 are forwarded. Signals of the terminal (SIGINT, SIGQUIT, SIGTSTP)
 * reach the child from the kernel while both processes are in the foreground of the terminal, and a
 * second SIGINT would make terraform abort. They are therefore forwarded only if this process is
 * not in the foreground. SIGHUP is forwarded unless it reports the end of the terminal, which the
 * child's process group receives as well. On Windows no signal is forwarded.
 *
 * @param onStarted called after the program has started; if it fails, this is only logged, because
 *   the program already runs
 * @throws ERR_COMMAND_NOT_FOUND, ERR_COMMAND_NOT_EXECUTABLE
 */
export async function runChild(
  host: Host,
  [program = '', ...args]: readonly string[],
  env: Environment,
  onStarted?: () => Promise<void>,
): Promise<number> {
  const startMs = host.monotonicMs();
  host.log('program.started', { program });
  // Installed before the program starts, because a signal that the program sends immediately would
  // otherwise terminate this process.
  const stopForwarding = forwardSignals(host, { kill: (signal) => child.kill(signal) });
  let child: ChildProcess;
  try {
    child = host.spawn(program, args, { env });
    void onStarted?.().catch(() => host.log('program.unshielded', {}));
    const { exitCode, signal } = await child.ended;
    const passedOn = exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    host.log('program.ended', {
      exit_code: passedOn,
      signal: signal ?? undefined,
      duration_ms: host.monotonicMs() - startMs,
    });
    return passedOn;
  } catch (error) {
    throw await startError(program, env, error, host.platform);
  } finally {
    stopForwarding();
  }
}

function forwardSignals(host: Host, child: Pick<ChildProcess, 'kill'>): () => void {
  // On Windows Ctrl-C, Ctrl-Break and closing the console reach all programs of the console, and
  // sending a signal would kill the child: only wait until it exits.
  if (host.platform === 'win32') {
    return host.onSignals(['SIGINT', 'SIGBREAK', 'SIGHUP'], () => {});
  }
  const stops = [
    host.onSignals(['SIGTERM', 'SIGUSR1', 'SIGUSR2'], (signal) => child.kill(signal)),
    onHangUp(host, () => child.kill('SIGHUP')),
    host.onSignals(['SIGINT', 'SIGQUIT'], (signal) => {
      void host.inForeground().then((knows) => knows || child.kill(signal));
    }),
    onStop(
      host,
      async () => {
        if (!(await host.inForeground())) child.kill('SIGTSTP');
      },
      () => child.kill('SIGCONT'),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** How long the kernel may take to detach the terminal from the session after SIGHUP. */
const hangUpMs = 20;

/**
 * Calls `forward` for a SIGHUP that the child has not received itself. When a terminal ends, the
 * kernel and the shell send SIGHUP to whole process groups, which include the child. Only the
 * session leader receives a SIGHUP alone. If the terminal has ended, the session no longer has one.
 */
function onHangUp(host: Host, forward: () => void): () => void {
  const hadTerminal = host.hasTerminal();
  async function reachedChild(): Promise<boolean> {
    if (!hadTerminal || (await host.isSessionLeader())) return false;
    if (!host.hasTerminal()) return true;
    await host.sleep(hangUpMs);
    return !host.hasTerminal();
  }
  return host.onSignals(['SIGHUP'], () => {
    void reachedChild().then((knows) => knows || forward());
  });
}

/** Stops this process at SIGTSTP like the child, so that the shell gets its terminal back. */
function onStop(host: Host, before: () => Promise<void>, after: () => void): () => void {
  let stopListening: () => void;
  const listen = () => {
    stopListening = host.onSignals(['SIGTSTP'], () => {
      void before().then(() => {
        // Returns when this process is continued. The listener has been removed by then.
        host.raise('SIGTSTP');
        after();
        listen();
      });
    });
  };
  listen();
  return () => stopListening();
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

async function startError(
  program: string,
  env: Environment,
  error: unknown,
  platform: NodeJS.Platform,
): Promise<unknown> {
  const reason = systemErrorCode(error);
  if (reason === undefined || isAtmosError(error)) return error;
  const shown = JSON.stringify(program);
  const isPath = /[/\\]/.test(program);
  // The system also reports EACCES if a directory on PATH cannot be searched.
  const isFound = isPath || (await programsOn(env, platform)).includes(program);
  if (isPath && isDirectory(program)) {
    return new AtmosError('ERR_COMMAND_NOT_EXECUTABLE', `cannot run ${shown}: it is a directory`, {
      cause: error,
      hints: [say('name a program, or a file in the directory that is one')],
    });
  }
  if (reason !== 'ENOENT' && isFound) {
    return new AtmosError('ERR_COMMAND_NOT_EXECUTABLE', `cannot run ${shown}: ${reason}`, {
      cause: error,
      hints: reason === 'EACCES' && platform !== 'win32' ? [run(['chmod', '+x', program])] : [],
    });
  }
  if (isPath) {
    return new AtmosError(
      'ERR_COMMAND_NOT_FOUND',
      platform === 'win32'
        ? `${shown} does not exist`
        : `${shown} or the interpreter in its first line does not exist`,
      { cause: error },
    );
  }
  const nearest = nearestName(program, await programsOn(env, platform));
  return new AtmosError('ERR_COMMAND_NOT_FOUND', `command ${shown} was not found on PATH`, {
    cause: error,
    hints: didYouMean(nearest),
  });
}

/** The names of programs on PATH; on Windows without the extensions, which users do not type. */
async function programsOn(env: Environment, platform: NodeJS.Platform): Promise<string[]> {
  if (platform !== 'win32') return (env['PATH'] ?? '').split(delimiter).flatMap(namesIn);
  const { directoriesOn } = await import('./windows/programs.ts');
  const names = directoriesOn(env).flatMap(namesIn);
  return names.map((name) => name.replace(/\.(com|exe|bat|cmd)$/i, ''));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
