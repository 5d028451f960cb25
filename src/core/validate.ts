import {
  array,
  custom,
  exactOptional,
  metadata,
  object,
  pipe,
  record,
  safeParse,
  string,
  transform,
  unknown,
  type GenericSchema,
  type InferOutput,
  type ObjectEntries,
} from 'valibot';
import { isObject } from './json.ts';
import { nearestName } from './names.ts';

export {
  exactOptional as optional,
  type GenericSchema,
  type InferOutput,
  type ObjectEntries as MapEntries,
} from 'valibot';

// The building blocks of schemas. Each has the description of the expected value that messages
// show.

export const text = string('text');

/** Text whose values a message names for a value of another type, which quotes would not correct. */
export function textAs(values: string) {
  return string(values);
}

/** `true` or `false`. Also accepted as text, because `!env` only returns text; empty text is false. */
export const flag = pipe(
  custom<boolean | string>((value) => flagTexts.has(String(value)), 'true or false'),
  transform((value) => String(value) === 'true'),
);

const flagTexts: ReadonlySet<string> = new Set(['true', 'false', '']);

/** A map with any content. */
export const anyMap = mapChecked(record(string(), unknown()));

/** A map with these keys. Other keys are dropped: {@link findUnknownKeys} reports them. */
export function mapOf<E extends ObjectEntries>(entries: E) {
  return mapChecked(object(entries));
}

/** A map from names to values with the same schema. */
export function namesTo<S extends GenericSchema>(value: S) {
  return mapChecked(record(string(), value));
}

export function listOf<S extends GenericSchema>(item: S) {
  return array(item, 'a list');
}

/** Text, or a whole number, such as a number of seconds. */
export const textOrCount = custom<string | number>(
  (value) => typeof value === 'string' || Number.isSafeInteger(value),
  'text or a whole number',
);

// valibot accepts a list as an object.
function mapChecked<S extends GenericSchema<Record<string, unknown>, unknown>>(schema: S) {
  return pipe(custom<Record<string, unknown>>(isMap, 'a map'), schema);
}

/** Text, a number, or `true` or `false`: the possible values of a variable. */
export const scalar = custom<string | number | boolean>(
  (value) => ['string', 'number', 'boolean'].includes(typeof value),
  'text, a number, or true or false',
);

export const textOrTexts = custom<string | readonly string[]>(
  (value) => [value].flat().every((item) => typeof item === 'string'),
  'text or a list of text',
);

/** A value that atmos-auth does not check. */
export const anything = unknown();

/**
 * What documentation and editors show about a key, and how its value is loaded. The check of the
 * value's shape does not use it.
 */
export type About = {
  /** One or more sentences in Markdown. */
  readonly description: string;
  /** The default value. */
  readonly default?: string | boolean;
  /** The default in words, if it cannot be written as a value: `the home directory`. */
  readonly otherwise?: string;
  /** The variable that takes precedence over it. */
  readonly environment?: string;
  /** Whether it is accepted only for Atmos and not used by atmos-auth. */
  readonly isForAtmos?: true;
  /** Whether it is a path. A relative one starts from the directory of the file that says it. */
  readonly isPath?: true;
  /** Whether it is a command that is run. What was said of it earlier never counts again. */
  readonly isCommand?: true;
  /** Whether it names the variable or the file that holds a secret of this program. */
  readonly namesSecret?: 'variable' | 'file';
};

/** Adds a description to a schema. */
export function about<S extends GenericSchema>(
  schema: S,
  description: string,
  more: Omit<About, 'description'> = {},
) {
  return pipe(schema, metadata<InferOutput<S>, About>({ description, ...more }));
}

/** An optional key with a description. */
export function setting<S extends GenericSchema>(
  schema: S,
  description: string,
  more?: Omit<About, 'description'>,
) {
  return exactOptional(about(schema, description, more));
}

/** A map of YAML or JSON, whose keys are own properties and text. */
export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** A place where a value does not match the schema. */
export interface ShapeProblem {
  readonly path: readonly string[];
  /** The expected value in words: `text`, `a map`. Not used if the value is missing. */
  readonly expected: string;
  /** The actual value, which may be a secret. Undefined if the value is missing. */
  readonly found: unknown;
}

/**
 * Parses a value with the schema. Returns undefined if there are problems, each of which is
 * reported.
 */
export function checkShape<T>(
  schema: GenericSchema<unknown, T>,
  value: unknown,
  report: (problem: ShapeProblem) => void,
): T | undefined {
  const result = safeParse(schema, value);
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const path = (issue.path ?? []).map(({ key }) => String(key));
    report({ path, expected: issue.message, found: issue.input });
  }
  return undefined;
}

/**
 * Describes a problem. Completes a message after the name of the place: `must be text, not the
 * number 5`, or `is missing`. Only the type is shown for a secret and for the value of a tag.
 */
