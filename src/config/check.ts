import { quotesHint } from '../core/configuration-error.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import { foldName, lowerCase } from '../core/names.ts';
import { hasControl } from '../core/control-characters.ts';
import { isMap } from '../core/validate.ts';
import { isVariableName, notVariableName } from '../core/variable-name.ts';
import { variableProblem } from '../core/variables.ts';
import { valueAt, writtenAt, type ConfigFile } from './config-file.ts';
import { specPlaces } from './keyring-spec.ts';
import { isSecretPath } from './merge.ts';
import type { Problem } from './problems.ts';
import { containsNul, nulProblem } from './values.ts';

type Path = readonly string[];

/** A variable of an `env:`, with the paths of its name and its value. */
interface Said {
  readonly key: string;
  readonly value: unknown;
  readonly at: { readonly key: Path; readonly value: Path };
}

/** Reports variables of the top-level `env:` and of identities that no environment can hold. */
export function checkEnvironment(
  merged: Readonly<Record<string, unknown>>,
  report: (problem: Problem) => void,
): void {
  for (const { key, value, at } of [...ofProject(merged), ...ofIdentities(merged)]) {
    const problem = variableProblem({ key, value: typeof value === 'string' ? value : '' });
    if (problem === undefined) continue;
    const { message, hint } = problem;
    report({ path: at[problem.at], message, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Reports texts with a NUL. Variables are reported by {@link checkEnvironment}. */
export function checkTexts(merged: Readonly<Record<string, unknown>>, report: Report): void {
  for (const part of ['auth', 'logs']) {
    for (const path of findPaths(merged[part], [part], containsNul)) {
      if (!isVariable(path)) report({ path, message: nulProblem });
    }
  }
}

function isVariable([, list, , part]: Path): boolean {
  return list === 'identities' && part === 'env';
}

function ofProject(merged: Readonly<Record<string, unknown>>): Said[] {
  const env = valueAt(merged, ['env']);
  if (!isMap(env)) return [];
  return Object.entries(env).map(([key, value]) => {
    const path = ['env', key];
    return { key, value, at: { key: path, value: path } };
  });
}

function ofIdentities(merged: Readonly<Record<string, unknown>>): Said[] {
  const identities = valueAt(merged, ['auth', 'identities']);
  if (!isMap(identities)) return [];
  return Object.keys(identities).flatMap((name) => {
    const path = ['auth', 'identities', name, 'env'];
    const list = valueAt(merged, path);
    return Array.isArray(list)
      ? list.flatMap((item, index) => ofItem(item, [...path, `${index}`]))
      : [];
  });
}

function ofItem(item: unknown, path: Path): Said[] {
  if (!isMap(item) || typeof item['key'] !== 'string') return [];
  const { key, value } = item;
  return [{ key, value, at: { key: [...path, 'key'], value: [...path, 'value'] } }];
}

/** Reports settings that contain an invalid name of a variable, because hints would repeat it. */
export function checkVariableNames(
  merged: Readonly<Record<string, unknown>>,
  spec: SpecSchema,
  report: (problem: Problem) => void,
): void {
  const naming = specPlaces(spec).filter(({ namesSecret }) => namesSecret === 'variable');
  for (const path of naming.flatMap(({ paths }) => paths)) {
    const name = valueAt(merged, path);
    if (typeof name !== 'string' || name === '' || isVariableName(name)) continue;
    report({ path, ...notVariableName });
  }
}

type Report = (problem: Problem) => void;

/**
 * Reports names of identities, and of providers, that could be mistaken for one another, or for the
 * sessions and tokens kept under `<name>@session` and `<name>@token`. A provider and an identity may
 * have the same name: they are separate lists, and their entries differ.
 */
export function checkNames(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  report: Report,
): void {
  for (const list of ['identities', 'providers']) {
    for (const name of namesIn(merged, list)) checkName(['auth', list, name], name, report);
    for (const file of files) checkSpellings(file, list, report);
  }
}

function checkName(path: readonly string[], name: string, report: Report): void {
  if (name.trim() === '' || hasControl(name)) {
    report({ path, message: 'is not a valid name: it is empty or contains a control character' });
  }
  if (/@(session|token)$/.test(lowerCase(name))) {
    report({
      path,
      message: 'must not end with @session or @token, as entries of sessions and tokens do',
    });
  }
  // valibot drops these keys, because they give access to the prototype of an object.
  if (['__proto__', 'prototype', 'constructor'].includes(name)) {
    report({ path, message: 'is a reserved name' });
  }
}

/** Files may spell a name differently. Two spellings in one file are a mistake. */
function checkSpellings(file: ConfigFile, list: string, report: Report): void {
  const seen = new Map<string, string>();
  for (const name of namesIn(file.settings, list)) {
    const first = seen.get(foldName(name));
    if (first === undefined) {
      seen.set(foldName(name), name);
      continue;
    }
    const apart = lowerCase(first) === lowerCase(name) ? 'case' : 'Unicode normal form';
    const message = `repeats ${first}: names that differ only in ${apart} are the same`;
    report({ path: ['auth', list, name], message, file });
  }
}

function namesIn(settings: Readonly<Record<string, unknown>>, list: string): string[] {
  const names = valueAt(settings, ['auth', list]);
  return isMap(names) ? Object.keys(names) : [];
}

/**
 * Reports a setting of the audit that records nothing: without a file, or removed by a project's file.
 * Its author must not decide that uses are not recorded.
 */
export function checkAudit(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  report: Report,
): void {
  const path = ['auth', 'audit', 'file'];
  if (valueAt(merged, path)) return;
  if (isMap(valueAt(merged, ['auth', 'audit']))) report({ path, message: 'is missing or empty' });
  const isProject = ({ origin }: ConfigFile) => origin === 'project';
  const file = files.find((one) => !isProject(one) && valueAt(one.settings, path));
  if (file && files.some(isProject))
    report({ path, message: 'is removed by a file of the project', file });
}

/**
 * Reports account ids without quotes: YAML reads 012345678901 as a number and drops its zero. The
 * kinds check these maps later, but only the file shows that a number was meant as text.
 */
export function checkNumbers(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  report: (problem: Problem) => void,
): void {
  const identities = valueAt(merged, ['auth', 'identities']);
  if (!isMap(identities)) return;
  const paths = Object.keys(identities).flatMap((name) =>
    ['principal', 'credentials'].flatMap((part) => {
      const path = ['auth', 'identities', name, part];
      return findPaths(valueAt(merged, path), path, (value) => typeof value === 'number');
    }),
  );
  for (const path of paths) {
    const written = writtenAt(files, path) ?? '';
    if (!/^[-+]?0\d|\d{10}/.test(written)) continue;
    report({
      path,
      message: 'must be text, not a number',
      hint: quotesHint(shownAsWritten(path, files)),
    });
  }
}

/** The scalar at the path as it was written. Undefined if it may be a secret. */
export function shownAsWritten(path: Path, files: readonly ConfigFile[]): string | undefined {
  return isSecretPath(path) ? undefined : writtenAt(files, path);
}

/** The paths of the values in it, at any depth, for which the condition holds. */
function findPaths(value: unknown, path: Path, isFound: (value: unknown) => boolean): Path[] {
  if (isFound(value)) return [path];
  if (!Array.isArray(value) && !isMap(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => findPaths(child, [...path, key], isFound));
}
