/**
 * The configuration of an identity: the common fields are checked, the others are for the schema of
 * its kind.
 */
export interface Identity {
  /** As written in atmos.yaml. Names are matched by `isSameName`. */
  readonly name: string;
  /** `aws/user`, `aws/assume-role` … May be a kind that is not supported. */
  readonly kind: string;
  readonly isDefault: boolean;
  readonly via?: { readonly provider?: string; readonly identity?: string };
  readonly principal: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly session: { readonly duration?: string };
  readonly env: readonly { readonly key: string; readonly value: string }[];
  /** Another name, which cannot be used to choose it. */
  readonly alias?: string;
  /** Words by which identities are selected. */
  readonly tags?: readonly string[];
  /** Where a field is configured, for messages: `/p/atmos.yaml:7:9`. An empty path is the identity. */
  locate(path?: readonly string[]): string;
  /**
   * The tag that produced the value of a field. Messages do not quote such a value: see
   * `quoteValue`.
   */
  tagAt?(path: readonly string[]): string | undefined;
  /** A scalar as it is written in the file: `012` where its value is 12. Undefined for a secret. */
  writtenAt?(path: readonly string[]): string | undefined;
  /** See {@link Provider.besideFile}. Absent for an identity that is in no file. */
  besideFile?(said: string, path: readonly string[]): string;
}

/** The configuration of a provider, which starts a chain. Nothing in it is checked. */
export interface Provider {
  /** As written in atmos.yaml. */
  readonly name: string;
  /** Empty if missing. */
  readonly kind: string;
  /** All its settings. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Where a field is configured: `/p/atmos.yaml:7:9`. An empty path is the provider. */
  locate(path?: readonly string[]): string;
  /** The tag that produced the value of a field: see `quoteValue`. */
  tagAt(path: readonly string[]): string | undefined;
  /** See {@link Identity.writtenAt}. */
  writtenAt?(path: readonly string[]): string | undefined;
  /**
   * A path that a field contains, which starts from the directory of the file that contains it. `~` is
   * kept.
   */
  besideFile(said: string, path: readonly string[]): string;
}

/** One link of a chain as it is configured. */
export type LinkConfig = Identity | Provider;

export function isProvider(config: LinkConfig): config is Provider {
  return 'settings' in config;
}

/** How messages name it: `identity dev`, `provider github`. */
export function titleOf(
  config: Pick<LinkConfig, 'name'> & { readonly settings?: unknown },
): string {
  return `${config.settings === undefined ? 'identity' : 'provider'} ${config.name}`;
}

/** The parts of an identity that its kind defines. */
export const identityParts = ['principal', 'spec', 'credentials'] as const;

export type IdentityPart = (typeof identityParts)[number];

/**
 * An action that a configuration causes, and that a project's file may only cause after it is
 * trusted: to run a program, to send a secret to a new destination, to write a file at a path of
 * its choice, to store credentials under a password that its author can know.
 */
export interface TrustNeed {
  /** The setting that causes it: `['auth', 'keyring', 'spec', 'password_command']`. */
  readonly path: readonly string[];
  /**
   * Completes "it …": `runs pass show x`. A command is shown in full, because the user must see it
   * before approving it. It comes from a file of the project, which should not contain the user's
   * secrets.
   */
  readonly what: string;
  /**
   * Whether it runs a program whose output is the value at the path. Trust in the value and in the
   * program is then the same.
   */
  readonly givesValue?: boolean;
  /** Where it is configured, if the value at the path comes from another place. */
  readonly source?: string;
  /**
   * The only occasion on which it happens and must be approved. Default: whenever the configuration
   * is used.
   */
  readonly occasion?: Occasion;
}

/** When credentials are stored; when a keyring is unlocked unasked; when an MFA code is sent. */
export type Occasion = 'storing' | 'unlocking' | 'mfa-code';
