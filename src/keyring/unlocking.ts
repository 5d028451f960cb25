import type { BackendContext, OpenBackend } from './contract.ts';

/** How long a keyring stays unlocked: in all, and without being used. */
export interface Terms {
  readonly ttlMs: number;
  readonly idleMs: number;
}

/** Nothing stays unlocked for longer than this after its password was given, renewed or not. */
export const longestUnlockMs = 24 * 60 * 60 * 1000;

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
  /** Waits at most 2 seconds for one that does not answer. */
  look(context: BackendContext): Promise<AgentState>;
}

/** What the agent needs of the keyring that it holds open. */
export interface ServedBackend {
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
