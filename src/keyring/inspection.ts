import type { BackendContext } from './contract.ts';

/** `warning`: it works, and should be mended. `problem`: it does not work, or is not safe. */
export type FindingState = 'ok' | 'warning' | 'problem';

/** What an examination found. */
export interface Finding {
  /** What was looked at: `round-trip`. Programs go by it. */
  readonly id: string;
  readonly state: FindingState;
  readonly message: string;
  /** Commands that mend it. */
  readonly hints: readonly string[];
  /** The entry that it is about. */
  readonly key?: string;
}

/** What a keyring tells of itself beyond its contract. */
export interface KeyringDetails {
  /** Whether it is there, so that the next write does not have to make it. */
  readonly isMade: boolean;
  /** How many entries are weaker than those we write; undefined where that cannot be. */
  readonly weakEntries?: number;
  /** The kind of network file system it is on. */
  readonly networkFileSystem?: string;
}

/**
 * Looks at one kind of keyring from outside, without its password and without asking anybody. What
 * keeps the keyring from being used at all is not told here: its probe says that.
 */
export interface Inspector {
  /** Writes nothing. */
  describe(context: BackendContext): KeyringDetails;
  /** Changes nothing that is kept. */
  examine(context: BackendContext): Promise<Finding[]>;
}

export function ok(id: string, message: string): Finding {
  return { id, state: 'ok', message, hints: [] };
}

export function warning(id: string, message: string, ...hints: readonly string[]): Finding {
  return { id, state: 'warning', message, hints };
}

export function problem(id: string, message: string, ...hints: readonly string[]): Finding {
  return { id, state: 'problem', message, hints };
}
