import {
  execFile,
  spawn,
  type ChildProcess as NodeChildProcess,
  type SpawnOptions,
} from 'node:child_process';
import { randomId } from './files.ts';
import {
  definedOnly,
  type DetachedOptions,
  type ProgramOptions,
  type ProgramResult,
  type RunOptions,
  type RunResult,
} from './host.ts';
import { commandVariable, killCommand } from './kill-command.ts';
import type { Startable } from './windows/programs.ts';
import { writeAll } from './write-all.ts';

const isWindows = process.platform === 'win32';
const windows = () => import('./windows/programs.ts');
const killTimeoutMs = 5_000;
/** Time to read what a command wrote to standard error before it exited. */
const lastWordsMs = 100;

/**
 * Runs a command with `sh -c`, on Windows with `cmd.exe /c`. Its standard error is shown to the
 * user.
 */
export async function runShell(command: string, options: RunOptions): Promise<RunResult> {
  const start = isWindows
    ? (await windows()).throughCmd(command, process.env)
    : { file: 'sh', args: ['-c', command] };
  const running = spawnStartable(start, options, 'ignore');
  const { child } = running;
  // Standard error is copied, not inherited: a background process of the command would keep an
  // inherited one open, and a reader of our standard error would wait for that process.
  child.stderr?.on('data', copyToStandardError);
  let parts = 2;
  const partEnded = () => {
    // A background process of the command may keep standard error open: do not wait for it.
    if (--parts === 0) setTimeout(() => child.stderr?.destroy(), lastWordsMs).unref();
  };
  child.once('exit', partEnded);
  child.stdout?.once('close', partEnded);
  const { exitCode, stdout, timedOut, wroteTooMuch } = await collect(running, options, ['stdout']);
  return { exitCode, stdout, timedOut, wroteTooMuch };
}

/** Runs a program without a shell. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const start = isWindows
    ? (await windows()).windowsProgram(program, args, options.env)
    : { file: program, args };
  const running = spawnStartable(start, options, 'pipe');
  // A program that exits before it has read its input has reported the reason, or has nothing to
  // report.
  running.child.stdin?.on('error', () => {}).end(options.input ?? '');
  return collect(running, options, ['stdout', 'stderr']);
}

interface Running {
  readonly child: NodeChildProcess;
  /** Set in the environment of every process that it starts. */
  readonly commandId: string;
}

function spawnStartable(
  { file, args, ...how }: Startable,
  { env }: RunOptions,
  stdin: 'ignore' | 'pipe',
): Running {
  const commandId = randomId();
  // Another atmos-auth command may run this command, which then belongs to both.
  const ids = [env[commandVariable], commandId].filter(Boolean).join(',');
  const options: SpawnOptions = {
    env: { ...definedOnly(env), ...(isWindows ? {} : { [commandVariable]: ids }) },
    stdio: [stdin, 'pipe', 'pipe'],
    windowsHide: true,
    ...how,
  };
  return { child: spawn(file, args, options), commandId };
}

function copyToStandardError(chunk: Buffer): void {
  try {
    writeAll(2, chunk);
  } catch {
    // The reader of our standard error has exited.
  }
}

/**
 * Collects output until the program exits, reaches the time limit or writes too much. In the last
 * two cases it is killed.
 */
function collect(
  { child, commandId }: Running,
  { timeoutMs, maxBytes }: RunOptions,
  taken: readonly ('stdout' | 'stderr')[],
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const kept = { stdout: Array<Buffer>(), stderr: Array<Buffer>() };
    let bytes = 0;
    let timedOut = false;
    let stopping: Promise<void> | undefined;
    const stop = () => {
      if (stopping !== undefined) return;
      stopping = kill(child, commandId);
      // A process that could not be killed may hold the pipes open, so do not wait for their end.
      // Data that is already in standard error is still read.
      child.stdout?.destroy();
      setTimeout(() => child.stderr?.destroy(), lastWordsMs).unref();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, timeoutMs);
    const take = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) stop();
      else chunks.push(chunk);
    };
    for (const name of taken) child[name]?.on('data', take(kept[name]));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      const result = {
        exitCode,
        stdout: Buffer.concat(kept.stdout),
        stderr: Buffer.concat(kept.stderr),
        timedOut,
        wroteTooMuch: bytes > maxBytes,
      };
      // `stopping` never rejects.
      void (stopping ?? Promise.resolve()).then(() => resolve(result));
    });
  });
}

/** Kills the process and all processes that it started. Never rejects. */
function kill(child: NodeChildProcess, commandId: string): Promise<void> {
  const { pid, exitCode, signalCode } = child;
  const rootId = exitCode === null && signalCode === null ? pid : undefined;
  if (!isWindows) return killCommand(rootId, commandId, process.platform).catch(() => {});
  return killTree(child, async () => {
    const taskkill = (await windows()).systemProgram('taskkill.exe', process.env);
    const options = { timeout: killTimeoutMs, windowsHide: true };
    return (killArgs, onEnd) => void execFile(taskkill, killArgs, options, onEnd);
  });
}

type Killable = Pick<NodeChildProcess, 'pid' | 'exitCode' | 'signalCode' | 'kill'>;

/** Starts `taskkill.exe` and calls `onEnd` when it has exited. */
export type Taskkill = (args: readonly string[], onEnd: () => void) => void;

/**
 * Kills a Windows program and the processes that it started, as far as the system still knows them:
 * killing a shell alone would not stop the program that it waits for. `taskkill.exe` must do this
 * while the program still runs. A program that has exited is skipped, because its process id may
 * have been reused.
 */
export async function killTree(child: Killable, load: () => Promise<Taskkill>): Promise<void> {
  if (hasEnded(child)) return;
  const taskkill = await load();
  if (hasEnded(child)) return;
  taskkill(['/pid', String(child.pid), '/t', '/f'], () => void child.kill('SIGKILL'));
}

function hasEnded({ exitCode, signalCode }: Killable): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Implements `startDetached` of the host. */
export function startDetached(
  program: string,
  args: readonly string[],
  { env, input, timeoutMs }: DetachedOptions,
): Promise<{ said: string; timedOut: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: definedOnly(env),
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // A process that it started may hold the pipe open.
      child.stdout.destroy();
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdout.once('close', () => {
      clearTimeout(timer);
      child.unref();
      resolve({ said, timedOut });
    });
    // A program that exits before it has read its input has reported the reason, or has nothing to
    // report.
    child.stdin.on('error', () => {}).end(input);
  });
}
