import { isMap } from '../core/validate.ts';
import { valueAt, writtenAt, type ConfigFile } from './config-file.ts';
import type { Problem } from './problems.ts';
import { isSecretPath } from './secret-path.ts';
import { quote } from './yaml-position.ts';

type Path = readonly string[];

/**
 * Reports account ids that lost their quotes: 012345678901 is a number to YAML, without its zero. The
 * kinds check what they know of these maps later; that a number was meant as text is seen only here,
 * where the file is at hand.
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
      return findNumbers(valueAt(merged, path), path);
    }),
  );
  for (const path of paths) {
    const written = writtenAt(files, path) ?? '';
    if (!/^[-+]?0\d|\d{10}/.test(written)) continue;
    report({ path, message: 'must be text, not a number', hint: quotesHint(path, files) });
  }
}

/** How to write a scalar that was meant as text. A secret is not repeated. */
export function quotesHint(path: Path, files: readonly ConfigFile[]): string {
  const written = isSecretPath(path) ? undefined : writtenAt(files, path);
  return written === undefined ? 'write it in quotes' : `write it in quotes: ${quote(written)}`;
}

function findNumbers(value: unknown, path: Path): Path[] {
  if (typeof value === 'number') return [path];
  if (!Array.isArray(value) && !isMap(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => findNumbers(child, [...path, key]));
}
