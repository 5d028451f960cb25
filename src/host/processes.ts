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
/** For what a command has written to standard error before it ended. */
const lastWordsMs = 100;

/**
 * Runs a command through `sh -c`, on Windows through `cmd.exe /c`. What it writes to standard error,
 * a person sees.
 */
export async function runShell(command: string, options: RunOptions): Promise<RunResult> {
  const start = isWindows
    ? (await windows()).throughCmd(command, process.env)
    : { file: 'sh', args: ['-c', command] };
  const running = spawnStartable(start, options, 'ignore');
  const { child } = running;
  // We copy it: if it were our own, whatever the command leaves running would keep it open, and who
  // reads it would wait for that.
  child.stderr?.on('data', copyToStandardError);
  let parts = 2;
  const partEnded = () => {
    // A background process that the command leaves may hold standard error: it is not waited for.
    if (--parts === 0) setTimeout(() => child.stderr?.destroy(), lastWordsMs).unref();
  };
  child.once('exit', partEnded);
  child.stdout?.once('close', partEnded);
  const { exitCode, stdout, timedOut, wroteTooMuch } = await collect(running, options, ['stdout']);
  return { exitCode, stdout, timedOut, wroteTooMuch };
}

/** Runs a program by itself, without a shell. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const start = isWindows
    ? (await windows()).windowsProgram(program, args, options.env)
    : { file: program, args };
  const running = spawnStartable(start, options, 'pipe');
  // One that ends before it has read has said why, or has nothing to say.
  running.child.stdin?.on('error', () => {}).end(options.input ?? '');
  return collect(running, options, ['stdout', 'stderr']);
}

interface Running {
  readonly child: NodeChildProcess;
  /** In the environment of all that it starts. */
  readonly commandId: string;
}

function spawnStartable(
  { file, args, ...how }: Startable,
  { env }: RunOptions,
  stdin: 'ignore' | 'pipe',
): Running {
  const commandId = randomId();
  // A command of ours may be run by another one, and belongs to both.
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
    // No one reads it any more.
  }
}

/** What it writes until it ends or is killed: at the time limit, or when it writes too much. */
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
      // What could not be killed may hold the pipes open for good, so their end is not awaited. What is
      // in standard error already is read.
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
      // It never rejects.
      void (stopping ?? Promise.resolve()).then(() => resolve(result));
    });
  });
}

/** With what it has started. Never rejects. */
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

/** Starts `taskkill.exe`, and tells when it has ended. */
export type Taskkill = (args: readonly string[], onEnd: () => void) => void;

/**
 * Kills a program of Windows with what it has started, as far as the system still knows who did: a
 * shell ends there without the program that it waits for. A helper of the system has to do that, while
 * the first is still there to be asked about. One that has ended is let be: its number may be that of
 * another program by now.
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

/** As `startDetached` of the host. */
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
      // What it has started may hold the pipe open.
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
    // One that ends before it has read says so, or has nothing to say.
    child.stdin.on('error', () => {}).end(input);
  });
}
