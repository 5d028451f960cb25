/** How a user at the display answers a prompt of macOS. */
export type Person = 'allows' | 'denies' | 'cancels' | 'never answers';

/** The state of the machine besides its keychains. */
export interface MachineState {
  /** Paths of keychains; null for none. */
  defaultKeychain: string | null;
  searchList: string[];
  locked: string[];
  /** Whether a display for prompts exists: false over SSH. */
  hasDisplay: boolean;
  person: Person;
  /** Services of items for which macOS asks for consent. */
  guarded: string[];
  /** Commands that never return. */
  silent: string[];
  /** Commands that fail with a status, whatever their arguments. */
  failing: Record<string, number>;
}

/** Bytes as latin1. */
export interface KeychainItem {
  class: string;
  service: string | null;
  account: string | null;
  label: string | null;
  secret: string;
  /** Every program may read it without a prompt. */
  isOpenToAll: boolean;
  /** Programs besides security that may read it. */
  trusted: string[];
  createdAt: string;
  modifiedAt: string;
}

export interface KeychainFile {
  password: string;
  items: KeychainItem[];
}

/** The result of a command. Bytes are latin1. */
export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Null when it never returns. */
export interface Run {
  exitCode: number | null;
  stdout: Buffer;
  stderr: Buffer;
}

export interface Machine {
  state(): MachineState;
  change(change: (state: MachineState) => void): void;
  isThere(path: string): boolean;
  read(path: string): KeychainFile;
  write(path: string, content: KeychainFile | MachineState): void;
  /** Status 0 when the user allows it, or the reason of the refusal. */
  ask(what: string): number;
}
