import { lowerCase } from '../core/names.ts';
import { isMap } from '../core/validate.ts';

/** Whether the keys of this map are names, which are matched without regard to case. */
export function isNamePath(path: readonly string[]): boolean {
  const [top, list] = path;
  return path.length === 2 && top === 'auth' && (list === 'identities' || list === 'providers');
}

/**
 * Lays one file over another: maps are merged, key by key, scalars and lists replaced. Names keep the
 * spelling they were first written with.
 */
export function mergeMaps(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
  path: readonly string[] = [],
): Record<string, unknown> {
  const sameKey = isNamePath(path) ? lowerCase : (key: string) => key;
  const spelling = new Map(Object.keys(base).map((key) => [sameKey(key), key]));
  // A Map, since `__proto__` may be a key.
  const merged = new Map(Object.entries(base));
  for (const [written, value] of Object.entries(over)) {
    const key = spelling.get(sameKey(written)) ?? written;
    const before = merged.get(key);
    const isDeeper = isMap(before) && isMap(value);
    merged.set(key, isDeeper ? mergeMaps(before, value, [...path, key]) : value);
  }
  return Object.fromEntries(merged);
}
