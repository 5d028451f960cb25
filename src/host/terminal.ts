import { closeSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { isatty, ReadStream, WriteStream } from 'node:tty';
import { onEnd } from './end-process.ts';
import type { Terminal, TerminalOptions } from './host.ts';
import type { TerminalMode } from './terminal-mode.ts';

const isWindows = process.platform === 'win32';
const outputDevice = isWindows ? '\\\\.\\CONOUT$' : '/dev/tty';

/**
 * The terminal from the first prompt until the command exits or starts a program. In between it
 * shows nothing that is typed, because a user may type a password again while it is checked.
 */
interface HeldTerminal {
  readonly input: ReadStream;
  readonly mode: TerminalMode;
  /** What was pasted after the line that ended the last prompt. */
  rest: string;
}

let held: HeldTerminal | undefined;
let stopListening = () => {};

/** Implements `openTerminal` of the host. */
export async function openTerminal(options: TerminalOptions = {}): Promise<Terminal | undefined> {
  const output = isWindows ? openConsoleOutput() : await openOutput();
  if (output === undefined) return undefined;
  held ??= await hold();
  if (held === undefined || held.input.destroyed) {
    output.destroy();
    return undefined;
  }
  return openPrompt(held, output, options);
}

/** Returns the terminal to the shell or to a program that this process starts. */
export function releaseTerminal(): void {
  if (held === undefined) return;
  const { input, mode } = held;
  held = undefined;
  stopListening();
  mode.restore();
  input.destroy();
}

function openPrompt(
  terminal: HeldTerminal,
  output: WriteStream,
  { takesPasted = false, takesLineBreaks = false }: TerminalOptions,
): Terminal {
  const { input, mode } = terminal;
  mode.readKeys({ dropsTyped: !takesPasted });
  if (!takesPasted) {
    terminal.rest = '';
    input.read();
  }
  const keys = new Readable({ read() {} });
  const stopFollowing = followSize(output);
  let isAnswered = false;
  let isOpen = true;

  // The line after the one that ends this prompt belongs to the next prompt. If this prompt stays
  // open, it has refused the line, and the next one would be added to it.
  function take(text: string): void {
    if (isAnswered) {
      terminal.rest += text;
      return;
    }
    const end = takesLineBreaks ? null : /\r\n|\r|\n/.exec(text);
    const length = end === null ? text.length : end.index + end[0].length;
    keys.push(text.slice(0, length));
    if (end === null) return;
    isAnswered = true;
    terminal.rest = text.slice(length);
    setImmediate(() => {
      if (!isOpen) return;
      isAnswered = false;
      terminal.rest = '';
    });
  }

  const takeTyped = (text: string) => take(mode.withoutSuspension(text));
  const end = () => keys.destroy();
  input.on('data', takeTyped).on('close', end).ref();
  const { rest } = terminal;
  terminal.rest = '';
  if (rest !== '') take(rest);
  input.resume();
  return {
    input: keys,
    output,
    close() {
      isOpen = false;
      input.off('data', takeTyped).off('close', end).pause().unref();
      mode.wait();
      keys.destroy();
      stopFollowing();
      output.destroy();
    },
  };
}

/** Keeps the size of an output up to date: Node does so only for its own standard streams. */
function followSize(output: WriteStream): () => void {
  const refresh = () => {
    const descriptor = openDevice(outputDevice);
    if (descriptor === undefined) return;
    // A stream is measured when it is created.
    const measured = new WriteStream(descriptor);
    output.columns = measured.columns;
    output.rows = measured.rows;
    measured.destroy();
  };
  process.on('SIGWINCH', refresh);
  return () => void process.off('SIGWINCH', refresh);
}

async function hold(): Promise<HeldTerminal | undefined> {
  const descriptor = openDevice(isWindows ? '\\\\.\\CONIN$' : '/dev/tty');
  if (descriptor === undefined) return undefined;
  const input = new ReadStream(descriptor);
  input.setEncoding('utf8');
  // If the terminal is closed, its error destroys the stream.
  input.on('error', () => {});
  stopListening = onEnd(releaseTerminal);
  if (isWindows) return { input, mode: consoleMode(input), rest: '' };
  const { holdTerminalMode } = await import('./terminal-mode.ts');
  return { input, mode: holdTerminalMode(descriptor, input), rest: '' };
}

/** The Windows console shows what is typed only while a program reads lines from it. */
function consoleMode(input: ReadStream): TerminalMode {
  const leave = () => void input.setRawMode(false);
  return {
    readKeys: () => void input.setRawMode(true),
    wait: leave,
    restore: leave,
    withoutSuspension: (text) => text,
  };
}

async function openOutput(): Promise<WriteStream | undefined> {
  const descriptor = openDevice(outputDevice);
  if (descriptor === undefined) return undefined;
  const { isForegroundOf } = await import('./native.ts');
  if (isForegroundOf(descriptor)) return new WriteStream(descriptor);
  closeSync(descriptor);
  return undefined;
}

/**
 * The Windows console. It is used only if at least one standard stream is connected to it, because
 * a program that runs without a window also has a console, which no user can see.
 */
function openConsoleOutput(): WriteStream | undefined {
  if (!hasConsole()) return undefined;
  const descriptor = openDevice(outputDevice);
  return descriptor === undefined ? undefined : new WriteStream(descriptor);
}

function hasConsole(): boolean {
  return [0, 1, 2].some((descriptor) => isatty(descriptor));
}

/** Implements `canPrompt` of the host. */
export async function canPrompt(): Promise<boolean> {
  return isWindows ? hasConsole() : inForeground();
}

/** Implements `inForeground` of the host. */
export async function inForeground(): Promise<boolean> {
  // Every program of a Windows console is in the foreground.
  if (isWindows) return true;
  const descriptor = openDevice('/dev/tty');
  if (descriptor === undefined) return false;
  try {
    const { isForegroundOf } = await import('./native.ts');
    return isForegroundOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openDevice(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch {
    return undefined;
  }
}
