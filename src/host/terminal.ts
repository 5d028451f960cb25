import { closeSync, openSync } from 'node:fs';
import { isatty, ReadStream, WriteStream } from 'node:tty';
import type { Terminal } from './host.ts';

const isWindows = process.platform === 'win32';

/** As `openTerminal` of the host. */
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
 * The console of Windows, whatever our standard streams are, if one of them is it: a program that is
 * started out of sight has a console too, at which nobody sits.
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
 * Discards what was typed before there was a question. Whoever asks would make it a part of the answer
 * without showing it, and Ctrl-D on a line that looks empty would not leave.
 */
async function dropTypedAhead(input: ReadStream): Promise<void> {
  // One that is gone is destroyed by its error.
  input.on('error', () => {});
  input.setRawMode(true);
  input.resume();
  // What can be read now is read before the second round of the event loop ends.
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

/** As `inForeground` of the host. */
export async function inForeground(): Promise<boolean> {
  // Every program of a console is in its foreground.
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
