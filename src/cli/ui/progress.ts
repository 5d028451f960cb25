import type { Context } from '../context.ts';
import { lineWidth, shorten } from './display-width.ts';

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
  let stopListening: (() => void) | undefined;
  return {
    async tell(done) {
      const nowMs = host.monotonicMs();
      if (nowMs < nextMs || host.stderr.isTTY !== true) return;
      nextMs = nowMs + pauseMs;
      stopListening ??= await host.onEnd(() => void progress(undefined).catch(() => {}));
      await progress(shorten(`${doing}: ${done} of ${total}`, lineWidth(host.stderr)));
    },
    async end() {
      if (stopListening === undefined) return;
      stopListening();
      await progress(undefined);
    },
  };
}
