import { isMap } from '../core/validate.ts';

/** Without the keys of maps that say nothing, `realm:`. A list keeps its length. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  return isMap(value) ? withoutEmptyKeys(value) : value;
}

export function withoutEmptyKeys(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(map).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutEmpty(inner)]));
}
