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
