import { withoutAbsent, type Sourced } from '../core/json.ts';
import { isMap } from '../core/validate.ts';
import { checkEnvironment, checkVariableNames } from './check.ts';
import { checkNames } from './check-names.ts';
import { checkNumbers } from './check-numbers.ts';
import { fileSaying, sourceOf, tagAt, type ConfigFile } from './config-file.ts';
import {
  identityEntries,
  keyringEntry,
  logsEntry,
  providerEntries,
  sourced,
  sourcedText,
} from './entries.ts';
import { environmentEntries, environmentSettings, environmentWarnings } from './environment.ts';
import type { Gathered } from './gathered.ts';
import { mergeMaps } from './merge.ts';
import { formatNotice, locateProblem, type Problem } from './problems.ts';
import { checkSettings, type Settings } from './schema.ts';
import { findWarnings } from './warnings.ts';

type Path = readonly string[];

/** What the files say together. What is wrong is gathered, and left out. */
export function readSettings(files: readonly ConfigFile[], { report }: Gathered) {
  const merged = mergeFiles(files);
  const { auth = {}, logs } = checkMerged(merged, files, report);
  const notices = [...findWarnings(merged), ...environmentWarnings(merged)].map((problem) =>
    locateProblem(problem, files),
  );
  return withoutAbsent({
    files: files.map(({ path }) => path),
    realm: sourcedText(auth.realm, ['auth', 'realm'], files),
    keyring: keyringEntry(auth, files),
    logs: logsEntry({ auth: auth.logs, top: logs }, files),
    identities: identityEntries(auth, files),
    providers: providerEntries(auth, files),
    sessionFiles: sessionFiles(auth.session_files, files),
    env: environmentEntries(merged),
    environment: environmentSettings(merged, files),
    notices,
    warnings: notices.map(formatNotice),
    locate: (problem: Problem) => locateProblem(problem, files),
    originOf: (path: Path) => fileSaying(files, path).origin,
    sourceOf: (path: Path) => sourceOf(files, path),
    tagAt: (path: Path) => tagAt(files, path),
  });
}

export function mergeFiles(files: readonly ConfigFile[]): Record<string, unknown> {
  return files.reduce((merged, { settings }) => mergeMaps(merged, settings), {});
}

/** Checks what is merged. Without what is wrong in it, when there is. */
function checkMerged(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  report: Gathered['report'],
): Settings {
  if (files.length === 0) return {};
  const wrong: Problem[] = [];
  const note = (problem: Problem) => void wrong.push(problem);
  checkNames(merged, files, note);
  checkNumbers(merged, files, note);
  checkEnvironment(merged, note);
  checkVariableNames(merged, note);
  const settings = checkSettings(merged, files, note);
  for (const problem of wrong) report(locateProblem(problem, files));
  if (settings !== undefined) return settings;
  const right = wrong.reduce((left, { path }) => withoutValue(left, path), merged);
  return checkSettings(right, files, () => {}) ?? {};
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
