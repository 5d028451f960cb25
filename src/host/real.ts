import { closeSync, openSync, realpathSync, statSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { definedOnly } from './defined-only.ts';
import type {
  ChildProcess,
  DetachedOptions,
  Host,
  Output,
  SpawnOptions,
  Terminal,
} from './host.ts';

/** The machine itself. The only place that touches the process, the console and the clock. */
export function realHost(): Host {
  return {
    env: process.env,
    platform: process.platform,
    processId: process.pid,
    userId: process.getuid?.(),
    homeDirectory: homedir(),
    systemDirectory: systemDirectory(),
    nodePath: process.execPath,
    scriptPath: resolveScript(process.argv[1]),
    programArguments: process.argv.slice(2),
    get stdin() {
      return process.stdin;
    },
    stdout: outputTo(1),
    stderr: outputTo(2),
    log: () => {},
    now: () => new Date(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    sleep: (milliseconds, signal) =>
      timers().setTimeout(milliseconds, undefined, signal && { signal }),
    workingDirectory,
    changeDirectory: (directory) => process.chdir(directory),
    openTerminal,
    inForeground,
    runShell: async (command, options) => (await running()).runShell(command, options),
    runProgram: async (program, args, options) =>
      (await running()).runProgram(program, args, options),
    spawn: spawnShared,
    startDetached,
    onSignals(signals, listener) {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
    raise(signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    },
  };
}

// As Atmos.
function systemDirectory(): string {
  const local = process.env['LOCALAPPDATA'];
  return process.platform === 'win32' && local ? local : '/usr/local/etc/atmos';
}

function resolveScript(script: string | undefined): string {
  if (script === undefined) return '';
  try {
    return realpathSync(script);
  } catch {
    return script;
  }
}

/** As Go's `os.Getwd`: `$PWD`, when it is absolute and names the directory we are in. */
function workingDirectory(): string {
  const logical = process.env['PWD'];
  const actual = process.cwd();
  if (logical === undefined || !isAbsolute(logical)) return actual;
  try {
    const [there, here] = [statSync(logical), statSync(actual)];
    return there.dev === here.dev && there.ino === here.ino ? logical : actual;
  } catch {
    return actual;
  }
}

async function openTerminal(): Promise<Terminal | undefined> {
  const descriptor = openTty();
  if (descriptor === undefined) return undefined;
  const { isForegroundOf } = await import('./native.ts');
  if (!isForegroundOf(descriptor)) {
    closeSync(descriptor);
    return undefined;
  }
  const { ReadStream, WriteStream } = tty();
  const input = new ReadStream(descriptor);
  const output = new WriteStream(descriptor);
  return {
    input,
    output,
    close() {
      input.destroy();
      output.destroy();
    },
  };
}

async function inForeground(): Promise<boolean> {
  const descriptor = openTty();
  if (descriptor === undefined) return false;
  try {
    const { isForegroundOf } = await import('./native.ts');
    return isForegroundOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openTty(): number | undefined {
  try {
    return openSync('/dev/tty', 'r+');
  } catch {
    return undefined;
  }
}

// Loaded when they are needed: together with what they load, they cost a start 10 ms.
const running = () => import('./run-program.ts');
const childProcess = () => process.getBuiltinModule('node:child_process');
const timers = () => process.getBuiltinModule('node:timers/promises');
const tty = () => process.getBuiltinModule('node:tty');

/**
 * Writes to a descriptor directly: for the few lines we write, Node's streams would take longer to
 * load than all else. As with those, a pipe that is full makes us wait.
 */
function outputTo(descriptor: number): Output {
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
      return tty().isatty(descriptor);
    },
  };
}

const fullPipePauseMs = 5;

function writeAll(descriptor: number, bytes: Buffer): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // Somebody who shares the pipe has made it one that does not wait.
      if (systemErrorCode(error) !== 'EAGAIN') throw error;
      Atomics.wait(nobody, 0, 0, fullPipePauseMs);
    }
  }
}

function spawnShared(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = childProcess().spawn(program, args, {
    env: definedOnly(options.env),
    stdio: 'inherit',
  });
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    },
  );
  return { ended, kill: (signal) => void child.kill(signal) };
}

function startDetached(
  program: string,
  args: readonly string[],
  { env, input, timeoutMs }: DetachedOptions,
): Promise<{ said: string; timedOut: boolean }> {
  return new Promise((resolve, reject) => {
    const child = childProcess().spawn(program, args, {
      env: definedOnly(env),
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // What it has started may hold the pipe open.
      child.stdout.destroy();
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdout.once('close', () => {
      clearTimeout(timer);
      child.unref();
      resolve({ said, timedOut });
    });
    // One that ends before it has read says so, or has nothing to say.
    child.stdin.on('error', () => {}).end(input);
  });
}
