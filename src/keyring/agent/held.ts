import type { BackendContext, Pinned } from '../contract.ts';
import type { HeldRequest } from './protocol.ts';
import type { KeyringId } from './socket-path.ts';

// What an agent needs of a backend: outside, to find and start the agent of a keyring; inside, to answer.

/** The keyrings of one type, for the commands that show and stop their agents. */
export interface AgentSubject<S> {
  /** Undefined if the keyring does not exist. */
  identify(settings: S): KeyringId | undefined;
  /** Names the keyring in messages. */
  locationOf(settings: S): string;
}

/** What the start of an agent needs besides. */
export interface AgentStarter<S> {
  readonly type: string;
  /** Variables that the agent gets; it has no others. */
  readonly variables: readonly string[];
  /**
   * Makes what must exist before the keyring is identified.
   *
   * @throws as the keyring does for a place that must not be used
   */
  prepare(context: BackendContext<S>): void;
  /** The settings for the agent. Never a secret. */
  settingsFor(settings: S): Pinned;
  /**
   * The secret for the agent, from its sources, proved if that is possible here. The receiver overwrites
   * it.
   *
   * @throws ERR_KEYRING_PASSWORD_WRONG and what a source gives
   */
  proveSecret(context: BackendContext<S>): Promise<{ secret: Buffer; isNew: boolean }>;
}

/** What an agent holds: an open keyring, or a login. */
export interface Held {
  readonly id: KeyringId;
  /**
   * The fields of the answer.
   *
   * @throws KeyringError; TypeError for a request that is not for this type
   */
  answer(request: HeldRequest): Promise<Readonly<Record<string, unknown>>>;
  /** Whether it still belongs to the keyring. If not, the agent stops. */
  isCurrent(): Promise<boolean>;
  /**
   * Forgets the secrets.
   *
   * @returns what it could not end, for a warning. Undefined if nothing is left
   */
  close(): Promise<string | undefined>;
}
