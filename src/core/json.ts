/** The value of a JSON text, or undefined for what is none. Never throws. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object that is no array, so that its fields can be looked at one by one. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type WithoutAbsent<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without the fields that are undefined, as optional fields ask for. */
export function withoutAbsent<T extends object>(fields: T): WithoutAbsent<T> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  // What the type says of the fields cannot be told from their names at run time.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(present) as WithoutAbsent<T>;
}

/** A setting with the place it came from, so that errors and `status` can name it. */
export interface Sourced<T> {
  readonly value: T;
  /** `ATMOS_KEYRING_TYPE`, `--config`, `auth.realm (/p/atmos.yaml:3:10)`, `default` … */
  readonly source: string;
  /** `!env NAME`: the tag that gave the value, which may therefore be a secret. */
  readonly tag?: string | undefined;
}

/**
 * A configured value for a message: between quotes, or `<value of !env NAME>` in place of what a tag
 * gave. A variable that was named by mistake may hold any secret, and messages end up in logs.
 */
export function quoteValue({ value, tag }: Pick<Sourced<string>, 'value' | 'tag'>): string {
  return tag === undefined ? quote(value) : valueOf(tag);
}

/** The same without quotes, for a path or a name. */
export function showValue({ value, tag }: Pick<Sourced<string>, 'value' | 'tag'>): string {
  return tag === undefined ? value : valueOf(tag);
}

/**
 * The same for what a user is asked to agree to, who must see what the author of a file chose: by the
 * text itself, by a file that it includes, by the name of a branch. Not shown are a variable of the
 * user's own environment, the output of a command, which the user agrees to by its command and which may
 * be a secret, and a random number, which no one can agree to beforehand.
 */
export function showForConsent({ value, tag }: Pick<Sourced<string>, 'value' | 'tag'>): string {
  return tag !== undefined && /^!(env |exec$|random$)/.test(tag) ? valueOf(tag) : value;
}

/** What stands in a message for the value that a tag gave. */
export function valueOf(tag: string): string {
  return `<value of ${tag}>`;
}

/** Why a value is empty that a tag was to give. Follows its name. */
export function describeEmptyTag(tag: string): string {
  const variable = variableOfTag(tag);
  return variable === undefined
    ? `is empty: ${tag} gives nothing`
    : `is empty: the variable ${variable} is not set, or empty`;
}

/** The variable that a tag reads, where it reads one and has no default. */
export function variableOfTag(tag: string): string | undefined {
  return /^!env ([A-Za-z_]\w*)$/.exec(tag)?.[1];
}

/**
 * A setting of ours from the environment, else from the `env:` of atmos.yaml, which as in Atmos never
 * replaces a variable that is set, be it to nothing. Empty is as good as absent.
 *
 * @param said what the `env:` gives
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

/** Text between quotes, with nothing in it that a terminal would obey. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Names in quotes, the first of them and how many more there are: `"a", "b" and 3 more`. */
export function listNames(names: readonly string[], maxShown = 5): string {
  const shown = names.slice(0, maxShown).map(quote);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
