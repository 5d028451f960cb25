import { countOf } from '../core/count.ts';
import { say } from '../core/hint.ts';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import { findUnknownKeys, isMap } from '../core/validate.ts';
import {
  checkAudit,
  checkEnvironment,
  checkNames,
  checkNumbers,
  checkTexts,
  checkVariableNames,
} from './check.ts';
import type { Config } from './config.ts';
import { fileSaying, sourceOf, tagAt, valueAt, type ConfigFile } from './config-file.ts';
import {
  auditFileEntry,
  identityEntries,
  integrationEntries,
  keyringEntry,
  logsEntry,
  providerEntries,
  sourced,
  sourcedText,
} from './entries.ts';
import { environmentEntries, environmentSettings, environmentWarnings } from './environment.ts';
import { misplacedSpec, type OtherType } from './keyring-spec.ts';
import { mergeMaps } from './merge.ts';
import {
  ConfigError,
  formatNotice,
  locateProblem,
  sortProblems,
  type LocatedProblem,
  type Problem,
} from './problems.ts';
import {
  checkSettings,
  closedMaps,
  identityKeysForAtmos,
  openMaps,
  type KnownMap,
  type Settings,
} from './schema.ts';

type Path = readonly string[];

/** The merged settings of all files. Invalid values are reported and left out. */
export function readSettings(
  files: readonly ConfigFile[],
  spec: SpecSchema,
  { report }: Pick<Gathered, 'report'>,
) {
  const merged = mergeFiles(files);
  const { auth = {}, logs } = checkMerged(merged, files, spec, report);
  const notices = [...findWarnings(merged, spec), ...environmentWarnings(merged, files, spec)].map(
    (problem) => locateProblem(problem, files),
  );
  return withoutAbsent({
    files: files.map(({ path }) => path),
    realm: realmEntry(auth.realm, files),
    keyring: keyringEntry(auth, files, spec),
    logs: logsEntry({ auth: auth.logs, top: logs }, files),
    auditFile: auditFileEntry(auth, files),
    identities: identityEntries(auth, files),
    providers: providerEntries(auth, files),
    integrations: integrationEntries(auth, files),
    sessionFiles: sessionFiles(auth.session_files, files),
    env: environmentEntries(merged, files, spec),
    environment: environmentSettings(merged, files, spec),
    async keychainStores(host: Parameters<Config['keychainStores']>[0]) {
      const { readKeychainStores } = await import('./keychain-stores.ts');
      return readKeychainStores(files, host);
    },
    notices,
    warnings: notices.map(formatNotice),
    notesForAtmos: () => notesForAtmos(merged).map((problem) => locateProblem(problem, files)),
    emptyKeys: (path: Path) =>
      emptyKeys(path, files, merged).map((problem) => locateProblem(problem, files)),
    misplacedSpec: (other: OtherType) => misplacedSpec(files, other),
    locate: (problem: Problem) => locateProblem(problem, files),
    originOf: (path: Path) => fileSaying(files, path).origin,
    sourceOf: (path: Path) => sourceOf(files, path),
    tagAt: (path: Path) => tagAt(files, path),
  });
}

/** An empty realm from a tag is kept, so that it is reported. */
function realmEntry(realm: string | undefined, files: readonly ConfigFile[]) {
  const path = ['auth', 'realm'];
  return realm === '' && tagAt(files, path) !== undefined
    ? sourced(realm, path, files)
    : sourcedText(realm, path, files);
}

export function mergeFiles(files: readonly ConfigFile[]): Record<string, unknown> {
  return files.reduce((merged, { settings }) => mergeMaps(merged, settings), {});
}

/** Checks what is merged. Without what is wrong in it, when there is. */
function checkMerged(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  spec: SpecSchema,
  report: Gathered['report'],
): Settings {
  if (files.length === 0) return {};
  const wrong: Problem[] = [];
  const note = (problem: Problem) => void wrong.push(problem);
  checkNames(merged, files, note);
  checkNumbers(merged, files, note);
  checkEnvironment(merged, note);
  checkTexts(merged, note);
  checkVariableNames(merged, spec, note);
  checkAudit(merged, files, note);
  const settings = checkSettings(merged, files, spec, note);
  for (const problem of wrong) report(locateProblem(problem, files));
  if (settings !== undefined) return settings;
  const right = wrong.reduce((left, { path }) => withoutValue(left, path), merged);
  return checkSettings(right, files, spec, () => {}) ?? {};
}

