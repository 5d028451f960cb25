import { appendFileSync } from 'node:fs';
import type { PlatformSuite } from './suite.ts';

/** What became of a case. */
export interface CaseResult {
  readonly name: string;
  /** What it rejected with, if it did. */
  readonly error: string | null;
}

/** Runs the cases one after the other and writes a line of JSON for each into the report. */
export async function runSuite({ cases }: PlatformSuite, report: string): Promise<void> {
  for (const { name, run } of cases) {
    const error = await run().then(() => null, textOf);
    appendFileSync(report, `${JSON.stringify({ name, error } satisfies CaseResult)}\n`);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${textOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
