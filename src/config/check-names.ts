import { lowerCase } from '../core/names.ts';
import { isMap } from '../core/validate.ts';
import { sourceOf, valueAt, type ConfigFile } from './config-file.ts';
import type { Problem } from './problems.ts';

type Report = (problem: Problem) => void;

/**
 * Reports names of identities and providers that could be mistaken for one another, or for the
 * sessions and tokens kept under `<name>@session` and `<name>@token`.
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
  for (const name of namesIn(merged, 'providers')) {
    const identity = ['auth', 'identities', name];
    if (valueAt(merged, identity) === undefined) continue;
    const message = `has the name of an identity, ${sourceOf(files, identity)}`;
    report({ path: ['auth', 'providers', name], message });
  }
}

function checkName(path: readonly string[], name: string, report: Report): void {
  if (name.trim() === '' || /\p{Cc}/u.test(name)) {
    report({ path, message: 'is no name: it is empty, or has a control character' });
  }
  if (/@(session|token)$/.test(lowerCase(name))) {
    report({ path, message: 'has a name that ends like the entry of a session or a token' });
  }
  // valibot drops these, so that nobody gets at the prototype of an object through them.
  if (['__proto__', 'prototype', 'constructor'].includes(name)) {
    report({ path, message: 'has a name that is reserved' });
  }
}

/** Over files, another spelling is the same name; within one file it is a mistake. */
function checkSpellings(file: ConfigFile, list: string, report: Report): void {
  const seen = new Map<string, string>();
  for (const name of namesIn(file.settings, list)) {
    const first = seen.get(lowerCase(name));
    if (first === undefined) {
      seen.set(lowerCase(name), name);
      continue;
    }
    const message = `is ${first} again: names are matched without regard to case`;
    report({ path: ['auth', list, name], message, file });
  }
}

function namesIn(settings: Readonly<Record<string, unknown>>, list: string): string[] {
  const names = valueAt(settings, ['auth', list]);
  return isMap(names) ? Object.keys(names) : [];
}