function withoutValue(
  map: Readonly<Record<string, unknown>>,
  [key = '', ...rest]: readonly string[],
): Record<string, unknown> {
  const { [key]: value, ...others } = map;
  // In a list, the list goes: its items have no names.
  return isMap(value) && rest.length > 0 ? { ...others, [key]: withoutValue(value, rest) } : others;
}

function sessionFiles(value: boolean | undefined, files: readonly ConfigFile[]): Sourced<boolean> {
  if (value === undefined) return { value: false, source: 'default' };
  return sourced(value, ['auth', 'session_files'], files);
}

type MergedSettings = Readonly<Record<string, unknown>>;

/**
 * Warnings: unknown keys. In maps where a newer Atmos may have other keys, only keys similar to known
 * ones are reported.
 */
function findWarnings(merged: MergedSettings, spec: SpecSchema): Problem[] {
  return [
    ...openMaps.flatMap((map) => unknownKeys(merged, map)).filter(({ hint }) => hint !== undefined),
    ...closedMaps(spec).flatMap((map) => unknownKeys(merged, map)),
  ];
}

/** One for each key, at the first identity that has it: a project may have hundreds of identities. */
function notesForAtmos(merged: MergedSettings): Problem[] {
  const identities = pathsOf(merged, ['auth', 'identities', '*']);
  return identityKeysForAtmos.flatMap((key) => {
    const [path, ...more] = identities
      .map((identity) => [...identity, key])
      .filter((at) => valueAt(merged, at) !== undefined);
    if (path === undefined) return [];
    const count = countOf(more.length, 'other identity', 'other identities');
    const others = more.length === 0 ? '' : `; also set in ${count}`;
    return [{ path, message: `is used by Atmos only, not by atmos auth${others}` }];
  });
}

function emptyKeys(path: Path, files: readonly ConfigFile[], merged: MergedSettings): Problem[] {
  return files.flatMap((file) => {
    const map = valueAt(file.written, path);
    if (!isMap(map)) return [];
    const isEmpty = (key: string) =>
      map[key] === null && valueAt(merged, [...path, key]) === undefined;
    return Object.keys(map)
      .filter(isEmpty)
      .map((key) => ({
        path: [...path, key],
        message: 'is empty, so it is not used',
        hint: say('write "" for empty text, or remove it'),
        file,
      }));
  });
}

function unknownKeys(merged: MergedSettings, { path, keys }: KnownMap): Problem[] {
  return pathsOf(merged, path).flatMap((at) =>
    findUnknownKeys(valueAt(merged, at), keys).map(({ key, nearest }) => ({
      path: [...at, key],
      message: 'is not known',
      ...(nearest === undefined ? {} : { hint: say(`did you mean ${nearest}?`) }),
    })),
  );
}

/** The path once for each name that is there, where it says `*`. */
function pathsOf(merged: MergedSettings, path: readonly string[]): (readonly string[])[] {
  const star = path.indexOf('*');
  if (star === -1) return [path];
  const named = valueAt(merged, path.slice(0, star));
  const names = isMap(named) ? Object.keys(named) : [];
  return names.map((name) => [...path.slice(0, star), name, ...path.slice(star + 1)]);
}

/** Findings that are collected while loading and reported at the end. */
export interface Gathered {
  readonly problems: LocatedProblem[];
  /** What is no error. */
  readonly notices: LocatedProblem[];
  /** Where imports are that are not fetched. */
  readonly remoteImports: string[];
  report(problem: LocatedProblem): void;
}

export function gather(): Gathered {
  const problems: LocatedProblem[] = [];
  const report = (problem: LocatedProblem) => void problems.push(problem);
  return { problems, notices: [], remoteImports: [], report };
}

/**
 * Reports the problems in the order of the files: to `report`, or else by throwing.
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
