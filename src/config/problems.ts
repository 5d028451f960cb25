import { AtmosError } from '../core/errors.ts';
import { formatPath } from './locate.ts';
import { fileSaying, placeIn, positionIn, type ConfigFile } from './places.ts';

/** Something wrong at one place of the configuration. */
export interface Problem {
  readonly path: readonly string[];
  /** Follows the name of the place: `must be text, not a map`. */
  readonly message: string;
  readonly hint?: string;
  /** The file it is in, when that is not the last one that says something there. */
  readonly file?: ConfigFile;
}

const mostShown = 20;

/**
 * Ends in one error when there are problems.
 *
 * @throws ERR_CONFIG_INVALID with each problem on a line, in the order of the files
 */
export function throwProblems(problems: readonly Problem[], files: readonly ConfigFile[]): void {
  if (problems.length === 0) return;
  const sorted = problems
    .map((problem) => placed(problem, files))
    .toSorted((a, b) => a.file - b.file || a.line - b.line || a.column - b.column);
  const lines = sorted.slice(0, mostShown).map(({ text }) => text);
  if (sorted.length > mostShown) lines.push(`and ${sorted.length - mostShown} more`);
  const hints = sorted.slice(0, mostShown).flatMap(({ hint }) => hint ?? []);
  throw new AtmosError('ERR_CONFIG_INVALID', lines.join('\n'), { hints: [...new Set(hints)] });
}

function placed(problem: Problem, files: readonly ConfigFile[]) {
  const { path, message, hint } = problem;
  const file = problem.file ?? fileSaying(files, path);
  const text = `${formatPath(path)} (${placeIn(file, path)}) ${message}`;
  return { text, hint, file: files.indexOf(file), ...positionIn(file, path) };
}
