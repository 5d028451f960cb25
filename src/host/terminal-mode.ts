import type { ReadStream } from 'node:tty';
import { isForegroundOf, setTerminalSettings, terminalSettings } from './native.ts';

/** How a terminal treats keys, from the first prompt until the terminal is released. */
export interface TerminalMode {
  /** During a prompt: keys are read one by one. */
  readKeys(options: { dropsTyped: boolean }): void;
  /** Between prompts: what is typed is not shown; Ctrl-C and Ctrl-Z work. */
  wait(): void;
  /** As before the first prompt. What was typed and not read is dropped. */
  restore(): void;
  /** Stops this process if Ctrl-Z was typed, and returns the other keys. */
  withoutSuspension(text: string): string;
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const ctrlZ = '\u001a';
/** `ECHO` in `c_lflag` of `struct termios`, as 32-bit words. */
const echo = { word: process.platform === 'darwin' ? 6 : 3, bit: 8 } as const;

/** @param release called before a signal terminates this process between prompts */
export function holdTerminalMode(
  descriptor: number,
  input: ReadStream,
  release: () => void,
): TerminalMode {
  const before = terminalSettings(descriptor);
  // Node restores these settings if this process exits without calling `restore`.
  input.setRawMode(true);
  const keys = terminalSettings(descriptor);
  const silent = before.with(echo.word, (before[echo.word] ?? 0) & ~echo.bit);

  // Changing a terminal from the background would stop this process.
  function set(settings: Uint32Array, dropsTyped = false): void {
    if (isForegroundOf(descriptor)) setTerminalSettings(descriptor, settings, { dropsTyped });
  }

  function end(signal: NodeJS.Signals): void {
    // Another listener decides what the signal does.
    if (process.listenerCount(signal) > 1) return;
    release();
    process.kill(process.pid, signal);
  }

  function suspend(): void {
    const settings = terminalSettings(descriptor);
    set(before);
    process.off('SIGTSTP', suspend);
    process.kill(process.pid, 'SIGTSTP');
    // This process has been continued.
    process.on('SIGTSTP', suspend);
    set(settings);
  }

  const ignoreEndings = () => endings.forEach((signal) => process.off(signal, end));
  process.on('SIGTSTP', suspend);
  return {
    readKeys({ dropsTyped }) {
      // During a prompt, its own listeners decide what a signal does.
      ignoreEndings();
      set(keys, dropsTyped);
    },
    wait() {
      set(silent);
      for (const signal of endings) process.on(signal, end);
    },
    restore() {
      ignoreEndings();
      process.off('SIGTSTP', suspend);
      set(before, true);
    },
    withoutSuspension(text) {
      // As the terminal does it for all processes in the foreground.
      if (text.includes(ctrlZ)) process.kill(0, 'SIGTSTP');
      return text.replaceAll(ctrlZ, '');
    },
  };
}
