import type { Sourced } from './json.ts';
import type { GenericSchema } from './validate.ts';

/** One setting of a keyring backend, as a configuration, a variable or a caller says it. */
export interface SpecValue<T = unknown> extends Sourced<T> {
  /** Where a configuration says it: `['auth', 'keyring', 'spec', 'path']`. Absent: something else does. */
  readonly path?: readonly string[] | undefined;
}

export type SpecText = SpecValue<string>;

/**
 * What is said of keyring backends, by the keys of `auth.keyring.spec`; those within maps are joined by
 * dots: `auth.method`. Nothing is in it that is empty. Each backend settles its own keys.
 */
export type Spec = Readonly<Record<string, SpecValue>>;

/** The schema of such a map: see `mapOf`. */
export type SpecSchema = GenericSchema<Record<string, unknown>, Record<string, unknown>>;

/** Text that is said of a key, or undefined. A number counts as it is written. */
export function textOf(said: Spec, key: string): SpecText | undefined {
  const setting = said[key];
  if (setting === undefined) return undefined;
  return {
    value: String(setting.value),
    path: setting.path,
    // Looked up when they are asked for, which in most runs is never.
    get source() {
      return setting.source;
    },
    get tag() {
      return setting.tag;
    },
  };
}
