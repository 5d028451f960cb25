import { isMap } from '../core/validate.ts';
import { isVariableName, notVariableName } from '../core/variable-name.ts';
import { variableProblem } from '../core/variables.ts';
import { valueAt } from './config-file.ts';
import type { Problem } from './problems.ts';

type Path = readonly string[];

/** A variable that an `env:` says, with the places of its name and its value. */
interface Said {
  readonly key: string;
  readonly value: unknown;
  readonly at: { readonly key: Path; readonly value: Path };
}

/** Reports variables that no environment can hold, of atmos.yaml's `env:` and of each identity's. */
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

/** Settings whose value is the name of a variable. */
const namingSettings: readonly Path[] = [
  ['auth', 'keyring', 'spec', 'password_env'],
  ['env', 'ATMOS_KEYRING_PASSWORD_ENV'],
];

/** Reports settings that name a variable no environment can hold: hints would repeat the text. */
export function checkVariableNames(
  merged: Readonly<Record<string, unknown>>,
  report: (problem: Problem) => void,
): void {
  for (const path of namingSettings) {
    const name = valueAt(merged, path);
    if (typeof name !== 'string' || name === '' || isVariableName(name)) continue;
    report({ path, ...notVariableName });
  }
}
