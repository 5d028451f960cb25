import { formatPath, locate, type YamlNode } from '../yaml-position.ts';

export type Path = readonly string[];

/** Something wrong, at a path in the settings. The message follows the name of the place. */
export interface TagProblem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
}

/** A file that values are written in. */
export interface Source {
  readonly path: string;
  /** The files that include one another, this one last. */
  readonly chain: readonly string[];
  report(problem: TagProblem): void;
  /** The same for what is written below that key, which a query took out of the rest. */
  below(key: string): Source;
}

/** A value with the file it is written in. */
export interface Written<T = unknown> {
  readonly value: T;
  readonly source: Source;
}

/** The file that begins it all. */
export function createSource(options: {
  file: { path: string };
  report: (problem: TagProblem) => void;
}): Source {
  const { file, report } = options;
  const source: Source = { path: file.path, chain: [file.path], report, below: () => source };
  return source;
}

/** Whether what is written there was included by another file. */
export function isIncluded({ chain }: Source): boolean {
  return chain.length > 1;
}

export interface IncludedFrom {
  readonly by: Source;
  /** Where the `!include` stands, in the settings. */
  readonly at: Path;
  /** Where in the settings that begins which the file says. */
  readonly base: Path;
}

/**
 * A file that was included. What is wrong in it is told at the place of the `!include`, with the
 * place in the file.
 *
 * @param above the keys a query followed into the file
 */
export function createIncludedSource(
  file: { path: string; text: string; root?: () => YamlNode },
  from: IncludedFrom,
  above: Path = [],
): Source {
  const { by, at, base } = from;
  return {
    path: file.path,
    chain: [...by.chain, file.path],
    report: ({ path, message, ...rest }) => {
      const inner = [...above, ...path.slice(base.length)];
      by.report({
        path: at,
        message: `includes ${nameOf(file, inner)}, which ${message}`,
        ...rest,
      });
    },
    below: (key) => createIncludedSource(file, from, [...above, key]),
  };
}

function nameOf(file: { path: string; text: string; root?: () => YamlNode }, path: Path): string {
  if (file.root === undefined) return file.path;
  const { line, column } = locate({ text: file.text, root: file.root() }, path);
  const place = `${file.path}:${line}:${column}`;
  return path.length === 0 ? place : `${formatPath(path)} (${place})`;
}
