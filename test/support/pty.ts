import { spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';

/** A program in its own terminal, and the input of its user. */
export interface PtySession {
  readonly pid: number;
  /** The whole output until now, with its control sequences. */
  shown(): string;
  /** Waits until the text is shown (after the last text waited for). */
  waitFor(text: string): Promise<void>;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when the program has exited. */
  readonly ended: Promise<{ exitCode: number; signal: number | undefined }>;
}

const limitMs = 15_000;

/** Starts a program in a new pseudo-terminal. It is terminated when the test ends. */
export function openPty(
  program: string,
  args: readonly string[],
  options: { env: Record<string, string>; cwd?: string; rows?: number },
): PtySession {
  const terminal = spawn(program, [...args], {
    name: 'xterm',
    cols: 80,
    rows: options.rows ?? 24,
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let text = '';
  let seen = 0;
  let hasEnded = false;
  let wake = () => {};
  terminal.onData((chunk) => {
    text += chunk;
    wake();
  });
  const ended = new Promise<{ exitCode: number; signal: number | undefined }>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      hasEnded = true;
      wake();
      resolve({ exitCode, signal });
    });
  });
  onTestFinished(() => {
    if (!hasEnded) terminal.kill('SIGKILL');
  });

  return {
    pid: terminal.pid,
    resize: (columns, rows) => terminal.resize(columns, rows),
    shown: () => text,
    async waitFor(wanted) {
      let isLate = false;
      const limit = setTimeout(() => {
        isLate = true;
        wake();
      }, limitMs);
      const isAwaited = () => !text.includes(wanted, seen) && !hasEnded && !isLate;
      while (isAwaited()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      clearTimeout(limit);
      const at = text.indexOf(wanted, seen);
      if (at < 0) {
        const shown = JSON.stringify(text.slice(seen));
        throw new Error(`${JSON.stringify(wanted)} was not shown, but ${shown}`);
      }
      seen = at + wanted.length;
    },
    type: (keys) => terminal.write(keys),
    ended,
  };
}
