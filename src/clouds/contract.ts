import type { Credentials, KeyFault, KeyValues } from '../core/credentials.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Identity, IdentityPart, TrustNeed } from '../core/kind-config.ts';
import type { GenericSchema } from '../core/validate.ts';
import type { Host } from '../host/host.ts';

/** A kind of identity. It knows neither the keyring nor other identities. */
export interface Kind {
  /** The name that Atmos shows as the provider of an identity that has none: `aws-user`. */
  readonly rootName: string;
  /**
   * What the kind's own parts of the configuration hold. One that is absent is not looked at; keys
   * that are not there are told of by `auth validate`.
   */
  readonly schemas: Readonly<Partial<Record<IdentityPart, GenericSchema>>>;
  /**
   * What using the identity does that a project's file gets only once it is trusted, and which of the
   * identity's own fields asks for it: `['spec', 'endpoint_url']`. Checks nothing, and throws nothing:
   * of what is not valid there is nothing to say.
   */
  trustNeeds(identity: Identity): readonly TrustNeed[];
  /**
   * What is wrong with values of a long-lived key of this identity, whichever way they came in. The same
   * check as that of the keys in its configuration.
   */
  keyFaults(identity: Identity, values: KeyValues): readonly KeyFault[];
  /**
   * Checks the configuration and says what it means. Pure: no keyring, no network, no process, no file.
   * Whatever only looks (validation, the environment, a session that is stored) needs no more than this.
   *
   * @throws ERR_CONFIG_INVALID, an `IdentityError` with all that is wrong
   */
  plan(identity: Identity): LinkPlan;
}

/** A value that a session depends on. */
export interface PlannedSetting {
  readonly value: string | number | null;
  /** What messages say in its place. Absent: the value. */
  readonly shown?: string;
}

/** One link between a configuration and credentials, ready to be opened. */
export interface LinkPlan {
  /** Of the identity, as written in atmos.yaml. */
  readonly name: string;
  /** `aws/user` */
  readonly kind: string;
  /**
   * The settings that a session depends on, by the name that messages give them: `spec.endpoint_url`. A
   * session is not used once one of them has changed. Stored with the session, so nothing secret; and of
   * the configuration alone, so that a stored session is found without the long-lived key.
   */
  readonly fingerprint: Readonly<Record<string, PlannedSetting>>;
  /**
   * The long-lived key: `needed`, from the keyring; `configured`, so that a stored one would not be used;
   * or `none`.
   */
  readonly storedKey: 'needed' | 'configured' | 'none';
  /** As configured. Absent: the environment's, or `defaultRegion`. */
  readonly region?: string;
  /** What logs say in place of the region. Absent: the region. */
  readonly shownRegion?: string;
  readonly defaultRegion: string;
  /**
   * The long-lived key that `open` uses. Absent where `storedKey` is `none`.
   *
   * @throws ERR_AUTH_KEYS_MISSING, and what reading the store gives
   */
  longLivedKey?(source: KeySource): Promise<Credentials>;
  /**
   * The network call.
   *
   * @throws as `longLivedKey`; ERR_AUTH_KEYS_REFUSED for the long-lived key; ERR_AUTH_MFA_REQUIRED where a
   *   person is needed and `ask` has no way; other ERR_AUTH_*, ERR_NETWORK, ERR_AWS, ERR_STORE_INVALID
   */
  open(context: OpenContext): Promise<Opened>;
  /** Asks the server who holds these credentials, within `timeoutMs`. */
  whoIs(
    credentials: Credentials,
    context: Pick<OpenContext, 'host' | 'timeoutMs' | 'warn'>,
  ): Promise<{ arn: string; account: string }>;
}

/** Where a long-lived key may come from. */
export interface KeySource {
  /** The one that the store keeps under this name. Null: none. Read at most once. */
  storedKey(): Promise<Credentials | null>;
  /** Whether the next command would find a key that is stored. Not in the memory keyring. */
  readonly isStoreLasting: boolean;
}

export interface OpenContext extends KeySource {
  readonly host: Host;
  readonly ask: Ask;
  /** For each request, its second attempt included. A person who is asked has more time. */
  readonly timeoutMs: number;
  /** Runs the task while no other process of this user runs one of the same subject. */
  alone<T>(turn: Turn, task: () => Promise<T>): Promise<T>;
  /** For what a person should know, one line each. */
  warn(message: string): void;
}

/** What must not be done twice at once, and is known only when a link is opened: an MFA device. */
export interface Turn {
  /** A word for what it is, then which one: `['mfa', 'arn:…']`. */
  readonly subject: readonly [what: string, ...which: string[]];
  /** The same in words for a person. */
  readonly named: string;
  /** Whether a failure of this code would be the same for everybody who waited. */
  isShared(code: ErrorCode): boolean;
}

/** What a person can be asked now. An absent member: there is no way to ask. */
export interface Ask {
  /** Gives undefined when there is no (other) code to be had. */
  readonly mfaCode?: (request: MfaRequest) => Promise<string | undefined>;
}

export interface MfaRequest {
  readonly device: string;
  /** How a message calls the device, where a tag of the configuration gave it. Default: itself. */
  readonly shownDevice?: string;
  /** True when the code before this one was refused. */
  readonly isRetry: boolean;
}

export interface Opened {
  /** With an expiry. */
  readonly credentials: Credentials;
  /** How far the server's clock is ahead of ours. */
  readonly clockOffsetMs: number;
  /** What they cannot do, one line each. Kept with them. */
  readonly limits: readonly string[];
}

/** What is configured, to tell whose a file is that does not say so itself. */
export interface FileOwners {
  readonly realm: string;
  readonly identities: readonly string[];
  readonly providers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly settings: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * A plain file in which Go Atmos keeps a session or a token, or the part of one that belongs to one
 * identity.
 */
export interface SessionFile {
  readonly path: string;
  /** `profile`: the settings of a session, which hold no secret. */
  readonly item: 'session' | 'profile' | 'token';
  /** Null for what realms share, and for what a version of Atmos without realms wrote. */
  readonly realm: string | null;
  /** As it is written there. Null where a whole file is meant. */
  readonly identity: string | null;
  /** The providers whose file it is: of a portal's token, each that is configured for the portal. */
  readonly providers: readonly string[];
  /** Why it is neither read nor removed, to follow its path: `is a symbolic link`. */
  readonly fault?: string;
  /**
   * Removes parts of this file, in one go: a file may have thousands. Others stay as they are.
   *
   * @param parts of the same path, this one among them
   * @returns those that were still there
   * @throws ERR_IO
   */
  remove(parts: readonly SessionFile[]): Promise<readonly SessionFile[]>;
}
