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

const ctrlZ = '\u001a';
/** `ECHO` in `c_lflag` of `struct termios`, as 32-bit words. */
const echo = { word: process.platform === 'darwin' ? 6 : 3, bit: 8 } as const;

export function holdTerminalMode(descriptor: number, input: ReadStream): TerminalMode {
  const before = terminalSettings(descriptor);
  // Node restores these settings if this process exits without calling `restore`.
  input.setRawMode(true);
  const keys = terminalSettings(descriptor);
  const silent = before.with(echo.word, (before[echo.word] ?? 0) & ~echo.bit);

  // Changing a terminal from the background would stop this process.
  function set(settings: Uint32Array, dropsTyped = false): void {
    if (isForegroundOf(descriptor)) setTerminalSettings(descriptor, settings, { dropsTyped });
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

  process.on('SIGTSTP', suspend);
  return {
    readKeys: ({ dropsTyped }) => set(keys, dropsTyped),
    wait: () => set(silent),
    restore() {
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
