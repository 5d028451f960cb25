import { AtmosError } from '../core/errors.ts';
import { formatHint, posixSyntax } from '../core/format-hint.ts';
import { distinctHints, type Hint } from '../core/hint.ts';
import { fileSaying, placeIn, positionIn, type ConfigFile } from './config-file.ts';
import { formatPath } from './yaml-position.ts';

/** Something wrong at one place of the configuration. */
export interface Problem {
  readonly path: readonly string[];
  /** Follows the name of the place: `must be text, not a map`. */
  readonly message: string;
  readonly hint?: Hint;
  /** The file it is in, when that is not the last one that says something there. */
  readonly file?: ConfigFile;
}

/** A problem with its place, for an error, an editor, or `validate`. */
export interface LocatedProblem {
  readonly code: 'ERR_CONFIG_SYNTAX' | 'ERR_CONFIG_INVALID';
  readonly file: string;
  /** From 1, as editors count. */
  readonly line: number;
  readonly column: number;
  /** Empty for a syntax error. */
  readonly path: readonly string[];
  /** Without the place: `auth.realm must be text, not a map`. */
  readonly message: string;
  /** With the place: `auth.realm (/p/atmos.yaml:2:3) must be text, not a map`. */
  readonly text: string;
  readonly hints: readonly Hint[];
}

/** All problems of the configuration, one line of the message for each. */
export class ConfigError extends AtmosError {
  readonly problems: readonly LocatedProblem[];

  /** @param problems at least one */
  constructor(problems: readonly LocatedProblem[]) {
    const shown = problems.slice(0, maxShown);
    const lines = shown.map(({ text }) => text);
    if (problems.length > maxShown) lines.push(`and ${problems.length - maxShown} more`);
    const isSyntax = problems.some(({ code }) => code === 'ERR_CONFIG_SYNTAX');
    super(isSyntax ? 'ERR_CONFIG_SYNTAX' : 'ERR_CONFIG_INVALID', lines, {
      hints: distinctHints(shown.flatMap(({ hints }) => hints)),
    });
    this.problems = problems;
  }
}

const maxShown = 20;

/** The problem with the place it is at, among the files. */
export function locateProblem(problem: Problem, files: readonly ConfigFile[]): LocatedProblem {
  const { path, message, hint } = problem;
  const file = problem.file ?? fileSaying(files, path);
  return {
    code: 'ERR_CONFIG_INVALID',
    file: file.path,
    ...positionIn(file, path),
    path,
    message: `${formatPath(path)} ${message}`,
    text: `${formatPath(path)} (${placeIn(file, path)}) ${message}`,
    hints: hint === undefined ? [] : [hint],
  };
}

/** In the order of the files, and of the lines in each. */
export function sortProblems<P extends Pick<LocatedProblem, 'file' | 'line' | 'column'>>(
  problems: readonly P[],
  files: readonly string[],
): P[] {
  const at = ({ file }: P) => files.indexOf(file);
  return problems.toSorted((a, b) => at(a) - at(b) || a.line - b.line || a.column - b.column);
}

/** A warning on one line: `auth.x (/p/atmos.yaml:2:3) is not known: did you mean y?`. */
export function formatNotice({ text, hints }: LocatedProblem): string {
  return [text, ...hints.map((hint) => formatHint(hint, posixSyntax))].join(': ');
}
