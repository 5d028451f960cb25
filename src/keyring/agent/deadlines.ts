import type { Host } from '../../host/host.ts';
import type { Terms } from '../contract.ts';
import { maxUnlockMs } from '../unlock-time.ts';

export interface Deadlines {
  /** Counts as use. */
  touch(): void;
  /** Lets both begin anew, with other terms; never past {@link maxUnlockMs} since the start. */
  renew(terms: Terms): void;
  /** Until the first of them; at most 0 when one has passed. */
  remainingMs(): number;
  /** When they pass, by the clock on the wall. */
  dates(): { readonly expiresAt: Date; readonly idleExpiresAt: Date };
}

/**
 * Time is counted by two clocks, and the one that says more counts: one that never jumps, but may
 * stand still while the machine sleeps, and the one on the wall.
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
