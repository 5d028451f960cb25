import { spawnSync } from 'node:child_process';

/** The program as it is installed on the system that the suite runs on. */
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

/** Runs it without a terminal. */
export function runInstalled(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; input?: string; cwd?: string } = {},
): Finished {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [installedProgram(), ...args],
    { encoding: 'utf8', input: '', ...options },
  );
  if (error) throw error;
  return { exitCode: status, stdout, stderr };
}
