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

/**
 * Time left in the words of Atmos: `1h 5m`, `5m 3s`, `42s`, `expired`. Records of trust hold such text:
 * another form of it would ask for trust again.
 */
export function formatRemaining(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds <= 0) return 'expired';
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours > 0) return `${hours}h ${minutes}m`;
  if (minutes > 0) return `${minutes}m ${seconds % 60}s`;
  return `${seconds}s`;
}

/** The clock on the user's wall. A `Host` is one. */
export interface LocalClock {
  now(): Date;
  /** How many minutes local time is ahead of UTC at a moment. */
  utcOffsetMinutes(at: Date): number;
}

/**
 * A moment for people, in local time: `20:15 (in 3h 12m)`, `20:15 (5m ago)`. With the date unless it is
 * today: `Nov 30 08:15 (in 14h 2m)`; with the year unless it is this one: `Jan 2 2027 08:15 (in 40d)`.
 */
export function formatMoment(at: Date, clock: LocalClock): string {
  const now = clock.now();
  const leftMs = at.getTime() - now.getTime();
  const length = formatLength(Math.abs(leftMs));
  const distance = length === '0s' ? 'now' : leftMs < 0 ? `${length} ago` : `in ${length}`;
  return `${formatLocal(at, clock)} (${distance})`;
}

/** The same without the distance: `20:15`, `Nov 30 08:15`, `Jan 2 2027 08:15`. */
function formatLocal(at: Date, clock: LocalClock): string {
  const { year, month, day, time } = localParts(at, clock);
  const today = localParts(clock.now(), clock);
  if (year !== today.year) return formatDateTime(at, clock);
  return month === today.month && day === today.day ? time : `${month} ${day} ${time}`;
}

/** Local time with its date and year, also if that is today: `Jan 2 2027 08:15`. */
export function formatDateTime(at: Date, clock: LocalClock): string {
  const { year, month, day, time } = localParts(at, clock);
  return `${month} ${day} ${year} ${time}`;
}

function localParts(at: Date, clock: LocalClock) {
  const local = new Date(at.getTime() + clock.utcOffsetMinutes(at) * 60_000).toISOString();
  const [date = '', time = ''] = local.split('T');
  const [year = '', month, day] = date.split('-');
  return { year, month: months[Number(month) - 1], day: Number(day), time: time.slice(0, 5) };
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A length of time in its two largest units, to the second: `3d 4h`, `3h 12m`, `8h`, `42s`. */
export function formatLength(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const units = [
    `${Math.floor(seconds / 86_400)}d`,
    `${Math.floor(seconds / 3600) % 24}h`,
    `${Math.floor(seconds / 60) % 60}m`,
    `${seconds % 60}s`,
  ];
  const first = units.findIndex((unit) => !unit.startsWith('0'));
  if (first === -1) return '0s';
  return units
    .slice(first, first + 2)
    .filter((unit) => !unit.startsWith('0'))
    .join(' ');
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
