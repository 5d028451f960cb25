import type { Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Spec, SpecText } from '../core/keyring-spec.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import type { MapEntries } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import type { Finding } from './inspection.ts';

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

/** Which keyring, and what its backend is told. */
export interface KeyringSettings {
  readonly type: Sourced<string>;
  /** Types that may take its place, in turn, while it is unavailable. Only if configured. */
  readonly fallback?: Sourced<readonly string[]>;
  /** Of each setting the first source that says it. A backend settles its own. */
  readonly spec: Spec;
}

/** What the caller of a keyring brings, whatever its backend. */
export interface KeyringCaller {
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

/** What opens the configured keyring. */
export interface KeyringContext extends KeyringCaller {
  readonly keyring: KeyringSettings;
}

/** The same for one backend, with its own settings. */
export interface BackendContext<S = unknown> extends KeyringCaller {
  /** The type by which the backend was chosen. */
  readonly type: Sourced<string>;
  readonly settings: S;
}

/** What a handle pins of the settings of backends, by names that they choose. JSON. */
export type Pinned = Readonly<Record<string, unknown>>;

/** A keyring as a handle pins it. */
export type PinnedKeyring = Pick<KeyringSettings, 'type' | 'fallback'> & Pinned;

/** What settings are settled by. */
export type SettlingHost = Pick<
  Host,
  'env' | 'platform' | 'homeDirectory' | 'userId' | 'workingDirectory'
>;

/** Judges paths by the project whose files are in force. Without a project nothing is part of one. */
export interface ProjectPlace {
  /** Whether the file may have come with the project: it is in it, or in a directory around it. */
  isBeside(file: string): boolean;
  /** The checkout of the project that the path is in. */
  checkoutOf(path: string): string | undefined;
}

/** Where the password of a keyring comes from, but for a prompt and an agent. */
export interface PasswordSources {
  /** The variable that is looked at first, for a hint. */
  readonly variable: Sourced<string>;
  /** What gives it, the first first. Empty: only a user has it. */
  readonly given: readonly {
    readonly kind: 'variable' | 'file' | 'command';
    /** The name of the variable, the path of the file, the command. */
    readonly said: Sourced<string>;
  }[];
  /** What to do where no one can be prompted. */
  readonly instead: Hint;
}

/**
 * A type of keyring: one entry of the registry. What is heavy is imported by its functions, since every
 * start loads the entry itself.
 *
 * @typeParam S its settings
 */
export interface Backend<S = unknown> {
  readonly type: string;
  /**
   * The keys of `auth.keyring.spec` that are its own, each by `setting`: no two backends have the same
   * one. What {@link About} says besides the description has effects: `environment` is the variable that
   * wins over the key. Default: none.
   */
  readonly schema?: MapEntries;
  /**
   * Its settings. Complains of what is said and wrong; what is missing, opening complains of.
   *
   * @throws ERR_CONFIG_INVALID, ERR_USAGE, ERR_KEYRING_IO
   */
  settle(said: Spec, host: SettlingHost): S;
  /**
   * The settings as a handle pins them, so that they mean the same from another directory and in another
   * environment. Handles that were written earlier have the same names and values. Without commands.
   *
   * @throws ERR_USAGE where a setting has no value
   */
  pin?(settings: S): Pinned;
  /** The reverse of `pin`. Ignores names that are not its own. */
  unpin?(pinned: Pinned): Spec;
  /** What following the configuration needs trust for, with its occasion. */
  trustNeeds?(said: Spec, project: ProjectPlace, host: SettlingHost): TrustNeed[];
  /** A line to show before something is stored. */
  storingNotice?(settings: S, project: ProjectPlace): string | undefined;
  /** Where the entries are, if a setting says that. Its value throws as `settle` does. */
  location?(settings: S): SpecText;
  /** Only for a backend with a password of ours. */
  passwordSources?(settings: S, host: Pick<Host, 'env'>): PasswordSources;
  /** How long to hold it open once its password was typed, in milliseconds, if a setting says that. */
  autoUnlockMs?(settings: S): Sourced<number> | undefined;
  /** Opening does not look at the machine yet: the first call does. */
  open(context: BackendContext<S>): Promise<Keyring>;
  /** Default: nothing can be seen from outside. */
  loadInspector?(): Promise<Inspector<S>>;
  /** Only where a background process can hold it open. */
  loadAgent?(): Promise<AgentControl<S>>;
  /** Is that process, until it has a reason to stop. */
  runAgent?(host: Host): Promise<void>;
  /** Only for a backend whose password can be changed: gives it another one, all of it or nothing. */
  rekey?(context: BackendContext<S>, options: RekeyOptions): Promise<RekeyResult>;
}

/** Where the password that is to replace the keyring's comes from. */
export type NewPasswordSource =
  | { readonly file: Sourced<string> }
  /**
   * Gives it as it is: from a person or standard input.
   *
   * @param location of the keyring, for a prompt
   */
  | { ask(location: string): Promise<string> };

export interface RekeyOptions {
  /** Absent: the password stays, and only what is weak is encrypted anew. */
  readonly newPassword?: NewPasswordSource;
  /** Opens every entry and tells what would be done. Default: false. */
  readonly isDryRun?: boolean;
  /**
   * Without a new password: also encrypts entries of other programs as strongly as our own, which
   * makes each read of theirs slower (in Atmos 25 to 40 times). Default: they keep their parameters.
   */
  readonly includesOthers?: boolean;
  onProgress?(done: number, total: number): void;
  /** Heeded until the change is decided: nothing was changed then. After that it is done to the end. */
  readonly signal?: AbortSignal;
}

export interface RekeyResult {
  /**
   * `changed`: entries were written anew; `finished`: an earlier change that was cut short was done to
   * the end (it decided on the password, so the one given now was not looked at); `none`: there is no
   * keyring, or nothing to do.
   */
  readonly outcome: 'changed' | 'finished' | 'none';
  /** How many entries there are, those of other programs too. */
  readonly entries: number;
  /** How many of them were written anew, or would be. */
  readonly rewritten: number;
  /** How many entries of other programs stay weaker than our own. */
  readonly weakOthers: number;
  /** Names of the files of other programs that do not open with the password: they were not changed. */
  readonly unreadable: readonly string[];
  /** Files that were written under the old password while, and that are still under it. */
  readonly left: readonly string[];
}

/** What a keyring tells of itself beyond its contract. */
export interface KeyringDetails {
  /** Whether it is there, so that the next write does not have to make it. */
  readonly isMade: boolean;
  /** How many entries there are, those of other programs too; undefined where the keyring lists them. */
  readonly entries?: number;
  /** How many of our own entries are weaker than those we write; undefined where that cannot be. */
  readonly weakEntries?: number;
  /** The kind of network file system it is on. */
  readonly networkFileSystem?: string;
}

/**
 * Looks at one kind of keyring from outside, without its password and without asking anybody. What
 * keeps the keyring from being used at all is not told here: its probe says that.
 */
export interface Inspector<S = unknown> {
  /** Writes nothing. */
  describe(context: BackendContext<S>): KeyringDetails;
  /** Changes nothing that is kept. */
  examine(context: BackendContext<S>): Promise<Finding[]>;
}

/** How long a keyring stays unlocked: in all, and without being used. */
export interface Terms {
  readonly ttlMs: number;
  readonly idleMs: number;
}

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

export interface AgentControl<S = unknown> {
  /** Whether the system has what an agent needs. */
  isPossible(host: Pick<Host, 'platform'>): boolean;
  /**
   * Lets a background process hold the file keyring open. Where one does already, it gets the new
   * terms, and no password is asked for.
   *
   * @throws KeyringError of the keyring and its password; ERR_KEYRING_UNAVAILABLE where there can be
   *   no agent; ERR_KEYRING_PERMISSIONS, _VERSION, _TIMEOUT, _IO for one that cannot be used
   */
  unlock(context: BackendContext<S>, terms: Terms): Promise<UnlockResult>;
  /**
   * Ends the agent: when this returns, it has forgotten the password. One that does not answer is
   * terminated, where the system says which process it is (Linux).
   *
   * @throws ERR_KEYRING_PERMISSIONS, _TIMEOUT, _IO for one that cannot be ended
   */
  lock(context: BackendContext<S>): Promise<LockResult>;
  /**
   * Whether an agent of the keyring has a socket. Only looked at, never connected to: one that does not
   * answer costs nothing, and one that was killed may still seem to be there.
   *
   * @throws ERR_USAGE for a value of `ATMOS_KEYRING_AGENT` that is none
   */
  isPresent(context: BackendContext<S>): Promise<boolean>;
  /** Waits at most 2 seconds for one that does not answer. */
  look(context: BackendContext<S>): Promise<AgentState>;
}
