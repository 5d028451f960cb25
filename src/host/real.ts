import type { ChildProcess as NodeChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs';
import { constants, homedir, userInfo } from 'node:os';
import { basename, isAbsolute, resolve as resolvePath } from 'node:path';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { localDirectory } from './home.ts';
import {
  definedOnly,
  type ChildProcess,
  type Host,
  type Output,
  type SpawnOptions,
} from './host.ts';
import type { Startable } from './windows/programs.ts';
import { writeAll } from './write-all.ts';

const isWindows = process.platform === 'win32';

let leftDirectory: string | undefined;
/** Set by the first prompt. */
let releaseTerminal = () => {};

/** The real machine. The only place that accesses the process, the console and the clock. */
export function realHost(): Host {
  return {
    env: process.env,
    platform: process.platform,
    processId: process.pid,
    ancestors: async () => (await import('./ancestors.ts')).ancestors(),
    userId: process.geteuid?.(),
    homeDirectory: homeDirectory(),
    systemDirectory: systemDirectory(),
    nodePath: process.execPath,
    scriptPath: resolveScript(process.argv[1]),
    // Windows starts the script itself; on other systems it is started through a link.
    programName: /^atmos-auth(?![\w-])/.test(basename(process.argv[1] ?? ''))
      ? 'atmos-auth'
      : 'atmos',
    programArguments: process.argv.slice(2),
    get stdin() {
      return process.stdin;
    },
    stdout: outputTo(1),
    stderr: outputTo(2),
    log: () => {},
    waiting: () => undefined,
    now: () => new Date(),
    utcOffsetMinutes: (at) => -at.getTimezoneOffset(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    sleep,
    workingDirectory,
    changeDirectory,
    leftDirectory: () => leftDirectory,
    async openTerminal(options) {
      const opened = await terminal();
      ({ releaseTerminal } = opened);
      return opened.openTerminal(options);
    },
    canPrompt: async () => (await terminal()).canPrompt(),
    inForeground: async () => (await terminal()).inForeground(),
    isStdoutClosed,
    hasTerminal,
    isSessionLeader: async () => (await import('./native.ts')).isSessionLeader(),
    prepareShield: async () => (isWindows ? async () => {} : (await guard()).prepareShield()),
    shortPath: async (path) =>
      isWindows ? (await import('./windows/short-path.ts')).shortPath(path) : path,
    async runShell(command, options) {
      releaseTerminal();
      return (await running()).runShell(command, options);
    },
    runProgram: async (program, args, options) =>
      (await running()).runProgram(program, args, options),
    spawn: spawnShared,
    startDetached: async (program, args, options) =>
      (await detached()).startDetached(program, args, options),
    onSignals(signals, listener) {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
    raise,
    onEnd: async (cleanUp) => (await import('./end-process.ts')).onEnd(cleanUp),
  };
}

// The same directory as in Atmos. On Windows `/usr/…` would be on the current drive, where every
// user can create it.
function systemDirectory(): string | undefined {
  return isWindows ? localDirectory(process.env, homeDirectory()) : '/usr/local/etc/atmos';
}

/**
 * Node's own `homedir` accepts any `HOME`, even an empty or relative one, and throws if there is no
 * passwd entry.
 */
function homeDirectory(): string | undefined {
  const home = isWindows ? undefined : process.env['HOME'];
  if (home && isAbsolute(home)) return home;
  try {
    const entry = isWindows ? homedir() : userInfo().homedir;
    return isAbsolute(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

function resolveScript(script: string | undefined): string {
  if (script === undefined) return '';
  try {
    return realpathSync(script);
  } catch {
    return script;
  }
}

/**
 * As Go's `os.Getwd`: `$PWD` if it is absolute and names the current directory. Not used on
 * Windows.
 */
function workingDirectory(): string {
  const logical = isWindows ? undefined : process.env['PWD'];
  const actual = currentDirectory();
  if (logical === undefined || !isAbsolute(logical)) return actual;
  try {
    const [there, here] = [statSync(logical), statSync(actual)];
    return there.dev === here.dev && there.ino === here.ino ? logical : actual;
  } catch {
    return actual;
  }
}

/** @throws ERR_IO if it was removed */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new AtmosError('ERR_IO', 'the current directory no longer exists', {
      hints: [say('change to another directory')],
      cause: error,
    });
  }
}

/**
 * As `cd` of a shell: relative to `$PWD`, without resolving links in the path. Sets `$PWD` to the
 * new directory for {@link workingDirectory} and for programs that are started.
 */
function changeDirectory(directory: string): void {
  const from = whereWeAre();
  const to = from !== undefined && directory !== '' ? resolvePath(from, directory) : directory;
  process.chdir(to);
  if (!isWindows) process.env['PWD'] = to;
  leftDirectory ??= from;
}

/** Undefined if the current directory has been removed. */
function whereWeAre(): string | undefined {
  try {
    return workingDirectory();
  } catch {
    return undefined;
  }
}

// Loaded lazily: with their imports these modules add 10 ms to the startup.
const running = () => import('./processes.ts');
const detached = () => import('./processes.ts');
const terminal = () => import('./terminal.ts');
const guard = () => import('./harden-process.ts');
const windows = () => import('./windows/programs.ts');
const childProcess = () => process.getBuiltinModule('node:child_process');
const tty = () => process.getBuiltinModule('node:tty');

async function isStdoutClosed(): Promise<boolean> {
  if (isWindows) return false;
  const [stats, nothing] = [fstatSync(1), statSync('/dev/null')];
  if (!stats.isCharacterDevice() || stats.rdev !== nothing.rdev) return false;
  return (await import('./native.ts')).isReadAndWritten(1);
}

/** Does not load the module that opens the terminal for a prompt, because every `exec` calls this. */
function hasTerminal(): boolean {
  if (isWindows) return false;
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** As `setTimeout` of node:timers/promises, which would be one more module to load. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Error('the wait was stopped'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop);
  });
}

function raise(signal: NodeJS.Signals): void {
  // Windows can only terminate a program with an exit code.
  if (isWindows) process.exit(128 + constants.signals[signal]);
  releaseTerminal();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/**
 * Writes directly to a descriptor: for a few lines, loading Node's streams would take longer than
 * loading everything else. As with those streams, a write to a full pipe blocks.
 */
function outputTo(descriptor: 1 | 2): Output {
  return {
    write(text, done) {
      try {
        writeAll(descriptor, Buffer.from(text));
      } catch (error) {
        done(error instanceof Error ? error : new Error('cannot write'));
        return;
      }
      done();
    },
    get isTTY() {
      return isDevice(descriptor) && tty().isatty(descriptor);
    },
    get columns() {
      return (descriptor === 1 ? process.stdout : process.stderr).columns;
    },
  };
}

/** No pipe and no file is a terminal: for those nothing that knows terminals is loaded. */
function isDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}

function spawnShared(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  releaseTerminal();
  let child: NodeChildProcess | undefined;
  const start = ({ file, args: words, ...how }: Startable) =>
    new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      const env = definedOnly(options.env);
      child = childProcess().spawn(file, words, { env, stdio: 'inherit', ...how });
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
  const ended = isWindows
    ? windows().then(({ windowsProgram }) => start(windowsProgram(program, args, options.env)))
    : start({ file: program, args });
  return { ended, kill: (signal) => void child?.kill(signal) };
}
