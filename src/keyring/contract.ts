import type { Hint } from '../core/hint.ts';
import type { Sourced } from '../core/json.ts';
import type { Spec, SpecText } from '../core/keyring-spec.ts';
import type { TrustNeed } from '../core/kind-config.ts';
import type { MapEntries } from '../core/validate.ts';
import type { Host } from '../host/host.ts';
import type { Finding } from './inspection.ts';

export interface KeyringInfo {
  /** `system`, `file`, `memory` or `vault`. */
  readonly type: string;
  /** Whether the entries outlive the process. */
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
 * Stores text under keys. Every backend keeps the promises below.
 *
 * Keys have no control character, no leading dot, and at most 240 bytes as an encoded file name.
 * Values are text of at most 1 MiB of UTF-8 (64 KiB in `system` and `vault`). Every failure is a
 * {@link KeyringError} of the closed set; nothing is lost silently, and every wait has a limit.
 */
export interface Keyring {
  readonly info: KeyringInfo;
  /**
   * Checks the state. Never prompts and never writes.
   *
   * @throws KeyringError if the check itself failed or timed out: that is not `unavailable`
   */
  probe(): Promise<Probe>;
  /** The value, or null if it does not exist. An entry that cannot be read is an error, never null. */
  get(key: string): Promise<string | null>;
  /** Stores or overwrites a value. When it resolves, the value survives a crash of the machine. */
  set(key: string, value: string): Promise<void>;
  /** Deletes an entry. Resolves to false if it did not exist. */
  delete(key: string): Promise<boolean>;
  /** All keys, sorted by code unit. Never prompts for a password in `file` and `memory`. */
  keys(): Promise<string[]>;
  /** Clears secrets from memory. The keyring must not be used afterwards. */
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
 * Prompts for a password.
 *
 * @throws ERR_CANCELLED; ERR_NO_TERMINAL if no prompt is possible, which becomes
 *   ERR_KEYRING_PASSWORD_REQUIRED
 */
export type PromptPassword = (request: PasswordRequest) => Promise<string>;

/** Which keyring, and the settings for its backend. */
export interface KeyringSettings {
  readonly type: Sourced<string>;
  /** The types to use instead while it is unavailable, in this order. Absent: none. */
  readonly fallback?: Sourced<readonly string[]>;
  /** Each setting from its first source. A backend settles its own. */
  readonly spec: Spec;
}

/** What the caller of a keyring provides for every backend. */
export interface KeyringCaller {
  readonly host: Host;
  readonly promptPassword?: PromptPassword;
  /**
   * Returns a copy of the password of `file` if the caller holds it: then no source is read. In the agent
   * of `vault`, the secret id that was in a variable. The receiver overwrites the copy after use.
   */
  heldPassword?(): Buffer;
  /**
   * For a caller that has another way to go on: a keyring that the desktop would unlock with a prompt
   * is an error at once, ERR_KEYRING_LOCKED. Default: the prompt is shown.
   */
  readonly isUnattended?: boolean;
  /** For the keyring of another program that accepts an empty password, typed or in the variable. */
  readonly acceptsEmptyPassword?: boolean;
  /**
   * Whether an unlock agent can hold it open, so that a hint can offer that. Default: true on systems
   * with agents. False for a keyring that `keyring unlock` would not open.
   */
  readonly canUnlock?: boolean;
  /**
   * Called when a typed password has opened the keyring, or will be that of a new one, if an agent
   * could hold it. The receiver overwrites its copy after use.
   */
  passwordTyped?(copyPassword: () => Buffer): Promise<void>;
  /**
   * Whether an entry of a file keyring is our own by its name. Our own entries decide whether a password
   * is right; entries of other programs may have another one. Default: by the name without a realm.
   */
  isOwnEntry?(key: string): boolean;
  /** For the keyring of another program in which every entry has the same password. */
  readonly hasOnePassword?: boolean;
  /**
   * Called with each warning that no result contains, such as an entry that exists twice.
   *
   * @param hints commands that fix it, none by default
   */
  warn?(message: string, hints?: readonly Hint[]): void;
}

/** What the configured keyring is opened with. */
export interface KeyringContext extends KeyringCaller {
  readonly keyring: KeyringSettings;
}

/** The same for one backend, with its own settings. */
export interface BackendContext<S = unknown> extends KeyringCaller {
  /** The type by which the backend was chosen. */
  readonly type: Sourced<string>;
  readonly settings: S;
}

/** The settings of backends that a handle pins, by names that the backends choose. JSON. */
export type Pinned = Readonly<Record<string, unknown>>;

/** A keyring as a handle pins it. */
export type PinnedKeyring = Pick<KeyringSettings, 'type' | 'fallback'> & Pinned;

/** The part of the host that settings depend on. */
export type SettlingHost = Pick<
  Host,
  'env' | 'platform' | 'homeDirectory' | 'userId' | 'workingDirectory'
>;

/** Compares paths with the project whose configuration is used. Without a project no path is in it. */
export interface ProjectPlace {
  /** Whether the file may be part of the project: it is in it, or in a directory above it. */
  isBeside(file: string): boolean;
  /** The checkout of the project that the path is in. */
  checkoutOf(path: string): string | undefined;
}

/** The sources of a keyring's password, except a prompt and an agent. */
export interface PasswordSources {
  /** The variable that is read first, for a hint. */
  readonly variable: Sourced<string>;
  /** The configured sources, in their order. */
  readonly given: readonly {
    readonly kind: 'variable' | 'file' | 'command';
    /** The name of the variable, the path of the file, the command. */
    readonly said: Sourced<string>;
  }[];
  /** Whether a person types it, because no source is configured. */
  readonly isTyped: boolean;
  /** What to do if no prompt is possible. */
  readonly instead: Hint;
}

/**
 * A type of keyring: one entry of the registry. Every start loads the entry, so its functions import large
 * modules when they are called.
 *
 * @typeParam S its settings
 */
export interface Backend<S = unknown> {
  readonly type: string;
  /**
   * Whether each use, a probe too, sends requests to a server. Then it is used only if it is configured
   * and trusted: `status` and `doctor` do not look at it otherwise. Default: false.
   */
  readonly isRemote?: true;
  /**
   * The keys of `auth.keyring.spec` that are its own, each by `setting`: no two backends have the same
   * one. The other fields of {@link About} have effects: `environment` is the variable that
   * overrides the key. Default: no keys.
   */
  readonly schema?: MapEntries;
  /**
   * Whether several machines or persons use the entries, so that sessions do not belong there. Default:
   * false.
   */
  isShared?(settings: S): boolean;
  /**
   * Settles its settings. An invalid value is an error here; a missing one is an error of `open`.
   *
   * @throws ERR_CONFIG_INVALID, ERR_USAGE, ERR_KEYRING_IO
   */
  settle(said: Spec, host: SettlingHost): S;
  /**
   * The settings for a handle, which must mean the same in another directory and environment. Names and
   * values must stay as they are in existing handles. Never contains commands.
   *
   * @throws ERR_USAGE where a setting has no value
   */
  pin?(settings: S): Pinned;
  /** The reverse of `pin`. Ignores names that are not its own. */
  unpin?(pinned: Pinned): Spec;
  /** The settings that need trust, and when. */
  trustNeeds?(said: Spec, project: ProjectPlace, host: SettlingHost): TrustNeed[];
  /** A line to show before something is stored. */
  storingNotice?(settings: S, project: ProjectPlace): string | undefined;
  /** The place of the entries, if it is a setting. Reading its value throws as `settle` does. */
  location?(settings: S): SpecText;
  /** Only for a backend whose password this program manages. */
  passwordSources?(settings: S, host: Pick<Host, 'env'>): PasswordSources;
  /** How long to keep the keyring unlocked after its password was typed, in milliseconds, if configured. */
  autoUnlockMs?(settings: S): Sourced<number> | undefined;
  /** Only the first call of the keyring accesses the machine. */
  open(context: BackendContext<S>): Promise<Keyring>;
  /** Default: the backend cannot be inspected. */
  loadInspector?(): Promise<Inspector<S>>;
  /** Only for a backend that a background process can keep unlocked. */
  loadAgent?(): Promise<AgentControl<S>>;
  /** As `loadAgent`, for a command that only looks for the process. */
  loadAgentPresence?(): Promise<AgentPresence<S>>;
  /** Why that is impossible with these settings, for a message. Default: it is possible. */
  whyNoAgent?(settings: S): string | undefined;
  /** Runs that process until it stops. The secret is overwritten at the end. */
  runAgent?(host: Host, order: AgentOrder, secret: Buffer): Promise<void>;
  /** Changes the password, for all entries or for none. Only for a backend with a password. */
  rekey?(context: BackendContext<S>, options: RekeyOptions): Promise<RekeyResult>;
  /** Only for a backend whose keyring can have readers who share it without a password. */
  loadReaders?(): Promise<ReadersControl<S>>;
  /**
   * The password that other programs need to read the entries. Only for a backend with a password.
   *
   * @throws as opening the keyring does; ERR_KEYRING_UNAVAILABLE if it does not exist yet
   */
  revealPassword?(context: BackendContext<S>): Promise<string>;
}

/** Who can read a keyring. Readers are public keys of age. */
export interface KeyringReaders {
  /** Names the secret that the readers share, and does not reveal it. */
  readonly fingerprint: string;
  /** Sorted. */
  readonly readers: readonly string[];
  /** The user's own public keys. */
  readonly own: readonly string[];
}

/** A change of readers that this machine has not accepted, or has just accepted. */
export interface ReadersChange extends KeyringReaders {
  /** Whether this machine accepts the secret already. */
  readonly isAccepted: boolean;
  /** The fingerprint that this machine accepts. Undefined: none. */
  readonly before: string | undefined;
  /** Compared with the readers that this machine knows. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface AddedReaders extends KeyringReaders {
  /** Without those who were readers before. Sorted. */
  readonly added: readonly string[];
}

export interface RemovedReader extends KeyringReaders {
  readonly entries: number;
  /** As in {@link RekeyResult}. */
  readonly unreadable: readonly string[];
  readonly left: readonly string[];
}

/** Manages the readers of a keyring. Every function opens it with the user's own identity. */
export interface ReadersControl<S = unknown> {
  /** @throws ERR_USAGE for a keyring without readers; ERR_KEYRING_* */
  list(context: BackendContext<S>): Promise<KeyringReaders>;
  /**
   * Adds readers, who can then read every entry. The secret does not change.
   *
   * @throws also ERR_CONFIG_INVALID for a recipient that is not a public key of age
   */
  add(context: BackendContext<S>, recipients: readonly string[]): Promise<AddedReaders>;
  /**
   * Removes a reader and changes the secret, for all entries or for none. What the reader could read
   * before stays known to the reader.
   *
   * @throws also ERR_USAGE for a recipient that is not a reader, and for the last one; errors of
   *   {@link Backend.rekey}
   */
  remove(
    context: BackendContext<S>,
    recipient: string,
    options: Pick<RekeyOptions, 'onProgress' | 'signal'>,
  ): Promise<RemovedReader>;
  /**
   * What {@link accept} would accept. Changes nothing.
   *
   * @throws ERR_KEYRING_DAMAGED for a secret that was replaced, or that does not open the entries
   */
  look(context: BackendContext<S>): Promise<ReadersChange>;
  /** Accepts the secret on this machine. @throws also ERR_KEYRING_FOREIGN for another fingerprint */
  accept(context: BackendContext<S>, fingerprint: string): Promise<ReadersChange>;
}

/** The source of a new password. */
export type NewPasswordSource =
  | { readonly file: Sourced<string> }
  /**
   * Returns the password as it was typed or read from standard input.
   *
   * @param location of the keyring, for a prompt
   */
  | { ask(location: string): Promise<string> };

export interface RekeyOptions {
  /** Absent: the password is kept, and only weak entries are encrypted again. */
  readonly newPassword?: NewPasswordSource;
  /** Only opens every entry and reports what would be changed. Default: false. */
  readonly isDryRun?: boolean;
  /**
   * Without a new password: also encrypts entries of other programs as strongly as our own, which
   * makes each read by those programs slower (in Atmos 25 to 40 times). Default: they keep their parameters.
   */
  readonly includesOthers?: boolean;
  onProgress?(done: number, total: number): void;
  /** Stops the change before its commit, with nothing changed. After the commit it has no effect. */
  readonly signal?: AbortSignal;
}

export interface RekeyResult {
  /**
   * `changed`: entries were encrypted again; `finished`: an interrupted earlier change was completed, with
   * its own new password; `none`: no keyring exists, or nothing was to do.
   */
  readonly outcome: 'changed' | 'finished' | 'none';
  /** How many entries there are, those of other programs too. */
  readonly entries: number;
  /** How many of them were encrypted again, or would be. */
  readonly rewritten: number;
  /** How many entries of other programs stay weaker than our own. */
  readonly weakOthers: number;
  /** Names of the files that do not open with the password: they were not changed. */
  readonly unreadable: readonly string[];
  /** Files that another process wrote with the old password meanwhile, and that still have it. */
  readonly left: readonly string[];
}

/** What a keyring can report besides its contract. */
export interface KeyringDetails {
  /** Whether the keyring exists already. */
  readonly isMade: boolean;
  /** How many entries there are, including other programs'; undefined if only `keys()` knows. */
  readonly entries?: number;
  /** How many of our own entries are encrypted weaker than new ones; undefined if that is impossible. */
  readonly weakEntries?: number;
  /** The kind of network file system it is on. */
  readonly networkFileSystem?: string;
}

/** A server that has the entries, and the access of this program to it. */
export interface ServerDetails {
  /** As it is configured. */
  readonly address: string;
  readonly version: string;
  readonly namespace?: string;
  /** What allows the token to do something. Undefined if the token may not ask. */
  readonly policies?: readonly string[];
  /** Undefined if it does not expire, or may not ask. */
  readonly tokenExpiresAt?: Date;
}

/**
 * Inspects one kind of keyring from outside, without its password and without a prompt. The reason why a
 * keyring cannot be used at all is not reported here, but by its probe.
 */
export interface Inspector<S = unknown> {
  /** Writes nothing. */
  describe(context: BackendContext<S>): KeyringDetails;
  /** Changes no entry. */
  examine(context: BackendContext<S>): Promise<Finding[]>;
  /** Only for a backend on a server. @throws KeyringError */
  askServer?(context: BackendContext<S>): Promise<ServerDetails>;
}

/** How long a keyring stays unlocked: in total, and without use. */
export interface Terms {
  readonly ttlMs: number;
  readonly idleMs: number;
}

/** Until when a keyring is unlocked, and by which process. */
export interface Unlocked {
  /** Unknown on macOS. */
  readonly processId: number | undefined;
  readonly expiresAt: Date;
  /** The end if it is not used before. */
  readonly idleExpiresAt: Date;
}

export interface UnlockResult extends Unlocked {
  /** Whether an agent ran already. */
  readonly isRenewed: boolean;
  /** Whether the keyring does not exist yet: the first stored entry creates it. */
  readonly isNew: boolean;
  /** The agent's socket. */
  readonly socket: string;
}

/** The state of a keyring's agent. */
export type AgentState =
  | ({ readonly kind: 'unlocked' } & Unlocked)
  | { readonly kind: 'none' }
  /** This system cannot have one. */
  | { readonly kind: 'impossible' }
  /** `ATMOS_KEYRING_AGENT` disables it. */
  | { readonly kind: 'off' }
  | {
      readonly kind: 'unusable';
      readonly reason: string;
      /** Unknown on macOS, and if another file is at the place of its socket. */
      readonly processId: number | undefined;
    };

/** The result of stopping an agent. */
export type LockResult =
  | {
      readonly kind: 'locked';
      readonly processId: number | undefined;
      /** What the agent could not end. */
      readonly warning?: string;
    }
  | { readonly kind: 'none' }
  /** It did not answer and was terminated by a signal. */
  | { readonly kind: 'terminated'; readonly processId: number }
  /** An agent of another version: it can no longer be reached, and stops when it notices that. */
  | { readonly kind: 'cut-off'; readonly processId: number | undefined };

/** What a new agent receives. */
export interface AgentOrder {
  readonly type: string;
  /** As the backend pins them. */
  readonly settings: Pinned;
  /** Of its socket. */
  readonly place: { readonly directory: string; readonly socket: string };
  readonly terms: Terms;
}

export interface AgentControl<S = unknown> {
  /** Names the keyring in messages. */
  locationOf(settings: S): string;
  /**
   * Starts a background process that keeps the keyring unlocked. A running one gets the new terms without
   * a prompt for the password.
   *
   * @throws KeyringError of the keyring and its password; ERR_KEYRING_UNAVAILABLE if the system
   *   cannot have an agent; ERR_KEYRING_PERMISSIONS, _VERSION, _TIMEOUT, _IO for one that cannot be used
   */
  unlock(context: BackendContext<S>, terms: Terms): Promise<UnlockResult>;
  /**
   * Stops the agent. When this resolves, the agent has cleared the password. An agent that does not answer
   * is terminated, if the system reports its process id (Linux).
   *
   * @throws ERR_KEYRING_PERMISSIONS, _TIMEOUT, _IO for one that cannot be stopped
   */
  lock(context: BackendContext<S>): Promise<LockResult>;
  /** Waits at most 2 seconds for one that does not answer. */
  look(context: BackendContext<S>): Promise<AgentState>;
}

/** What can be known of the background process without connecting to it. */
export interface AgentPresence<S = unknown> {
  /** Whether the system has what an agent needs. */
  isPossible(host: Pick<Host, 'platform'>): boolean;
  /**
   * Whether an agent of the keyring has a socket. Does not connect: an agent that does not answer costs no
   * time, and a killed one may still seem to run.
   *
   * @throws ERR_USAGE for an invalid value of `ATMOS_KEYRING_AGENT`
   */
  isPresent(context: BackendContext<S>): Promise<boolean>;
}
