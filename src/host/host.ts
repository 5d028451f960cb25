import type { Readable, Writable } from 'node:stream';
import type { Log } from '../core/log-events.ts';

/** A stream for output. A stream of Node is one. */
export interface Output {
  /** Calls `done` when the system has accepted the text, or with the system's error. */
  write(text: string, done: (error?: Error | null) => void): unknown;
  readonly isTTY?: boolean | undefined;
  /** The width of the terminal. Undefined if it is unknown. */
  readonly columns?: number | undefined;
}

export interface RunOptions {
  /** The complete environment of the program. */
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  /** Limit for standard output. If the program writes more, it is killed. */
  maxBytes: number;
}

export interface RunResult {
  /** Null if a signal terminated the program. */
  exitCode: number | null;
  stdout: Buffer;
  timedOut: boolean;
  /** True if the program exceeded `maxBytes` and was killed. */
  wroteTooMuch: boolean;
}

export interface ProgramOptions extends RunOptions {
  /** Written to standard input, which is then closed. */
  input?: string;
}

export interface ProgramResult extends RunResult {
  stderr: Buffer;
}

export interface SpawnOptions {
  env: Readonly<Record<string, string | undefined>>;
}

export interface DetachedOptions extends SpawnOptions {
  /** Written to standard input, which is then closed. */
  input: Buffer;
  /** The program is killed if its output has not ended within this time. */
  timeoutMs: number;
}

