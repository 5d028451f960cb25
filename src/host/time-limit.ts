import type { Host } from './host.ts';

/** Settles as the promise does, or rejects with the error from `expired` after the time limit. */
export async function withinLimit<T>(
  host: Pick<Host, 'sleep'>,
  limitMs: number,
  promise: Promise<T>,
  expired: () => Error,
): Promise<T> {
  const timer = new AbortController();
  const limit = host.sleep(limitMs, timer.signal).then(() => {
    throw expired();
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    timer.abort();
  }
}
