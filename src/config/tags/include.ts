import { dirname, isAbsolute, resolve } from 'node:path';
import { isAtmosError } from '../../core/errors.ts';
import { say, type Hint } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import { realPathIfVisible } from '../../host/read-files.ts';
import type { IncludedFile } from '../config-file.ts';
import { findGitRoot, isBelow } from '../git-root.ts';
import type { Origin } from '../layer.ts';
import { checkOwnership } from '../ownership.ts';
import { readText, type ReadText } from '../read.ts';
import { isTrustedByVariable, trustVariableNote } from '../trust-variable.ts';
import { containsNul, nulProblem, type Tagged } from '../values.ts';
import { formatPath, locate, quote, type YamlNode } from '../yaml-position.ts';
import { parseByName } from './format.ts';
import { parseQuery, type QueryStep } from './query.ts';
import { splitFirst, splitArguments } from './tag.ts';

/** As imports: files that include files, so deep and no deeper. */
const maxDepth = 10;

/** Files that one file includes, by others too: far above any real one. */
const maxFiles = 100;

export interface IncludeOptions {
  readonly file: { readonly path: string; readonly origin: Origin };
  readonly host: Pick<Host, 'env' | 'userId' | 'workingDirectory'>;
  readonly onInclude: (included: IncludedFile) => void;
}

/** What a file holds, and the path of the query that is yet to be followed into it. */
interface Included extends Written {
  readonly steps: readonly QueryStep[];
}

type Refusal = { readonly problem: string; readonly hint?: Hint };

/** Reads the file that a tag names, or reports why not. */
export type Includer = (tagged: Tagged, from: IncludedFrom) => Included | undefined;

/** Whether the tag is one that an {@link Includer} reads. */
export function isInclude(tag: string): boolean {
  return tag === '!include' || tag === '!include.raw';
}

/**
 * `!include PATH [QUERY]`: the data of a file, or the part of it that the query names; of
 * `!include.raw PATH` its text. A relative path is looked for beside the file that says it, and for a
 * project's file then in the working directory (Atmos looks in the base path second, and in atmos.yaml
 * only in the working directory). Files elsewhere are not fetched. A project's file reaches none
 * outside of the project: what it holds would come to light in messages and requests.
 */
export function createIncluder({ file, host, onInclude }: IncludeOptions): Includer {
  let files = 0;

  /** What is no project's own does not depend on the directory one happens to work in. */
  function startsOf(path: string): string[] {
    const working = file.origin === 'project' ? [host.workingDirectory()] : [];
    return [...new Set([dirname(path), ...working])];
  }

  function include(tagged: Tagged, from: IncludedFrom): Included | Refusal {
    const { by, at } = from;
    const asked = parseInclude(tagged);
    if ('problem' in asked) return asked;
    const read = readFirst(asked.name, startsOf(by.path));
    if ('problem' in read) return read;
    const { path, text, stats } = read;
    if (file.origin !== 'explicit') checkOwnership(path, stats, host);
    const realPath = realPathIfVisible(path);
    if (by.chain.map(realPathIfVisible).includes(realPath))
      return { problem: `includes ${path}, which includes it in turn` };
    if (by.chain.length > maxDepth)
      return { problem: `includes through more than ${maxDepth} files` };
    if (++files > maxFiles) {
      return { problem: `includes a file, but ${file.path} includes more than ${maxFiles} files` };
    }
    if (isOutside(realPath, file) && !isTrustedByVariable(host)) {
      return {
        problem: `includes ${path}, which is outside of the project${trustVariableNote(host)}`,
        hint: say('copy it into the project, or name the configuration with --config'),
      };
    }
    onInclude({ path, text, at });
    const parsed = asked.isRaw ? { data: text } : parseByName(read);
    if ('problem' in parsed)
      return { ...parsed, problem: `includes ${path}, which ${parsed.problem}` };
    const { data, ...root } = parsed;
    const source = createIncludedSource({ path, text, ...root }, from);
    return { value: data, source, steps: asked.steps };
  }

  return (tagged, from) => {
    const included = include(tagged, from);
    if (!('problem' in included)) return included;
    const { problem: message, ...hint } = included;
    from.by.report({ path: from.at, message, ...hint });
    return undefined;
  };
}

function parseInclude({
  tag,
  value,
}: Tagged): Refusal | { name: string; isRaw: boolean; steps: QueryStep[] } {
  if (containsNul(value)) return { problem: nulProblem };
  const first = typeof value === 'string' ? splitFirst(value.trim()) : undefined;
  if (first === undefined) return { problem: `requires the path of a file after ${tag}` };
  const { word: name, rest } = first;
  if (isRemote(name)) {
    return {
      problem: 'includes a remote file, which is not fetched',
      hint: say('download it into the project and include that file'),
    };
  }
  const isRaw = tag === '!include.raw';
  if (rest !== '' && isRaw)
    return { problem: 'requires one path after !include.raw, without a query' };
  const steps = rest === '' ? [] : parseQuery(unquoted(rest));
  if (steps !== undefined) return { name, isRaw, steps };
  return {
    problem:
      'has a query after !include that is not a plain path; other yq expressions are not supported',
    hint: say('write it like .accounts.dev, .list[0] or ."two words"'),
  };
}

/** A query may be quoted as a whole. */
function unquoted(query: string): string {
  const [word, ...more] = splitArguments(query) ?? [];
  return /^["']/.test(query) && word !== undefined && more.length === 0 ? word : query;
}

/** Addresses that go-getter, which Atmos uses, treats as remote. */
function isRemote(name: string): boolean {
  if (/^[a-z][a-z0-9+.-]+:\/\/|::|^[\w.-]+@[\w.-]+:/i.test(name)) return true;
  return /^(github\.com|gitlab\.com|bitbucket\.org|[^/]+\.(amazonaws|googleapis)\.com)\//i.test(
    name,
  );
}

function readFirst(
  name: string,
  directories: readonly string[],
): Refusal | (ReadText & { path: string }) {
  const places = isAbsolute(name) ? [''] : directories;
  try {
    for (const place of places) {
      const path = resolve(place, name);
      const read = readText(path);
      if (read !== undefined) return { path, ...read };
    }
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return { problem: `includes a file that cannot be read: ${error.message}` };
  }
  const missing = isAbsolute(name) ? 'does not exist' : `was not found in ${places.join(' or ')}`;
  return { problem: `includes ${quote(name)}, which ${missing}` };
}

/** Whether a project's file reaches out of the project: its repository, and its own directory. */
function isOutside(realPath: string, file: { path: string; origin: Origin }): boolean {
  if (file.origin !== 'project') return false;
  const directory = dirname(file.path);
  const project = [directory, findGitRoot(directory) ?? directory].map(realPathIfVisible);
  return !project.some((parent) => isBelow(realPath, parent));
}

export type Path = readonly string[];

/** Something wrong, at a path in the settings. The message follows the name of the place. */
export interface TagProblem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: Hint;
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

interface IncludedFrom {
  readonly by: Source;
  /** Where the `!include` stands, in the settings. */
  readonly at: Path;
  /** Where in the settings that begins which the file says. */
  readonly base: Path;
}

/**
 * A file that was included. Its problems are reported at the position of the `!include`, with the
 * position in the file.
 *
 * @param above the keys a query followed into the file
 */
function createIncludedSource(
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
