import type { AwsCredentials, Credentials, CredentialType } from '../core/credentials.ts';
import type { Sourced } from '../core/json.ts';
import type { Identity, IdentityPart, TrustNeed } from '../core/kind-config.ts';
import type { GenericSchema } from '../core/validate.ts';
import type { EnvironmentChange } from '../core/variables.ts';
import type { Closed } from '../host/closed-home.ts';
import type { Host } from '../host/host.ts';

/** What a kind of identity is given to work with. It reaches nothing else. */
export interface StrategyContext {
  readonly identity: Identity;
  readonly host: Host;
  /** The long-lived keys that the store keeps for this identity. */
  readStoredKeys(): Promise<AwsCredentials | null>;
  /** Whether the next command would find a key that is stored. Not in the memory keyring. */
  readonly isStoreLasting: boolean;
  /** For what a person should know, one line each. */
  warn(message: string): void;
}

export interface OpenContext {
  /** Gives undefined when there is no (other) code to be had: ERR_AUTH_MFA_REQUIRED, or the refusal. */
  readonly mfaCode?: (request: MfaRequest) => Promise<string | undefined>;
  readonly timeoutMs: number;
}

export interface MfaRequest {
  readonly device: string;
  /** How a message calls the device, where a tag of the configuration gave it. Default: itself. */
  readonly shownDevice?: string;
  /** True when the code before this one was refused. */
  readonly isRetry: boolean;
}

export interface OpenedSession {
  /** With a session token and an expiry. */
  readonly credentials: AwsCredentials;
  /** How far the server's clock is ahead of ours. */
  readonly clockOffsetMs: number;
}

/**
 * What messages and logs say in place of values that tags of the configuration gave. Absent: the value.
 */
export interface ShownValues {
  readonly region?: string;
  readonly endpoint?: string;
  readonly mfaDevice?: string;
}

/** An identity whose configuration and keys are read and checked, ready to open a session. */
export interface PreparedIdentity {
  readonly region: string;
  /**
   * All that a session depends on, by the name that messages give it: `spec.endpoint_url`. The session
   * is good for nothing once one of these has changed. Stored with the session, so nothing secret.
   */
  readonly fingerprintOf: Readonly<Record<string, string | number | null>>;
  /** What messages say in place of those values that they must not quote. */
  readonly fingerprintShown?: Readonly<Record<string, string>>;
  /** The access key id that sessions are opened with, to tell refusals apart. */
  readonly baseAccessKeyId: string;
  /** An MFA device stands for one person and one code at a time. */
  readonly mfaDevice?: string;
  readonly shown?: ShownValues;
  /** What a session of it will not be able to do, in one line; undefined when nothing is lacking. */
  readonly limits?: string;
  open(context: OpenContext): Promise<OpenedSession>;
  /** Asks the server who holds these credentials. */
  whoIs(credentials: AwsCredentials, timeoutMs: number): Promise<{ arn: string; account: string }>;
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

/** One kind of identity. */
export interface IdentityStrategy {
  /** The type of its credentials, by which their cloud is found. */
  readonly gives: CredentialType;
  /** The name that Atmos shows as the provider of an identity that has none. */
  readonly providerName: string;
  /**
   * What the kind's own parts of the configuration hold. One that is absent is not looked at; keys
   * that are not there are told of by `auth validate`.
   */
  readonly schemas: Readonly<Partial<Record<IdentityPart, GenericSchema>>>;
  /**
   * Checks the kind's own part of the configuration.
   *
   * @throws ERR_CONFIG_INVALID, an {@link IdentityError} with all that is wrong
   */
  validate(identity: Identity): void;
  /**
   * What using the identity does that a project's file gets only once it is trusted, and which of the
   * identity's own fields asks for it: `['spec', 'endpoint_url']`. Checks nothing, and throws nothing:
   * of what is not valid there is nothing to say.
   */
  trustNeeds(identity: Identity): readonly TrustNeed[];
  /** Whether long-lived keys that are stored would be used, or the configuration has its own. */
  usesStoredKeys(identity: Identity): boolean;
  /**
   * The form of a long-lived key of this identity. It checks values as those in the configuration are
   * checked.
   *
   * @throws ERR_CONFIG_INVALID
   */
  keyForm(identity: Identity): Promise<KeyForm>;
  /** Where requests go that name no region. */
  readonly defaultRegion: string;
  /** The region that the configuration names. Undefined: the environment's, or the default. */
  configuredRegion(identity: Identity): string | undefined;
  /** @throws ERR_CONFIG_INVALID, ERR_AUTH_KEYS_MISSING, and what reading the store gives */
  prepare(context: StrategyContext): Promise<PreparedIdentity>;
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
