/** A session bus of our own, and the place where it lives. */
export interface TestBus {
  /** The whole environment for a program that shall find this bus: no display, nothing of ours. */
  env: Record<string, string>;
  busAddress: string;
  home: string;
  /** All processes that were started for it and still run. */
  pids(): number[];
  /** Stops them by pid and removes the place; a second call does nothing. */
  close(): Promise<void>;
}

/** A session bus on which someone owns `org.freedesktop.secrets`. */
export interface SecretService extends TestBus {
  /** Takes the provider away as a crash does: SIGKILL. The bus stays. */
  killProvider(): Promise<void>;
}

export interface SecretServiceOptions {
  /** The default collection is there, and locked. */
  locked?: boolean;
  /** The provider answers and has no default collection. */
  noCollection?: boolean;
  /** A home that outlives the service, to open the same keyring again. Default: a new one. */
  home?: string;
}

export interface BusOptions {
  /** As SecretServiceOptions.home. */
  home?: string;
  /** How many connections one user may have. Default: what dbus-daemon has, 256. */
  maxConnections?: number;
}

/** A running program. */
export interface RunningProgram {
  pid: number;
  isRunning(): boolean;
  /** What it said on standard error, its end. */
  complaints(): string;
  /** The first line of standard output. */
  firstLine(): Promise<string>;
  /** Resolves when it is gone. */
  ended(): Promise<void>;
  /** SIGTERM, and SIGKILL to one that does not go. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface BusCall {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: unknown[];
}

/** A connection of the test's own, beside whatever is tested. */
export interface BusConnection {
  /** The body of the answer. Rejects after 10 s without one. */
  call(call: BusCall): Promise<unknown[]>;
  close(): void;
}

/** Where a provider is started: what the openers share. */
export interface Stage {
  env: Record<string, string>;
  home: string;
  connection: BusConnection;
  /** Starts a program that is stopped with the service. */
  start(program: string, args: readonly string[], input?: string): Promise<RunningProgram>;
  /** Resolves when `org.freedesktop.secrets` is owned and its default collection is so. */
  awaitProvider(program: RunningProgram, state: CollectionState): Promise<void>;
}

export type CollectionState = 'none' | 'locked' | 'unlocked';

export interface BrokenBusOptions {
  /** How far it gets. Default: it takes the connection. */
  after?: 'connect' | 'authentication';
  /** What it does from there on. Default: nothing, for good. */
  failing?: 'silence' | 'noise' | 'hang-up';
}
