import type { Context } from '../context.ts';

/** What a person at a terminal sees of work that takes a while. Nobody else sees anything. */
export interface Progress {
  /** How many are done. */
  tell(done: number): Promise<void>;
  /** Takes the line away. */
  end(): Promise<void>;
}

const patienceMs = 1_000;
const pauseMs = 100;

/**
 * A line on standard error, `copying: 120 of 500`, written over and over once the work has taken a
 * second. Nothing where standard error is no terminal.
 */
export function createProgress(
  { host, progress }: Pick<Context, 'host' | 'progress'>,
  { doing, total }: { doing: string; total: number },
): Progress {
  let nextMs = host.monotonicMs() + patienceMs;
  let isShown = false;
  return {
    async tell(done) {
      const nowMs = host.monotonicMs();
      if (nowMs < nextMs || host.stderr.isTTY !== true) return;
      nextMs = nowMs + pauseMs;
      isShown = true;
      await progress(`${doing}: ${done} of ${total}`);
    },
    async end() {
      if (isShown) await progress(undefined);
    },
  };
}
