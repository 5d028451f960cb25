import type { Sourced } from '../core/json.ts';
import type { Host } from '../host/host.ts';

export interface KeyringInfo {
  /** `system`, `file` or `memory`. */
  readonly type: string;
  /** Whether another process, or this one started again, finds what was set. */
  readonly persistent: boolean;
  /** Where the entries are, in words for a person: a directory, a service, "this process". */
  readonly location: string;
}

export interface Probe {
  readonly state: 'ready' | 'locked' | 'unavailable';
  /** Why it is not ready, in words for a person. */
  readonly reason?: string;
}

/**
 * A place that keeps text under keys, and the promises that every backend makes.
 *
 * Keys have no control character, no leading dot, and at most 240 bytes as an encoded file name.
 * Values are text of at most 1 MiB of UTF-8 (64 KiB in `system`). Every failure is a
 * {@link KeyringError} of the closed set; nothing is dropped, and nothing waits without end.
 */
export interface Keyring {
  readonly info: KeyringInfo;
  /** Looks at the state without asking for anything and without writing. */
  probe(): Promise<Probe>;
  /** The value, or null when nothing is there. Never null for "could not look". */
  get(key: string): Promise<string | null>;
  /** Stores or overwrites. When it returns, the value outlives a crash of the machine. */
  set(key: string, value: string): Promise<void>;
  /** Whether something was there to delete. */
  delete(key: string): Promise<boolean>;
  /** All keys, sorted by code unit. Never asks for a password in `file` and `memory`. */
  keys(): Promise<string[]>;
  /** Forgets what is held in memory. The keyring must not be used afterwards. */
  close(): Promise<void>;
}

export interface PasswordRequest {
  /** What is to be unlocked: the directory of the keyring. */
  readonly location: string;
  /** True for a new keyring: the password is typed twice. */
  readonly isNew: boolean;
}

/** Asks a person for a password; throws ERR_NO_TERMINAL or ERR_CANCELLED when it cannot. */
export type PromptPassword = (request: PasswordRequest) => Promise<string>;

/** Which keyring, where, and where its password comes from. */
export interface KeyringSettings {
  readonly type: Sourced<string>;
  /** Types that may take its place, in turn, while it is unavailable. Only if somebody wrote so. */
  readonly fallback?: Sourced<readonly string[]>;
  /** Absolute. */
  readonly directory: Sourced<string>;
  /** Name of the environment variable that holds the password. */
  readonly passwordEnv: Sourced<string>;
  /** A file that holds the password. */
  readonly passwordFile?: Sourced<string>;
  /** A command for `sh -c`, on Windows `cmd.exe /c`, that prints the password. */
  readonly passwordCommand?: Sourced<string>;
}

export interface BackendContext {
  readonly settings: KeyringSettings;
  readonly host: Host;
  readonly promptPassword?: PromptPassword;
  /**
   * Gives a copy of the password of `file`, by one who holds it: then no source is asked. Whoever
   * takes the copy overwrites it.
   */
  heldPassword?(): Buffer;
  /** Takes what a person should know and no result says: an entry that is there twice. */
  warn?(message: string): void;
}

/** Makes a backend. Opening does not look at the machine yet: the first call does. */
export type OpenBackend = (context: BackendContext) => Keyring;
