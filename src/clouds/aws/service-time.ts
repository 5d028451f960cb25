// The times that a service tells, which may be any number: here they become times that make sense. Pure.

const dayMs = 24 * 60 * 60 * 1000;

/** The longest that a portal session can last. */
const maxTokenMs = 90 * dayMs;

/**
 * How far the clock of a service is ahead. Undefined without a valid date, and for more than a day:
 * that is no drift, and a date header should not make us sign, or expire, on a far-away day.
 */
export function clockOffset(serverDate: Date | undefined, now: Date): number | undefined {
  const offsetMs = (serverDate?.getTime() ?? Number.NaN) - now.getTime();
  return Math.abs(offsetMs) <= dayMs ? offsetMs : undefined;
}

/** Seconds as whole milliseconds. Undefined if they are no number, or less than 1 second, or too many. */
export function lifetimeMs(seconds: unknown, maxMs = maxTokenMs): number | undefined {
  if (typeof seconds !== 'number' || !(seconds >= 1) || seconds * 1000 > maxMs) return undefined;
  return Math.floor(seconds * 1000);
}

/**
 * When something expires. Undefined if it is no number, more than a day ago, or later than anything of
 * the service lasts.
 *
 * @param now by the clock of the service
 */
export function expiryOf(timeMs: unknown, now: Date, maxMs: number): Date | undefined {
  if (typeof timeMs !== 'number') return undefined;
  const leftMs = timeMs - now.getTime();
  return leftMs >= -dayMs && leftMs <= maxMs ? new Date(timeMs) : undefined;
}
