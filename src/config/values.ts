import { isMap } from '../core/validate.ts';

/** A value with a tag of Atmos, not resolved. It is no map to `isMap`. */
export interface Tagged {
  readonly tag: string;
  readonly value: unknown;
}

export function createTagged(tag: string, value: unknown): Tagged {
  const tagged = { __proto__: null, tag, value };
  return tagged;
}

export function isTagged(value: unknown): value is Tagged {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === null && 'tag' in value;
}

/** Whether it is a text with a NUL, which no path, command, variable or name can contain. */
export function containsNul(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\0');
}

export const nulProblem = 'contains a NUL character';

/** Without the keys of maps that say nothing, `realm:`. A list keeps its length. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  return isMap(value) ? withoutEmptyKeys(value) : value;
}

export function withoutEmptyKeys(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(map).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutEmpty(inner)]));
}
