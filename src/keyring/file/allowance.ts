import type { Host } from '../../host/host.ts';

/** An amount of work in vain that may be done within a minute, whatever files others put there. */
export interface Allowance {
  /** Uses some of it up, or nothing and returns false when not that much is left. */
  take(amount: number): boolean;
  /** Takes back what was not in vain. */
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
