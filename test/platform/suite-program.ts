import { runProgram, type Finished, type ProgramOptions } from './installed.ts';

export const programFlag = '--program';

/** Runs a program of the suite that is running, in a process of its own. */
export function runSuiteProgram(
  name: string,
  args: readonly string[],
  options?: ProgramOptions,
): Promise<Finished> {
  return runProgram(process.execPath, [suiteFile(), programFlag, name, ...args], options);
}

function suiteFile(): string {
  const [, file] = process.argv;
  if (file === undefined) throw new Error('the suite was not started as a file');
  return file;
}
