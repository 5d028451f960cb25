import { findUnknownKeys, isMap } from '../core/validate.ts';
import { valueAt } from './config-file.ts';
import type { Problem } from './problems.ts';
import { closedMaps, openMaps, type KnownMap } from './schema.ts';

type Settings = Readonly<Record<string, unknown>>;

/**
 * What is no error, but probably not meant: what this version does not follow yet, and keys of ours
 * that nobody reads. Where a newer Atmos may have keys of its own, only one that looks like one of
 * ours is told of.
 */
export function findWarnings(merged: Settings): Problem[] {
  return [
    ...notFollowed(merged),
    ...openMaps.flatMap((map) => unknownKeys(merged, map)).filter(({ hint }) => hint !== undefined),
    ...closedMaps.flatMap((map) => unknownKeys(merged, map)),
  ];
}

function notFollowed(merged: Settings): Problem[] {
  const path = ['auth', 'session_files'];
  if (valueAt(merged, path) !== true) return [];
  return [{ path, message: 'is not followed by this version yet: no session files are written' }];
}

function unknownKeys(merged: Settings, { path, keys }: KnownMap): Problem[] {
  return pathsOf(merged, path).flatMap((at) =>
    findUnknownKeys(valueAt(merged, at), keys).map(({ key, nearest }) => ({
      path: [...at, key],
      message: 'is not known',
      ...(nearest === undefined ? {} : { hint: `did you mean ${nearest}?` }),
    })),
  );
}

/** The path once for each name that is there, where it says `*`. */
function pathsOf(merged: Settings, path: readonly string[]): (readonly string[])[] {
  const star = path.indexOf('*');
  if (star === -1) return [path];
  const named = valueAt(merged, path.slice(0, star));
  const names = isMap(named) ? Object.keys(named) : [];
  return names.map((name) => [...path.slice(0, star), name, ...path.slice(star + 1)]);
}
