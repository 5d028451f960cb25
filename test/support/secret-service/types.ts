/** A session bus of the tests with its directories. */
export interface TestBus {
  /** The whole environment for a program that uses this bus: no display, no variable of our own. */
  env: Record<string, string>;
  busAddress: string;
  home: string;
  /** All processes that were started for it and still run. */
  pids(): number[];
  /** Stops them by pid and removes the place; a second call does nothing. */
  close(): Promise<void>;
}

/** A session bus on which a program owns `org.freedesktop.secrets`. */
export interface SecretService extends TestBus {
  /** Kills the provider as a crash would: SIGKILL. The bus stays. */
  killProvider(): Promise<void>;
}

export interface SecretServiceOptions {
  /** The default collection exists and is locked. */
  locked?: boolean;
  /** The provider replies and has no default collection. */
  noCollection?: boolean;
  /**
   * A home directory that outlives the service, to open the same keyring again. Default: a new one.
   */
  home?: string;
}

export interface BusOptions {
  /** As SecretServiceOptions.home. */
  home?: string;
  /** The connection limit of one user. Default: that of dbus-daemon, 256. */
  maxConnections?: number;
}

/** A running program. */
export interface RunningProgram {
  pid: number;
  isRunning(): boolean;
  /** The end of its standard error. */
  complaints(): string;
  /** The first line of standard output. */
  firstLine(): Promise<string>;
  /** Resolves when it has exited. */
  ended(): Promise<void>;
  /** SIGTERM, then SIGKILL if it does not exit. */
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

/** The test's own connection, next to the tested code. */
export interface BusConnection {
  /** The body of the reply. Rejects after 10 s without one. */
  call(call: BusCall): Promise<unknown[]>;
  close(): void;
}

/** The environment in which a provider is started, shared by the openers. */
export interface Stage {
  env: Record<string, string>;
  home: string;
  connection: BusConnection;
  /** Starts a program that is stopped with the service. */
  start(program: string, args: readonly string[], input?: string): Promise<RunningProgram>;
  /** Resolves when `org.freedesktop.secrets` is owned and its default collection has that state. */
  awaitProvider(program: RunningProgram, state: CollectionState): Promise<void>;
}

export type CollectionState = 'none' | 'locked' | 'unlocked';

export interface BrokenBusOptions {
  /** The step that it reaches. Default: it accepts the connection. */
  after?: 'connect' | 'authentication';
  /** What it does after that step. Default: nothing. */
  failing?: 'silence' | 'noise' | 'hang-up';
}