export function describeProblem(problem: ShapeProblem, isSecret = false): string {
  if (problem.found === undefined) return 'is missing';
  return `must be ${problem.expected}, not ${describeValue(problem.found, isSecret)}`;
}

/** Whether a scalar was meant as text, but is a number or a boolean because it has no quotes. */
export function isUnquotedText({ expected, found }: ShapeProblem): boolean {
  return (
    /^text(?! or a whole number)/.test(expected) && ['number', 'boolean'].includes(typeof found)
  );
}

const maxShownLength = 40;

function describeValue(value: unknown, isSecret: boolean): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const kind = typeof value === 'string' ? 'text' : typeof value;
  const shown = JSON.stringify(value);
  if (isSecret || shown.length > maxShownLength) return kind === 'text' ? kind : `a ${kind}`;
  return typeof value === 'boolean' ? shown : `the ${kind} ${shown}`;
}

/** The keys that a map with this schema may have: see {@link mapOf}. */
export function keysOf(schema: GenericSchema): string[] {
  return Object.keys(entriesOf(schema) ?? {});
}

/** The same of the map at a path, and of each map in it. */
export function keysOfMaps(
  schema: unknown,
  path: readonly string[],
): { readonly path: readonly string[]; readonly keys: readonly string[] }[] {
  const entries = entriesOf(schema);
  if (entries === undefined) return [];
  const within = Object.entries(entries).flatMap(([key, value]) =>
    keysOfMaps(value, [...path, key]),
  );
  return [{ path, keys: Object.keys(entries) }, ...within];
}

/** The schemas of the keys of a map, or undefined if the schema has no list of keys. */
function entriesOf(schema: unknown): Record<string, unknown> | undefined {
  if (!isObject(schema)) return undefined;
  const { pipe: parts, wrapped, entries } = schema;
  if (Array.isArray(parts)) return parts.map(entriesOf).find((one) => one !== undefined);
  return isMap(entries) ? entries : entriesOf(wrapped);
}

/** The keys of a map with this schema whose values are maps from any names: see {@link namesTo}. */
export function keysOfNames(schema: unknown): string[] {
  return Object.entries(entriesOf(schema) ?? {}).flatMap(([key, value]) =>
    isNamesTo(value) ? [key] : [],
  );
}

function isNamesTo(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const { type, pipe: parts, wrapped } = schema;
  return type === 'record' || [parts, wrapped].flat().some(isNamesTo);
}

/** The description of each key of a map; keys of inner maps are joined by dots: `auth.method`. */
export function describedKeys(schema: unknown): Readonly<Record<string, About>> {
  const described = Object.entries(entriesOf(schema) ?? {}).flatMap(([key, value]) => {
    const inner = Object.entries(describedKeys(value));
    if (inner.length > 0) return inner.map(([below, told]) => [`${key}.${below}`, told] as const);
    const told = aboutOf(value);
    return told === undefined ? [] : [[key, told] as const];
  });
  return Object.fromEntries(described);
}

/** A key that is not used, and the known key that is most similar. */
export interface UnknownKey {
  readonly key: string;
  readonly nearest: string | undefined;
}

/** The unknown keys of a map. Empty for a value that is not a map. */
export function findUnknownKeys(value: unknown, known: readonly string[]): UnknownKey[] {
  if (!isMap(value)) return [];
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ key, nearest: nearestName(key, known) }));
}

/** The keys, at any depth, that a map with this schema does not allow: see {@link mapOf}. */
export function findUnknownPaths(
  value: unknown,
  schema: unknown,
): { readonly path: readonly string[]; readonly nearest: string | undefined }[] {
  const entries = entriesOf(schema);
  if (entries === undefined || !isMap(value)) return [];
  const unknownHere = findUnknownKeys(value, Object.keys(entries));
  const unknownBelow = Object.entries(value).flatMap(([key, inner]) =>
    Object.hasOwn(entries, key)
      ? findUnknownPaths(inner, entries[key]).map((one) => ({ ...one, path: [key, ...one.path] }))
      : [],
  );
  return [...unknownHere.map(({ key, nearest }) => ({ path: [key], nearest })), ...unknownBelow];
}

/** The keys of a map with this schema that only Atmos uses: see {@link About}. */
export function keysForAtmos(schema: unknown): string[] {
  const entries = Object.entries(entriesOf(schema) ?? {});
  return entries.filter(([, value]) => aboutOf(value)?.isForAtmos).map(([key]) => key);
}

function aboutOf(schema: unknown): About | undefined {
  if (!isObject(schema)) return undefined;
  const { type, pipe: parts, wrapped, metadata: said } = schema;
  // What `about` put there.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (type === 'metadata') return said as About;
  if (Array.isArray(parts)) return parts.map(aboutOf).find((one) => one !== undefined);
  return aboutOf(wrapped);
}