export interface ChildProcess {
  /** Settles when the program has exited. Rejects with the system's error if it could not start. */
  readonly ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

export interface TerminalOptions {
  /**
   * Whether lines that were pasted together with the answer to the last prompt are input of this
   * one. Default: what was typed before the prompt is dropped.
   */
  readonly takesPasted?: boolean;
  /**
   * Whether what is typed or pasted is passed on with its line breaks. Default: the input ends with the
   * first one, and the lines after it are for the next prompt.
   */
  readonly takesLineBreaks?: boolean;
}

/** An interactive terminal, opened for a prompt. */
export interface Terminal {
  readonly input: Readable;
  /** `rows` is the height of the screen. */
  readonly output: Writable & { readonly rows?: number };
  close(): void;
}

/**
 * Everything that the program uses from the machine besides the file system, and therefore
 * everything that a test must control: the environment, the clock, the streams, the terminal, other
 * processes.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly processId: number;
  /** The process ids of the parent and, on Linux, its parent. */
  ancestors(): Promise<readonly number[]>;
  /**
   * The effective user id, which owns created files. Undefined where there are no numeric users
   * (Windows).
   */
  readonly userId: number | undefined;
  /**
   * Absolute. `HOME` if it is absolute, otherwise the directory in the user's passwd entry; on
   * Windows the user's profile directory. Undefined if neither exists, for example for a container
   * user without a passwd entry. The directory may be missing, belong to another user or be
   * inaccessible: see src/host/home.ts.
   */
  readonly homeDirectory: string | undefined;
  /**
   * Where the administrator of the machine stores configuration for all users:
   * `/usr/local/etc/atmos`. Undefined on Windows if neither `LOCALAPPDATA` nor a profile is known.
   */
  readonly systemDirectory: string | undefined;
  /** Absolute path of the Node executable that runs this program. */
  readonly nodePath: string;
  /** Absolute path of the script that was started. */
  readonly scriptPath: string;
  /** The name by which the program was called. */
  readonly programName: 'atmos' | 'atmos-auth';
  /** The command line after the script. */
  readonly programArguments: readonly string[];
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Reports events to a listener that keeps a log: see src/core/log-events.ts. The default listener
   * drops them.
   */
  readonly log: Log;
  /**
   * Reports what the program waits for, and for how long at most, so that it can be shown. Returns the
   * function to call when the wait is over. Undefined if no wait is shown, which is the default.
   *
   * @param what completes "Waiting for …"
   * @param startMs of the clock that never jumps. Default: now
   */
  waiting(what: string, limitMs: number, startMs?: number): (() => void) | undefined;
  now(): Date;
  /** How many minutes the user's local time is ahead of UTC at a moment. */
  utcOffsetMinutes(at: Date): number;
  /** Milliseconds of a monotonic clock. */
  monotonicMs(): number;
  /** Rejects when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  workingDirectory(): string;
  /**
   * Works as `cd` of a shell: relative to {@link workingDirectory}, without resolving links in the
   * path.
   */
  changeDirectory(directory: string): void;
  /** Where the program was started, if `changeDirectory` has been called since. */
  leftDirectory(): string | undefined;
  /**
   * The user's terminal. Undefined if no prompt is possible: there is no terminal, or its
   * foreground belongs to another process group, and reading from it would stop this process.
   *
   * From the first prompt on, the terminal does not show what is typed. It does so again when this
   * process exits, is suspended, or calls {@link spawn} or {@link runShell}.
   */
  openTerminal(options?: TerminalOptions): Promise<Terminal | undefined>;
  /**
   * Whether {@link openTerminal} would open a terminal, as far as this is known without opening it and
   * without holding what is typed.
   */
  canPrompt(): Promise<boolean>;
  /**
   * Whether this process is in the foreground process group of its terminal and therefore receives
   * signals of keys such as Ctrl-C.
   */
  inForeground(): Promise<boolean>;
  /**
   * Whether standard output was closed at startup (`>&-`). Node then opens /dev/null for reading
   * and writing, while `>/dev/null` of a shell opens it for writing only. A parent process in Node
   * or Python that discards output also opens it for both, so use this only where discarded output
   * makes no sense.
   */
  isStdoutClosed(): Promise<boolean>;
  /**
   * Whether this session has a controlling terminal, regardless of which process group is in its
   * foreground.
   */
  hasTerminal(): boolean;
  /**
   * Whether this process leads its session. If it does, only this process receives the hang-up of
   * the terminal.
   */
  isSessionLeader(): Promise<boolean>;
  /**
   * Protects this process while it holds secrets and another program runs: see
   * src/host/harden-process.ts. Call it first, and call the function that it returns after starting
   * the program.
   */
  prepareShield(): Promise<() => Promise<void>>;
  /** The ASCII path by which Windows names the same file if there is one; otherwise the path itself. */
  shortPath(path: string): Promise<string>;
  /**
   * Runs a command with `sh -c`, on Windows with `cmd.exe /c`, without input. Collects its output
   * and kills it when the time limit is reached.
   */
  runShell(command: string, options: RunOptions): Promise<RunResult>;
  /**
   * Runs a program without a shell. Collects its output and kills it when a limit is reached.
   * `maxBytes` counts the bytes of both outputs. Rejects with the system's error if it could not
   * start.
   */
  runProgram(
    program: string,
    args: readonly string[],
    options: ProgramOptions,
  ): Promise<ProgramResult>;
  /** Starts a program that shares the streams of this process. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /**
   * Starts a program that outlives this process, in its own session and in the root directory.
   * Settles with what it wrote to standard output before it closed it. The program is killed if it
   * does not close it within the time limit.
   */
  startDetached(
    program: string,
    args: readonly string[],
    options: DetachedOptions,
  ): Promise<{ said: string; timedOut: boolean }>;
  /** Calls `listener` for each signal until the returned function is called. */
  onSignals(
    signals: readonly NodeJS.Signals[],
    listener: (signal: NodeJS.Signals) => void,
  ): () => void;
  /** Exits immediately, even if work is pending. */
  exit(code: number): void;
  /** Terminates this process by a signal, as if no handler had been installed. */
  raise(signal: NodeJS.Signals): void;
  /**
   * Calls `cleanUp` before this process exits or is terminated by a signal that has no other
   * listener, until the returned function is called.
   */
  onEnd(cleanUp: () => void): Promise<() => void>;
}

/** The name of the operating system, for a message. */
export function systemName({ platform }: Pick<Host, 'platform'>): string {
  return platform === 'win32' ? 'Windows' : platform;
}

/** The variables that have a value. Node would pass `undefined` to a program as text. */
export function definedOnly(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

/** The same machine with something changed. Its getters stay what they are: reading one loads a stream. */
export function changedHost(
  machine: Host,
  changes: Partial<Pick<Host, 'env' | 'log' | 'waiting' | 'openTerminal'>>,
): Host {
  const host: Host = Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(machine),
    ...Object.getOwnPropertyDescriptors(changes),
  });
  return host;
}
