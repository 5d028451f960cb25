/** A setting with the place it came from, so that errors and `status` can name it. */
export interface Sourced<T> {
  readonly value: T;
  /** `ATMOS_KEYRING_TYPE`, `--config`, `auth.realm (/p/atmos.yaml:3:10)`, `default` … */
  readonly source: string;
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
