import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Writer {
  /** The lines that it has printed so far. */
  readonly lines: readonly string[];
  /** The first line that starts with this text. Rejects if it exits without printing one. */
  line(start: string): Promise<string>;
  /** Sends SIGKILL and waits for its exit. Rejects if it has exited for another reason. */
  kill(): Promise<void>;
  /** Resolves at its exit: exit code, signal and standard error. */
  readonly ended: Promise<{ exitCode: number | null; signal: string | null; stderr: string }>;
}

/**
 * Starts the compiled test/fault/writer.ts, or a program with the same output.
 *
 * @param env its whole environment; default: that of this process
 */
export function startWriter(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Writer {
  const child = spawn(process.execPath, [program, ...args], { env });
  const lines: string[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(() => {
    const { exitCode, signalCode } = child;
    return { exitCode, signal: signalCode, stderr };
  });
  return {
    lines,
    ended,
    async line(start) {
      for (;;) {
        const found = lines.find((line) => line.startsWith(start));
        if (found !== undefined) return found;
        const next = await Promise.race([once(output, 'line').then(() => undefined), ended]);
        if (next && !lines.some((line) => line.startsWith(start))) {
          throw new Error(
            `ended (${next.signal ?? next.exitCode}) before "${start}": ${next.stderr}`,
          );
        }
      }
    },
    async kill() {
      child.kill('SIGKILL');
      const { exitCode, signal } = await ended;
      if (signal !== 'SIGKILL')
        throw new Error(`ended (${signal ?? exitCode}) before it was killed: ${stderr}`);
    },
  };
}

/** The number of the last acknowledged write; -1 before the first. */
export function lastAcknowledged({ lines }: Writer): number {
  const last = lines.findLast((line) => line.startsWith('ack '));
  return last === undefined ? -1 : Number(last.slice('ack '.length));
}
