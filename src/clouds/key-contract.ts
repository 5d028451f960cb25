import type { ProgramCredentials } from '../core/credentials.ts';
import type { Sourced } from '../core/json.ts';
import type { Closed } from '../host/closed-home.ts';
import type { Host } from '../host/host.ts';

/** What finds the files of a user. */
type HomeHost = Pick<Host, 'env' | 'homeDirectory' | 'userId'>;

// Long-lived keys: the values for which `auth user configure` prompts, and keys that other tools
// have stored.

/** The values of a long-lived key by the field names of its form. */
export type KeyValues = Readonly<Record<string, string>>;

/** One value of a long-lived key. */
export interface KeyField {
  /** Its name in JSON: `access_key_id`. */
  readonly name: string;
  /** Its name in a prompt: `AWS Access Key ID`. */
  readonly label: string;
  /** Whether a prompt must hide the input. */
  readonly isSecret: boolean;
  /** Whether the key is complete without it. */
  readonly isOptional: boolean;
  /** The value if the user enters nothing. */
  readonly default?: string;
  /** The value in the configuration, which is used instead of a stored one, and its name there. */
  readonly configured?: Sourced<string> & { readonly title: string };
  /**
   * Why a value is invalid, for every source of values: `the access key id is empty`. Never quotes
   * the value, which may be a secret.
   */
  check(value: string): string | undefined;
}

export interface KeyForm {
  readonly fields: readonly KeyField[];
  /**
   * Parses a key that a program wrote to standard input as JSON. Its values are not checked.
   *
   * @throws ERR_USAGE; the message quotes nothing of the input
   */
  parse(json: string): KeyValues;
  make(values: KeyValues): ProgramCredentials;
}

/** A line of a file, counted from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** A long-lived key of another tool, with its name in that tool. */
export interface ProfileKey {
  readonly profile: string;
  /** Not checked. */
  readonly values: KeyValues;
  /** The lines that contain it in plain text. */
  readonly lines: readonly SourceLine[];
  /** The MFA device that is used with the key. It is also in `values`. */
  readonly mfaDevice?: Sourced<string>;
}

/** The files of another tool. */
export interface KeyFiles {
  readonly credentials: string;
  readonly config: string;
  /**
   * The directory that cannot be searched, so that files in it count as missing. Undefined if all are
   * accessible.
   */
  readonly closed?: Closed;
}

/** Reads a file. Returns an empty text if it is missing. @throws ERR_IO */
export type ReadKeyFile = (path: string) => string;

/** Finds long-lived keys in files of another tool. The caller reads the files. */
export interface KeyFileImporter {
  /** The name of one of the files in messages: `the AWS file`. */
  readonly fileTitle: string;
  /** @throws ERR_USAGE without a home directory */
  files(host: HomeHost): KeyFiles;
  /** All profiles by name: those with a key, and the names of those without. */
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
  /** Whether the entry with this name is a long-lived key. If it is, the name is that of a profile. */
  isKey(entry: string): boolean;
  /** Finds the MFA device of each profile, in the environment or a file of the tool. */
  mfaDevices(host: HomeHost, read: ReadKeyFile): (profile: string) => Sourced<string> | undefined;
  /** Parses an entry. The problem does not quote it. Never throws. */
  parse(
    entry: string,
    mfaDevice: string | undefined,
  ): { readonly values: KeyValues } | { readonly problem: string };
}
