import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Ended {
  exitCode: number | null;
  lines: string[];
  stderr: string;
}

/**
 * Runs the compiled program.ts, or another program of Node, until it exits. A program that does not
 * exit within 20 seconds is killed and has no exit code.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  return runCommand(process.execPath, [file, ...args], env);
}

/** @param input its standard input */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Ended & { stdout: string }> {
  const child = spawn(command, args, {
    env,
    stdio: 'pipe',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  // It may exit without reading its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  const [stdout, stderr] = await output;
  return { exitCode, stdout, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}
