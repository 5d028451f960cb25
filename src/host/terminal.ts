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
  return terminalOf(descriptor, descriptor);
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

function terminalOf(from: number, to: number): Terminal {
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
