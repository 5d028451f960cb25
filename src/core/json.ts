/** Parses a JSON text. Returns undefined if it is invalid. Never throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object that is not an array, so that its fields can be checked individually. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type WithoutAbsent<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without undefined fields, as types with optional fields require. */
export function withoutAbsent<T extends object>(fields: T): WithoutAbsent<T> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  // The type cannot express which fields remain at run time.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(present) as WithoutAbsent<T>;
}

/** A setting with its source, so that errors and `status` can name it. */
export interface Sourced<T> {
  readonly value: T;
  /** `ATMOS_KEYRING_TYPE`, `--config`, `auth.realm (/p/atmos.yaml:3:10)`, `default` … */
  readonly source: string;
  /** `!env NAME`: the tag that produced the value, which may therefore be a secret. */
  readonly tag?: string | undefined;
}

/**
 * A configured value for a message: in quotes, or `<value of !env NAME>` if a tag produced it. A
 * variable that was named by mistake may contain a secret, and messages end up in logs.
 */
export function quoteValue({ value, tag }: Pick<Sourced<string>, 'value' | 'tag'>): string {
  return tag === undefined ? quote(value) : valueOf(tag);
}

/** As {@link quoteValue}, without quotes, for a path or a name. */
export function showValue({ value, tag }: Pick<Sourced<string>, 'value' | 'tag'>): string {
  return tag === undefined ? value : valueOf(tag);
}

/**
 * As {@link showValue}, for a text that the user must approve. Values that the author of a file
 * chose are shown: literal text, an included file, the name of a branch. Not shown are a variable
 * of the user's environment, the output of a command (the user approves the command, and the output
 * may be a secret), and a random number, which is unknown before it is approved.
 */
export function showForConsent({ value, tag }: Pick<Sourced<string>, 'value' | 'tag'>): string {
  return tag !== undefined && /^!(env |exec$|random$)/.test(tag) ? valueOf(tag) : value;
}

/** The replacement in a message for the value of a tag. */
export function valueOf(tag: string): string {
  return `<value of ${tag}>`;
}

/** Why the value of a tag is empty. Completes a message after its name. */
export function describeEmptyTag(tag: string): string {
  const variable = variableOfTag(tag);
  return variable === undefined
    ? `is empty: ${tag} returned an empty value`
    : `is empty: the variable ${variable} is not set, or empty`;
}

/** The variable that a tag reads, if it reads one and has no default. */
export function variableOfTag(tag: string): string | undefined {
  return /^!env ([A-Za-z_]\w*)$/.exec(tag)?.[1];
}

/**
 * A setting of atmos-auth from the environment, otherwise from `env:` of atmos.yaml. As in Atmos,
 * `env:` never replaces a variable that is set, even if it is empty. An empty value counts as
 * absent.
 *
 * @param said the value in `env:`
 */
export function environmentSetting(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  said: Readonly<Record<string, Sourced<string>>> = {},
): Sourced<string> | undefined {
  const set = env[name];
  if (set === undefined) return said[name];
  return set === '' ? undefined : { value: set, source: name };
}

/** Text in quotes, without characters that control a terminal. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The first names in quotes, and the number of the others: `"a", "b" and 3 more`. */
export function listNames(names: readonly string[], maxShown = 5): string {
  const shown = names.slice(0, maxShown).map(quote);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
