import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { AtmosError, isAtmosError, systemErrorCode } from '../core/errors.ts';
import { didYouMean, run } from '../core/hint.ts';
import { nearestName } from '../core/names.ts';
import type { ChildProcess, Host } from './host.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs a program that shares our streams, waits for it, and returns the exit code to pass on: its
 * own, or 128 + n when signal n ended it.
 *
 * SIGTERM, SIGUSR1 and SIGUSR2 are passed on. Of the terminal's own (SIGINT, SIGQUIT, SIGTSTP) the
 * kernel tells the child itself while we share the terminal's foreground: a second SIGINT would make
 * terraform abort. So they are passed on only when we are not there. SIGHUP is passed on unless it
 * reports the end of our terminal, which the child's process group is told too. On Windows nothing is.
 *
 * @param onStarted called once the program has been started. Its failure is only logged: the program
 *   runs already
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
  // Before the program starts: a signal that it sends at once would end us otherwise.
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
  // On Windows Ctrl-C, Ctrl-Break and a console that closes reach all its programs, and a signal sent
  // would kill: we only stay until the child has left.
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

/** How long after its SIGHUP the kernel may need to take the terminal from the session. */
const hangUpMs = 20;

/**
 * Calls `forward` for a SIGHUP that the child has not received itself. When a terminal ends, it has:
 * the kernel and the shell send SIGHUP to whole process groups, and the child is in ours. Only the
 * leader of the session is sent one for itself alone. That a terminal has ended can be seen: the
 * session has none any more.
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

/** Lets us stop at SIGTSTP like the child, so that the shell has its terminal back. */
function onStop(host: Host, before: () => Promise<void>, after: () => void): () => void {
  let stopListening: () => void;
  const listen = () => {
    stopListening = host.onSignals(['SIGTSTP'], () => {
      void before().then(() => {
        // Returns when we are continued; the listener is gone by then.
        host.raise('SIGTSTP');
        after();
        listen();
      });
    });
  };
  listen();
  return () => stopListening();
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
  // The system also says EACCES of a directory on PATH that it may not look into.
  const isFound = isPath || (await programsOn(env, platform)).includes(program);
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
        ? `${shown} is not there`
        : `${shown} is not there, or the program that its first line names`,
      { cause: error },
    );
  }
  const nearest = nearestName(program, await programsOn(env, platform));
  return new AtmosError('ERR_COMMAND_NOT_FOUND', `command ${shown} was not found on PATH`, {
    cause: error,
    hints: didYouMean(nearest),
  });
}

/** The names of what is on PATH; on Windows without the extensions that nobody types. */
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
