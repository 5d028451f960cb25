/** A setting with the place it came from, so that errors and `status` can name it. */
export interface Sourced<T> {
  readonly value: T;
  /** `ATMOS_KEYRING_TYPE`, `--config`, `auth.realm (/p/atmos.yaml:3:10)`, `default` … */
  readonly source: string;
}
