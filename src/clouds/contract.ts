import type { Credentials, CredentialType } from '../core/credentials.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Sourced } from '../core/json.ts';
import type { Identity, IdentityPart, TrustNeed } from '../core/kind-config.ts';
import type { GenericSchema } from '../core/validate.ts';
import type { EnvironmentChange } from '../core/variables.ts';
import type { Closed } from '../host/closed-home.ts';
import type { Host } from '../host/host.ts';

/** A kind of identity. It knows neither the keyring nor other identities. */
export interface Kind {
  /** The type of its credentials, by which their cloud is found. */
  readonly gives: CredentialType;
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
   * The form of a long-lived key of this identity. It checks values as those in the configuration are
   * checked.
   *
   * @throws ERR_CONFIG_INVALID
   */
  keyForm(identity: Identity): Promise<KeyForm>;
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

// Long-lived keys: what `auth user configure` asks for, and what other tools have stored.

/** Values of a long-lived key by the names of the fields of its form. */
export type KeyValues = Readonly<Record<string, string>>;

/** One value of a long-lived key. */
export interface KeyField {
  /** Its name in JSON: `access_key_id`. */
  readonly name: string;
  /** Its name in a prompt: `AWS Access Key ID`. */
  readonly label: string;
  /** Whether a prompt must not show what is typed. */
  readonly isSecret: boolean;
  /** Whether a key is complete without it. */
  readonly isOptional: boolean;
  /** The value when a person types nothing. */
  readonly default?: string;
  /** The value that the configuration has, which is used instead of a stored one, and its name there. */
  readonly configured?: Sourced<string> & { readonly title: string };
  /**
   * What is wrong with a value, whichever way it came in: `the access key id is empty`. Never quotes
   * the value, which may be a secret.
   */
  check(value: string): string | undefined;
}

export interface KeyForm {
  readonly fields: readonly KeyField[];
  /**
   * Reads a key that a program wrote to standard input as JSON. Its values are not checked.
   *
   * @throws ERR_USAGE; the message quotes nothing of the input
   */
  parse(json: string): KeyValues;
  make(values: KeyValues): Credentials;
}

/** A line of a file, counted from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** A long-lived key of another tool, under the name that the tool gives it. */
export interface ProfileKey {
  readonly profile: string;
  /** Not checked. */
  readonly values: KeyValues;
  /** The lines that have it in plain text. */
  readonly lines: readonly SourceLine[];
  /** The MFA device that the key is used with, which is among the values as well. */
  readonly mfaDevice?: Sourced<string>;
}

/** The files of another tool. */
export interface KeyFiles {
  readonly credentials: string;
  readonly config: string;
  /** The directory that cannot be searched: files in it count as missing. Undefined: none. */
  readonly closed?: Closed;
}

/** Reads a file. One that is missing is empty. @throws ERR_IO */
export type ReadKeyFile = (path: string) => string;

/** Finds long-lived keys in files of another tool. The caller reads the files. */
export interface KeyFileImporter {
  /** What messages call one of the files: `the AWS file`. */
  readonly fileTitle: string;
  /** @throws ERR_USAGE without a home directory */
  files(host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>): KeyFiles;
  /** All profiles by name: those with a key, and the names of the others. */
  keys(
    files: KeyFiles,
    read: ReadKeyFile,
  ): {
    readonly keys: readonly ProfileKey[];
    readonly others: readonly string[];
    readonly warnings: readonly string[];
  };
  /** @throws ERR_USAGE for a profile that is missing or has no long-lived key */
  key(profile: string, files: KeyFiles, read: ReadKeyFile): KeyValues;
}

/** Finds long-lived keys in the keyring of another tool. The caller opens the keyring. */
export interface KeyringImporter extends Pick<KeyFileImporter, 'fileTitle'> {
  /** Whether the entry of this name is a long-lived key; its name is that of a profile then. */
  isKey(entry: string): boolean;
  /** Tells the MFA device of each profile, by the environment or a file of the tool. */
  mfaDevices(
    host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>,
    read: ReadKeyFile,
  ): (profile: string) => Sourced<string> | undefined;
  /** Reads an entry. The problem quotes nothing of it. Never throws. */
  parse(
    entry: string,
    mfaDevice: string | undefined,
  ): { readonly values: KeyValues } | { readonly problem: string };
}

// ── a cloud: found by the type of credentials ────────────────────────────────────────────────────

/** How programs get the credentials of one type. */
export interface Cloud<C extends Credentials = Credentials> {
  /** The variables that choose a region for a program, which an identity's `env:` may set. */
  readonly regionVariables: readonly string[];
  /**
   * The change for mode `env`: sets the credentials themselves, and unsets every variable that could
   * win over them.
   */
  environment(credentials: C, region: string | undefined): EnvironmentChange;
  readonly process: ProcessMode<C>;
}

/**
 * Mode `process`: programs find a profile in a file, and run the command of the profile when they need
 * credentials. Nothing here needs credentials but {@link ProcessMode.formatAnswer}.
 */
export interface ProcessMode<C extends Credentials> {
  /**
   * The command as one line of the file.
   *
   * @returns undefined for a command that not every program would read alike
   */
  readonly formatCommand: (
    command: ProcessCommand,
    platform: NodeJS.Platform,
  ) => string | undefined;
  /** The text of the file. @throws ERR_CONFIG_INVALID for a region that does not exist */
  formatProfile(profile: ProcessProfile): string;
  /** The variables that name the profile and its file, without any secret. */
  environment(place: ProfilePlace): EnvironmentChange;
  /**
   * The user's own files that programs do not read while they read `configFile`, home written as `~`.
   */
  hiddenFiles(
    configFile: string,
    host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>,
  ): readonly string[];
  /** What the command prints, with its line feed. */
  formatAnswer(credentials: C): string;
}

/** A program of Node, and how it is started. */
export interface ProcessCommand {
  readonly node: string;
  readonly script: string;
  readonly args: readonly string[];
}

export interface ProcessProfile {
  readonly identity: string;
  /** From {@link ProcessMode.formatCommand}. */
  readonly command: string;
  readonly region?: string;
}

export interface ProfilePlace {
  readonly identity: string;
  /** The file with the profile, absolute. */
  readonly configFile: string;
  /** An empty file, to replace other files that programs would read too. */
  readonly emptyFile: string;
  readonly region: string | undefined;
}
