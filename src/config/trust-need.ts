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

/** When credentials are stored in a file keyring; when an MFA code is sent. */
export type Occasion = 'storing' | 'mfa-code';
