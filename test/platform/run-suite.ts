import { appendFileSync } from 'node:fs';
import { loadWindows } from '../../src/host/windows/load.ts';
import { Skipped, type PlatformSuite } from './suite.ts';
import { programFlag } from './suite-program.ts';

/** The result of a case. */
export interface CaseResult {
  readonly name: string;
  /** The error, if it failed. */
  readonly error: string | null;
  /** Why it could not run here, if it was skipped. */
  readonly skipped: string | null;
}

/**
 * Runs the cases one after the other and appends a line of JSON for each to the report.
 *
 * @param args path of the report; or `--program`, the name of a program of the suite and its
 *   arguments; or `--describe` to print the cases
 */
export async function runSuite(suite: PlatformSuite, args: readonly string[]): Promise<void> {
  await loadWindows();
  const [first = '', name = '', ...rest] = args;
  if (first === programFlag) {
    const program = suite.programs?.[name];
    if (program === undefined) throw new Error(`the suite has no program ${name}`);
    return program(rest);
  }
  if (first === '--describe') {
    const { cases, ...described } = suite;
    process.stdout.write(JSON.stringify({ ...described, cases: cases.map((one) => one.name) }));
    return;
  }
  for (const { name: promise, run } of suite.cases) {
    const result = await run().then(
      () => ({ error: null, skipped: null }),
      (error: unknown) =>
        error instanceof Skipped
          ? { error: null, skipped: error.message }
          : { error: textOf(error), skipped: null },
    );
    appendFileSync(first, `${JSON.stringify({ name: promise, ...result } satisfies CaseResult)}\n`);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${textOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
