import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

/** Whether this is Wine instead of Windows. Each suite states the differences. */
export const isWine = process.env['ATMOS_TEST_WINE'] !== undefined;

/** Path of the installed program. */
export function installedProgram(): string {
  const path = process.env['ATMOS_TEST_PROGRAM'];
  if (path === undefined) throw new Error('ATMOS_TEST_PROGRAM does not say where the program is');
  return path;
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** The whole environment. Default: that of the suite. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs it without a terminal. */
export function runInstalled(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  return runProgram(process.execPath, [installedProgram(), ...args], options);
}

/** Runs any program without a terminal. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { input, ...options }: ProgramOptions = {},
): Promise<Finished> {
  return collect(spawn(program, args, options), input);
}

async function collect(child: ChildProcessWithoutNullStreams, input = ''): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that reads no input may exit before the input is written.
  child.stdin.on('error', () => {}).end(input);
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout, stderr };
}

/** Runs a command line with the system's shell, as most SDKs run a `credential_process`. */
export async function runLine(line: string, options: ProgramOptions = {}): Promise<Finished> {
  return collect(spawn(line, { ...options, shell: true }));
}
