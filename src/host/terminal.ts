import { closeSync, openSync } from 'node:fs';
import { isatty, ReadStream, WriteStream } from 'node:tty';
import type { Terminal } from './host.ts';

const isWindows = process.platform === 'win32';

/** Implements `openTerminal` of the host. */
export async function openTerminal(): Promise<Terminal | undefined> {
  if (isWindows) return openConsole();
  const descriptor = openDevice('/dev/tty');
  if (descriptor === undefined) return undefined;
  const { isForegroundOf } = await import('./native.ts');
  if (!isForegroundOf(descriptor)) {
    closeSync(descriptor);
    return undefined;
  }
  const terminal = terminalOf(descriptor, descriptor);
  await dropTypedAhead(terminal.input);
  return terminal.input.destroyed ? undefined : terminal;
}

/**
 * The Windows console. It is used only if at least one standard stream is connected to it, because
 * a program that runs without a window also has a console, which no user can see.
 */
function openConsole(): Terminal | undefined {
  if (![0, 1, 2].some((descriptor) => isatty(descriptor))) return undefined;
  const input = openDevice('\\\\.\\CONIN$');
  if (input === undefined) return undefined;
  const output = openDevice('\\\\.\\CONOUT$');
  if (output !== undefined) return terminalOf(input, output);
  closeSync(input);
  return undefined;
}

/**
 * Discards input that was typed before the prompt. Otherwise the prompt would add it to the answer
 * without showing it, and Ctrl-D on a line that looks empty would not cancel.
 */
async function dropTypedAhead(input: ReadStream): Promise<void> {
  // If the terminal is closed, its error destroys the stream.
  input.on('error', () => {});
  input.setRawMode(true);
  input.resume();
  // Pending input is read before the second turn of the event loop ends.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  input.pause();
  input.setRawMode(false);
}

function terminalOf(from: number, to: number): Terminal & { readonly input: ReadStream } {
  const input = new ReadStream(from);
  const output = new WriteStream(to);
  return {
    input,
    output,
    close() {
      input.destroy();
      output.destroy();
    },
  };
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
