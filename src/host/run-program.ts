import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { definedOnly } from './defined-only.ts';
import type { ProgramOptions, ProgramResult, RunOptions, RunResult } from './host.ts';
import { killTree } from './kill-tree.ts';
import type { Startable } from './windows-program.ts';

const isWindows = process.platform === 'win32';
const windows = () => import('./windows-program.ts');
const killTimeoutMs = 5_000;

/**
 * Runs a command through `sh -c`, on Windows through `cmd.exe /c`. What it writes to standard error,
 * a person sees.
 */
export async function runShell(command: string, options: RunOptions): Promise<RunResult> {
  const start = isWindows
    ? (await windows()).throughCmd(command, process.env)
    : { file: 'sh', args: ['-c', command] };
  return collect(spawnStartable(start, spawnOptions(options, 'ignore', 'inherit')), options);
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
  const child = spawnStartable(start, spawnOptions(options, 'pipe', 'pipe'));
  // One that ends before it has read has said why, or has nothing to say.
  child.stdin?.on('error', () => {}).end(options.input ?? '');
  return collect(child, options);
}

function spawnStartable({ file, args, ...how }: Startable, options: SpawnOptions): ChildProcess {
  return spawn(file, args, { ...options, ...how });
}

function spawnOptions(
  { env }: RunOptions,
  stdin: 'ignore' | 'pipe',
  stderr: 'inherit' | 'pipe',
): SpawnOptions {
  return { env: definedOnly(env), stdio: [stdin, 'pipe', stderr], windowsHide: true };
}

/** What it writes until it ends or is killed: at the time limit, or when it writes too much. */
function collect(child: ChildProcess, { timeoutMs, maxBytes }: RunOptions): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const [stdout, stderr] = [Array<Buffer>(), Array<Buffer>()];
    let bytes = 0;
    let timedOut = false;
    const stop = () => {
      kill(child);
      // A grandchild may hold the pipes open for good: do not wait for its end.
      child.stdout?.destroy();
      child.stderr?.destroy();
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
    child.stdout?.on('data', take(stdout));
    child.stderr?.on('data', take(stderr));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      resolve({
        exitCode,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
        timedOut,
        wroteTooMuch: bytes > maxBytes,
      });
    });
  });
}

/** On Windows with what it has started. */
function kill(child: ChildProcess): void {
  if (!isWindows || child.pid === undefined) {
    child.kill('SIGKILL');
    return;
  }
  void killTree(child, async () => {
    const taskkill = (await windows()).systemProgram('taskkill.exe', process.env);
    const options = { timeout: killTimeoutMs, windowsHide: true };
    return (killArgs, onEnd) => void execFile(taskkill, killArgs, options, onEnd);
  });
}
