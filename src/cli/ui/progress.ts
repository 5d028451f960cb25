import type { Context } from '../context.ts';

/** The progress of a long operation, shown only at a terminal. */
export interface Progress {
  /** Called with the number of finished items. */
  tell(done: number): Promise<void>;
  /** Removes the line. */
  end(): Promise<void>;
}

const patienceMs = 1_000;
const pauseMs = 100;

/**
 * A line on standard error, `copying: 120 of 500`, which is updated in place after the work has
 * taken a second. Nothing is shown if standard error is not a terminal.
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
