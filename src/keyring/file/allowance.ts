import type { Host } from '../../host/host.ts';

/**
 * Limits the wasted work within a minute, however many files other programs put into the keyring.
 */
export interface Allowance {
  /** Uses up the amount. Returns false, and uses up nothing, if less than that is left. */
  take(amount: number): boolean;
  /** Gives back an amount that was not wasted. */
  giveBack(amount: number): void;
}

const windowMs = 60_000;

export function createAllowance(total: number, host: Pick<Host, 'monotonicMs'>): Allowance {
  let used = 0;
  let sinceMs = -Infinity;
  return {
    take(amount) {
      const nowMs = host.monotonicMs();
      if (nowMs - sinceMs > windowMs) {
        used = 0;
        sinceMs = nowMs;
      }
      if (used + amount > total) return false;
      used += amount;
      return true;
    },
    giveBack(amount) {
      used = Math.max(0, used - amount);
    },
  };
}
