import type { Readable, Writable } from 'node:stream';
import type { Log } from '../core/log-events.ts';

/** Where we write. A stream of Node is one. */
export interface Output {
  /** Calls `done` when the system has taken the text, or with its error. */
  write(text: string, done: (error?: Error | null) => void): unknown;
  readonly isTTY?: boolean | undefined;
}

export interface RunOptions {
  /** The whole environment of the program. */
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  /** Most bytes taken from standard output. */
  maxBytes: number;
}

export interface RunResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  stdout: Buffer;
  timedOut: boolean;
  /** True when it wrote more than was wanted and was killed for it. */
  wroteTooMuch: boolean;
}

export interface ProgramOptions extends RunOptions {
  /** Given on its standard input, which then ends. */
  input?: string;
}

export interface ProgramResult extends RunResult {
  stderr: Buffer;
}

export interface SpawnOptions {
  env: Readonly<Record<string, string | undefined>>;
}

export interface DetachedOptions extends SpawnOptions {
  /** Given on its standard input, which then ends. */
  input: Buffer;
  /** How long it may take to say something. */
  timeoutMs: number;
}

export interface ChildProcess {
  /** Settles when the program has ended. Rejects with the system's error if it could not start. */
  readonly ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** A terminal that a person sits at, open for a question. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  close(): void;
}

/**
 * All that the program takes from the machine besides the file system, and so all that a test must
 * control: the environment, the clock, the streams, the terminal, other processes.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly processId: number;
  /** The processes that started us: our parent, and its parent where the system tells (Linux). */
  ancestors(): Promise<readonly number[]>;
  /** The effective one, which owns what we create. Undefined where there are no numeric users (Windows). */
  readonly userId: number | undefined;
  /**
   * Absolute: `HOME`, where that is absolute, else what the user's passwd entry says; on Windows that
   * of the user's profile. Undefined where neither names one, as for a container's user without an
   * entry. It need not exist, or be ours, or be one that can be searched: src/host/home.ts.
   */
  readonly homeDirectory: string | undefined;
  /**
   * Where the machine's administrator keeps configuration for everybody: `/usr/local/etc/atmos`.
   * Undefined on Windows where neither `LOCALAPPDATA` nor a profile is known.
   */
  readonly systemDirectory: string | undefined;
  /** The Node program that runs us, absolute. */
  readonly nodePath: string;
  /** The script that was started, absolute. */
  readonly scriptPath: string;
  /** The name that the program was called by. */
  readonly programName: 'atmos' | 'atmos-auth';
  /** What stands on the command line after the script. */
  readonly programArguments: readonly string[];
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Tells what happens to whoever keeps a log: see src/core/log-events.ts. Nobody does by default. */
  readonly log: Log;
  now(): Date;
  /** Milliseconds of a clock that never jumps. */
  monotonicMs(): number;
  /** Rejects when the signal aborts it. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  workingDirectory(): string;
  /** As `cd` of a shell: relative to {@link workingDirectory}, links in the path are kept. */
  changeDirectory(directory: string): void;
  /** Where the program was started, once `changeDirectory` has left that. */
  leftDirectory(): string | undefined;
  /**
   * The person's terminal, or undefined when there is none to ask at: no terminal at all, or one
   * whose foreground belongs to another process group, where asking would stop us.
   */
  openTerminal(): Promise<Terminal | undefined>;
  /** Whether we are in the foreground process group of our terminal, so that its keys reach us. */
  inForeground(): Promise<boolean>;
  /**
   * Whether standard output was closed when we were started (`>&-`). Node opens /dev/null for reading
   * and writing then, which a shell's `>/dev/null` does not; a parent in Node or Python that discards
   * output does the same, so ask this only where discarded output makes no sense.
   */
  isStdoutClosed(): Promise<boolean>;
  /** Whether there is a terminal that controls our session, whoever is in its foreground. */
  hasTerminal(): boolean;
  /** Whether we lead our session: then the hang-up of its terminal reaches only us. */
  isSessionLeader(): Promise<boolean>;
  /**
   * Protects this process while it holds secrets and another program runs: see src/host/harden-process.ts. Call
   * it first, and what it gives once the program has been started.
   */
  prepareShield(): Promise<() => Promise<void>>;
  /** The path by which Windows names the same file in letters of ASCII, where it has one; else as it is. */
  shortPath(path: string): Promise<string>;
  /**
   * Runs a command through `sh -c`, on Windows `cmd.exe /c`, without input, takes its output, kills it
   * at the limit.
   */
  runShell(command: string, options: RunOptions): Promise<RunResult>;
  /**
   * Runs a program without a shell, takes what it writes, kills it at the limit. The bytes of both its
   * outputs count. Rejects with the system's error if it could not start.
   */
  runProgram(
    program: string,
    args: readonly string[],
    options: ProgramOptions,
  ): Promise<ProgramResult>;
  /** Starts a program that shares our streams. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /**
   * Starts a program that outlives us, in a session of its own and at the root directory. Settles with
   * what it wrote to standard output until it closed that; it is killed if it has not by the limit.
   */
  startDetached(
    program: string,
    args: readonly string[],
    options: DetachedOptions,
  ): Promise<{ said: string; timedOut: boolean }>;
  /** Calls `listener` for each of the signals until the returned function is called. */
  onSignals(
    signals: readonly NodeJS.Signals[],
    listener: (signal: NodeJS.Signals) => void,
  ): () => void;
  /** Ends the process now, whatever is still pending. */
  exit(code: number): void;
  /** Ends this process by a signal, as if it had never been caught. */
  raise(signal: NodeJS.Signals): void;
}

/** The operating system, for a message. */
export function systemName({ platform }: Pick<Host, 'platform'>): string {
  return platform === 'win32' ? 'Windows' : platform;
}

/** The variables that are set: Node would hand `undefined` on as a text. */
export function definedOnly(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

/** The same machine with something changed. Its getters stay what they are: reading one loads a stream. */
export function changedHost(machine: Host, changes: Partial<Pick<Host, 'env' | 'log'>>): Host {
  const host: Host = Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(machine),
    ...Object.getOwnPropertyDescriptors(changes),
  });
  return host;
}
