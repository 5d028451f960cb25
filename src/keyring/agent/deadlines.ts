import type { Host } from '../../host/host.ts';
import type { Terms } from '../contract.ts';
import { maxUnlockMs } from '../unlock-time.ts';

export interface Deadlines {
  /** Restarts the idle limit. */
  touch(): void;
  /** Restarts both limits with other terms; never past {@link maxUnlockMs} since the start. */
  renew(terms: Terms): void;
  /** Time until the first limit; at most 0 if one has passed. */
  remainingMs(): number;
  /** When the limits pass, in wall-clock time. */
  dates(): { readonly expiresAt: Date; readonly idleExpiresAt: Date };
}

/**
 * Measures time with two clocks and uses the one that shows more: the monotonic clock never jumps
 * but may stop while the machine sleeps, the wall clock may be set.
 */
export function createDeadlines(host: Pick<Host, 'now' | 'monotonicMs'>, first: Terms): Deadlines {
  const moment = () => ({ wallMs: host.now().getTime(), monotonicMs: host.monotonicMs() });
  const startedAt = moment();
  let terms = first;
  let renewedAt = startedAt;
  let usedAt = startedAt;

  function elapsedMs(since: typeof startedAt): number {
    const now = moment();
    return Math.max(now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs);
  }

  function leftMs(): { total: number; idle: number } {
    const total = Math.min(terms.ttlMs - elapsedMs(renewedAt), maxUnlockMs - elapsedMs(startedAt));
    return { total, idle: Math.min(total, terms.idleMs - elapsedMs(usedAt)) };
  }

  return {
    touch() {
      usedAt = moment();
    },
    renew(other) {
      terms = other;
      renewedAt = moment();
      usedAt = renewedAt;
    },
    remainingMs: () => leftMs().idle,
    dates() {
      const nowMs = host.now().getTime();
      const { total, idle } = leftMs();
      return { expiresAt: new Date(nowMs + total), idleExpiresAt: new Date(nowMs + idle) };
    },
  };
}
