import { findUnknownKeys, isMap } from '../core/validate.ts';
import { placeIn, sourceOf, valueAt, type ConfigFile } from './places.ts';
import { knownKeys } from './schema.ts';

/**
 * What is no error, but probably not meant: what this version does not follow yet, and keys of ours
 * that nobody reads. A key of `auth` that
 * looks like none of ours may be one of a newer Atmos, and is passed over.
 */
export function findWarnings(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
): string[] {
  const unknownAt = (path: readonly string[], known: readonly string[]) =>
    findUnknownKeys(valueAt(merged, path), known).map(({ key, nearest }) => {
      const text = `${sourceOf(files, [...path, key])} is not known`;
      return { text: nearest === undefined ? text : `${text}: did you mean ${nearest}?`, nearest };
    });
  const identities = valueAt(merged, ['auth', 'identities']);
  const names = isMap(identities) ? Object.keys(identities) : [];
  return [
    ...files.filter(({ hasImport }) => hasImport).map(importWarning),
    ...names
      .filter((name) => valueAt(merged, ['auth', 'identities', name, 'env']) !== undefined)
      .map((name) => notFollowed(['auth', 'identities', name, 'env'], files)),
    ...(valueAt(merged, ['auth', 'session_files']) === true
      ? [`${notFollowed(['auth', 'session_files'], files)}: no session files are written`]
      : []),
    ...[
      ...unknownAt(['auth'], knownKeys.auth).filter(({ nearest }) => nearest !== undefined),
      ...unknownAt(['auth', 'keyring'], knownKeys.keyring),
      ...unknownAt(['auth', 'keyring', 'spec'], knownKeys.keyringSpec),
      ...names.flatMap((name) => unknownAt(['auth', 'identities', name], knownKeys.identity)),
    ].map(({ text }) => text),
  ];
}

function notFollowed(path: readonly string[], files: readonly ConfigFile[]): string {
  return `${sourceOf(files, path)} is not followed by this version yet`;
}

function importWarning(file: ConfigFile): string {
  return `import (${placeIn(file, ['import'])}) is not read by this version yet`;
}
