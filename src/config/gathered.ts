import type { ConfigFile } from './config-file.ts';
import { ConfigError, sortProblems, type LocatedProblem } from './problems.ts';

/** What is met on the way, to be told at the end. */
export interface Gathered {
  readonly problems: LocatedProblem[];
  /** What is no error. */
  readonly notices: LocatedProblem[];
  report(problem: LocatedProblem): void;
}

export function gather(): Gathered {
  const problems: LocatedProblem[] = [];
  return { problems, notices: [], report: (problem) => void problems.push(problem) };
}

/**
 * Tells the problems, in the order of the files: to `report`, or else by throwing.
 *
 * @throws {ConfigError}
 */
export function throwGathered(
  { problems }: Gathered,
  files: readonly ConfigFile[],
  report?: (problem: LocatedProblem) => void,
): void {
  const sorted = sortProblems(
    problems,
    files.map(({ path }) => path),
  );
  if (report) for (const problem of sorted) report(problem);
  else if (sorted.length > 0) throw new ConfigError(sorted);
}
