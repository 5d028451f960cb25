import { AtmosError } from './errors.ts';
import { say } from './hint.ts';

const unitSeconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

const maxSeconds = 2 ** 31 - 1;

/**
 * Parses a duration as Atmos does: whole seconds (`900`), a Go duration (`1h30m`, `900s`) or days
 * (`2d`). Must be positive and fit in 32 bits of seconds.
 *
 * @param shown replaces the text in the error
 * @returns seconds, rounded down
 * @throws ERR_CONFIG_INVALID that contains `what`
 */
export function parseDuration(
  text: string,
  what = 'duration',
  shown = JSON.stringify(text),
): number {
  const seconds = secondsOf(text.trim());
  if (seconds === undefined || seconds < 1 || seconds > maxSeconds) {
    throw new AtmosError('ERR_CONFIG_INVALID', `${what} ${shown} is not a duration`, {
      hints: [say('write it like 12h, 1h30m, 900s, 2d or 900 (seconds)')],
    });
  }
  // Go counts nanoseconds; in floating point 4.35 times 60 is slightly less than 261.
  return Math.trunc(Number(seconds.toFixed(9)));
}

function secondsOf(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const days = /^(\d{1,5})d$/.exec(text);
  if (days) return Number(days[1]) * 86_400;
  if (!/^(\d{1,12}(\.\d{1,9})?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (unitSeconds[unit ?? ''] ?? Number.NaN);
  }
  return total;
}

/** Time left in the words of Atmos: `1h 5m`, `5m 3s`, `42s`, `expired`. */
export function formatRemaining(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds <= 0) return 'expired';
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours > 0) return `${hours}h ${minutes}m`;
  if (minutes > 0) return `${minutes}m ${seconds % 60}s`;
  return `${seconds}s`;
}

/** RFC 3339 in UTC without fractional seconds: the form that Atmos writes into an entry. */
export function formatTimestamp(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

const timestampForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses an RFC 3339 time with a time zone. Returns undefined for anything else, which counts as
 * expired.
 */
export function parseTimestamp(text: string): Date | undefined {
  const written = timestampForm.exec(text)?.[1];
  if (written === undefined) return undefined;
  const [date, inUtc] = [new Date(text), new Date(`${written}Z`)];
  if (Number.isNaN(date.getTime()) || Number.isNaN(inUtc.getTime())) return undefined;
  // Date would read February 30 and hour 24 as the following day.
  return inUtc.toISOString().startsWith(written) ? date : undefined;
}
