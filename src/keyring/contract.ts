import type { Hint } from '../core/hint.ts';
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
  /**
   * Looks at the state without asking for anything and without writing.
   *
   * @throws KeyringError where it could not look in its time: that is not `unavailable`
   */
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

/** A keyring of another program, to read from. */
export type KeyringReader = Pick<Keyring, 'info' | 'keys' | 'get' | 'close'>;

export interface PasswordRequest {
  /** What is to be unlocked: the directory of the keyring. */
  readonly location: string;
  /** True for a new keyring: the password is typed twice. */
  readonly isNew: boolean;
}

/**
 * Asks a person for a password. Throws ERR_CANCELLED, or ERR_NO_TERMINAL where no one can be
 * prompted, which becomes ERR_KEYRING_PASSWORD_REQUIRED.
 */
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
  /** How long an agent holds the keyring open once its password was typed. Absent: it does not. */
  readonly autoUnlockMs?: Sourced<number>;
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
  /** For the keyring of another program that lets its password be empty: one that is typed, or in the variable. */
  readonly acceptsEmptyPassword?: boolean;
  /**
   * Whether an unlock agent can hold it open, so that a hint can offer that. Default: where there are
   * agents. False for a keyring that `keyring unlock` would not open.
   */
  readonly canUnlock?: boolean;
  /**
   * Called when a password that was typed has opened the keyring, or is to be that of a new one, if
   * an agent could hold it. Whoever takes a copy of it overwrites the copy.
   */
  passwordTyped?(copyPassword: () => Buffer): Promise<void>;
  /**
   * Whether an entry of a file keyring is one of ours by its name: ours say what the password is, while
   * those of other programs may be under another one. Default: what a name tells without a realm.
   */
  isOwnEntry?(key: string): boolean;
  /** For the keyring of another program, all of it under one password: every entry says what that is. */
  readonly hasOnePassword?: boolean;
  /**
   * Takes what a person should know and no result says: an entry that is there twice.
   *
   * @param hints commands that fix it, none by default
   */
  warn?(message: string, hints?: readonly Hint[]): void;
}

/** Makes a backend. Opening does not look at the machine yet: the first call does. */
export type OpenBackend = (context: BackendContext) => Keyring;

/** How long a keyring stays unlocked: in all, and without being used. */
export interface Terms {
  readonly ttlMs: number;
  readonly idleMs: number;
}

/** Nothing stays unlocked for longer than this after its password was given, renewed or not. */
export const maxUnlockMs = 24 * 60 * 60 * 1000;

/** What is not said otherwise. */
export const defaultTerms = { ttl: '8h', idle: '1h' } as const;

/** Until when a keyring is unlocked, and by which process. */
export interface Unlocked {
  /** Unknown on macOS. */
  readonly processId: number | undefined;
  readonly expiresAt: Date;
  /** If it is not used before. */
  readonly idleExpiresAt: Date;
}

export interface UnlockResult extends Unlocked {
  /** Whether an agent ran already. */
  readonly isRenewed: boolean;
  /** Whether the keyring is still to be made, by the first entry that is stored. */
  readonly isNew: boolean;
  /** The agent's socket. */
  readonly socket: string;
}

/** What there is to say of the agent of a keyring. */
export type AgentState =
  | ({ readonly kind: 'unlocked' } & Unlocked)
  | { readonly kind: 'none' }
  /** There can be none on this system. */
  | { readonly kind: 'impossible' }
  /** `ATMOS_KEYRING_AGENT` says that it is not asked. */
  | { readonly kind: 'off' }
  | {
      readonly kind: 'unusable';
      readonly reason: string;
      /** Unknown on macOS, and where something else has its place. */
      readonly processId: number | undefined;
    };

/** What became of an agent that was to end. */
export type LockResult =
  | { readonly kind: 'locked'; readonly processId: number | undefined }
  | { readonly kind: 'none' }
  /** It did not answer and was ended by a signal. */
  | { readonly kind: 'terminated'; readonly processId: number }
  /** One of another version: nobody reaches it any more, and it ends when it notices that. */
  | { readonly kind: 'cut-off'; readonly processId: number | undefined };

export interface AgentControl {
  /** Whether the system has what an agent needs. */
  isPossible(host: Pick<Host, 'platform'>): boolean;
  /**
   * Lets a background process hold the file keyring open. Where one does already, it gets the new
   * terms, and no password is asked for.
   *
   * @throws KeyringError of the keyring and its password; ERR_KEYRING_UNAVAILABLE where there can be
   *   no agent; ERR_KEYRING_PERMISSIONS, _VERSION, _TIMEOUT, _IO for one that cannot be used
   */
  unlock(context: BackendContext, terms: Terms): Promise<UnlockResult>;
  /**
   * Ends the agent: when this returns, it has forgotten the password. One that does not answer is
   * terminated, where the system says which process it is (Linux).
   *
   * @throws ERR_KEYRING_PERMISSIONS, _TIMEOUT, _IO for one that cannot be ended
   */
  lock(context: BackendContext): Promise<LockResult>;
  /**
   * Whether an agent of the keyring has a socket. Only looked at, never connected to: one that does not
   * answer costs nothing, and one that was killed may still seem to be there.
   *
   * @throws ERR_USAGE for a value of `ATMOS_KEYRING_AGENT` that is none
   */
  isPresent(context: BackendContext): Promise<boolean>;
  /** Waits at most 2 seconds for one that does not answer. */
  look(context: BackendContext): Promise<AgentState>;
}

/** What the agent needs of the keyring that it holds open. */
export interface AgentBackend {
  readonly open: OpenBackend;
  /** What changes when the keyring in a directory gets another password. */
  generation(directory: string, userId: number | undefined): string | undefined;
  /**
   * Makes the directory where it is missing.
   *
   * @throws as the keyring does for a directory that must not be used
   */
  ensureDirectory(context: BackendContext): void;
  /**
   * The password from its sources, proved on the keyring; for a new keyring, the one it is to have.
   *
   * @throws ERR_KEYRING_PASSWORD_WRONG and what a source gives
   */
  provePassword(context: BackendContext): Promise<{ password: Buffer; isNew: boolean }>;
}
