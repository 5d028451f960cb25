/** What a person at the display does when macOS asks. */
export type Person = 'allows' | 'denies' | 'cancels' | 'never answers';

/** The state of the machine besides its keychains. */
export interface MachineState {
  /** Paths of keychains; null for none. */
  defaultKeychain: string | null;
  searchList: string[];
  locked: string[];
  /** Whether there is a display to ask at: none over SSH. */
  hasDisplay: boolean;
  person: Person;
  /** Services of items whose use macOS asks a consent for. */
  guarded: string[];
  /** Commands that never answer. */
  silent: string[];
  /** Commands that fail with a status, whatever they are given. */
  failing: Record<string, number>;
}

/** Bytes as latin1. */
export interface KeychainItem {
  class: string;
  service: string | null;
  account: string | null;
  label: string | null;
  secret: string;
  /** Every program may read it without a question. */
  isOpenToAll: boolean;
  /** Programs besides security that may. */
  trusted: string[];
  createdAt: string;
  modifiedAt: string;
}

export interface KeychainFile {
  password: string;
  items: KeychainItem[];
}

/** What a command does: bytes as latin1. */
export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Null when it never answers. */
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
  /** Status 0 when the person lets it be, or why not. */
  ask(what: string): number;
}
