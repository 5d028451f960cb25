/**
 * An identity as the configuration says it: the common fields checked, the rest passed on for the
 * kind's own schema.
 */
export interface Identity {
  /** As written in atmos.yaml. Names are matched by `isSameName`. */
  readonly name: string;
  /** `aws/user`, `aws/assume-role` … Not checked against what we can do. */
  readonly kind: string;
  readonly isDefault: boolean;
  readonly via?: { readonly provider?: string; readonly identity?: string };
  readonly principal: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly session: { readonly duration?: string };
  readonly env: readonly { readonly key: string; readonly value: string }[];
  /** Where a field was written, for messages: `/p/atmos.yaml:7:9`. An empty path is the identity. */
  locate(path?: readonly string[]): string;
  /** The tag that gave the value of a field, which no message quotes then: see `quoteValue`. */
  tagAt?(path: readonly string[]): string | undefined;
}

/** The parts of an identity that are its kind's own. */
export const identityParts = ['principal', 'spec', 'credentials'] as const;

export type IdentityPart = (typeof identityParts)[number];

/**
 * Something that a configuration makes us do, and that a project's file gets only once it is trusted:
 * to run a program, to send a secret somewhere new, to write a file of its choice, to store credentials
 * under a password that its author can know.
 */
export interface TrustNeed {
  /** What asks for it: `['auth', 'keyring', 'spec', 'password_command']`. */
  readonly path: readonly string[];
  /**
   * Completes "it …": `runs pass show x`. A command is shown whole: whoever is to agree to it must see
   * it, and it stands in a file that came with the project, no place of a secret of theirs.
   */
  readonly what: string;
  /** Whether it runs a program whose output is the value at the path: trust in the one is trust in both. */
  readonly givesValue?: boolean;
  /** Where it is written, if that is not what says the value at the path in the end. */
  readonly source?: string;
  /** The only time it is done, and agreed to. Default: whenever the configuration is used. */
  readonly occasion?: Occasion;
}

/** When credentials are stored; when a keyring is unlocked unasked; when an MFA code is sent. */
export type Occasion = 'storing' | 'unlocking' | 'mfa-code';
