/** How often a service may be called, and how many calls may be open at the same time. */
export interface CallRate {
  readonly perSecond: number;
  /** How many calls may follow one another at once after a pause. At least 1. */
  readonly burst: number;
  readonly maxInFlight: number;
}

/** Spreads calls over time. */
export interface Pace {
  /** Resolves when the next call may be sent. */
  turn(): Promise<void>;
}

interface Clock {
  monotonicMs(): number;
  sleep(milliseconds: number): Promise<void>;
}

/**
 * A token bucket that holds `burst` tokens and gets `perSecond` new ones in a second. It keeps only the
 * time at which the next token is due (the "virtual scheduling" form of ITU-T I.371), so that calls are
 * served in the order of their arrival.
 */
export function createPace(
  { perSecond, burst }: Pick<CallRate, 'perSecond' | 'burst'>,
  { monotonicMs, sleep }: Clock,
): Pace {
  const intervalMs = 1000 / perSecond;
  let dueMs = -Infinity;
  return {
    async turn() {
      const nowMs = monotonicMs();
      const startMs = Math.max(dueMs, nowMs - (burst - 1) * intervalMs);
      dueMs = startMs + intervalMs;
      if (startMs > nowMs) await sleep(startMs - nowMs);
    },
  };
}
