import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

interface Said {
  event: string;
  detail?: string;
}

/** A test program in a separate process, which reports its progress as lines of JSON. */
export interface Started {
  readonly processId: number;
  /** All events so far. */
  readonly said: readonly Said[];
  /** Resolves to the detail of an event when it is reported. */
  heard(event: string): Promise<string | undefined>;
  tell(word: string): void;
  killNow(): Promise<void>;
  ended(): Promise<void>;
}

/** Starts it with this environment and no other. It is killed when the test ends. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Started {
  const child = spawn(process.execPath, [program, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  // A process that has exited no longer reads.
  child.stdin.on('error', () => {});
  const said: Said[] = [];
  const listeners = new Set<() => void>();
  const lines = createInterface({ input: child.stdout });
  const allHeard = once(lines, 'close');
  lines.on('line', (line) => {
    said.push(JSON.parse(line) as Said);
    for (const listener of listeners) listener();
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });

  return {
    processId: child.pid ?? 0,
    said,
    heard: (event) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = said.find((one) => one.event === event);
          if (!found) return;
          listeners.delete(look);
          resolve(found.detail);
        };
        listeners.add(look);
        void allHeard.then(() => reject(new Error(`it ended without ${event}`)));
        look();
      }),
    tell: (word) => void child.stdin.write(`${word}\n`),
    async killNow() {
      child.kill('SIGKILL');
      await exit;
    },
    async ended() {
      await Promise.all([exit, allHeard]);
    },
  };
}
