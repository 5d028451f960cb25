import { foldName } from '../core/names.ts';
import { isMap } from '../core/validate.ts';
import { isTagged } from './values.ts';

/** Whether the keys of this map are names: see `foldName`. */
export function isNamePath(path: readonly string[]): boolean {
  const [top, list] = path;
  return path.length === 2 && top === 'auth' && (list === 'identities' || list === 'providers');
}

/**
 * Lays one file over another: maps are merged, key by key, scalars and lists replaced; `!append` adds
 * to the list there was, `!unset` takes the key away. Names keep the spelling they were first written
 * with.
 */
export function mergeMaps(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
  path: readonly string[] = [],
): Record<string, unknown> {
  const sameKey = isNamePath(path) ? foldName : (key: string) => key;
  const spelling = new Map(Object.keys(base).map((key) => [sameKey(key), key]));
  // A Map, since `__proto__` may be a key.
  const merged = new Map(Object.entries(base));
  for (const [written, value] of Object.entries(over)) {
    const key = spelling.get(sameKey(written)) ?? written;
    const result = mergeValues(merged.get(key), value, [...path, key]);
    if (result === undefined) merged.delete(key);
    else merged.set(key, result);
  }
  return Object.fromEntries(merged);
}

function mergeValues(base: unknown, over: unknown, path: readonly string[]): unknown {
  // Merged also if the base has no value, so that no tag remains in the result.
  if (isMap(over)) return mergeMaps(isMap(base) ? base : {}, over, path);
  if (!isTagged(over)) return over;
  if (over.tag !== '!append' || !Array.isArray(over.value)) return undefined;
  return Array.isArray(base) ? [...base, ...over.value] : over.value;
}

/** Whether the value at the path may be a secret, which messages must not show. */
export function isSecretPath(path: readonly string[]): boolean {
  return path.some((key) => /^(credentials|env)$|secret|password|token/i.test(key));
}
