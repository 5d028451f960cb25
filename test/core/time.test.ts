import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatLength,
  formatMoment,
  formatRemaining,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
} from '../../src/core/time.ts';
import { thrownBy } from '../support/error-of.ts';

describe('a duration', () => {
  test.each<[string, number]>([
    ['900', 900],
    ['900s', 900],
    ['12h', 43_200],
    [' 12h ', 43_200],
    ['1h30m', 5400],
    ['1h30m15s', 5415],
    ['1.5h', 5400],
    ['4.35m', 261],
    ['0.1h', 360],
    ['1h1h', 7200],
    ['1500ms', 1],
    ['1000000us', 1],
    ['1000000µs', 1],
    ['1000000000ns', 1],
    ['2d', 172_800],
    ['2147483647', 2_147_483_647],
  ])('%j is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each([
    '',
    '  ',
    '0',
    '0s',
    '999ms',
    '-1h',
    '+1h',
    'abc',
    '12x',
    '12 h',
    '1h30',
    '1d12h',
    '1.5d',
    '1e3',
    '0x10',
    'h',
    '٣h',
    '2147483648',
    '99999d',
    '999999999999h',
    'Infinity',
  ])('%j is not a duration', (text) => {
    const error = thrownBy(() => parseDuration(text, 'session.duration of identity dev'));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      `session.duration of identity dev ${JSON.stringify(text)} is not a duration`,
    );
    expect(error.hints).toEqual(['write it like 12h, 1h30m, 900s, 2d or 900 (seconds)']);
  });

  test('is parsed or rejected for any text', () => {
    const text = fc.stringMatching(/^[0-9.hmsdunµ -]{0,20}$/);
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (written) => {
        try {
          const seconds = parseDuration(written);
          expect(Number.isInteger(seconds) && seconds > 0 && seconds < 2 ** 31).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
        }
      }),
    );
  });
});

describe('the time left', () => {
  test.each<[number, string]>([
    [3_900_000, '1h 5m'],
    [129_600_000, '36h 0m'],
    [303_000, '5m 3s'],
    [60_000, '1m 0s'],
    [42_999, '42s'],
    [999, 'expired'],
    [0, 'expired'],
    [-1, 'expired'],
  ])('of %i ms is %j', (milliseconds, words) => {
    expect(formatRemaining(milliseconds)).toBe(words);
  });
});

describe('a moment for people', () => {
  const at = (now: string, utcOffsetMinutes: (at: Date) => number = () => 0) => ({
    now: () => new Date(now),
    utcOffsetMinutes,
  });

  test.each([
    ['2026-11-29T20:15:00Z', '20:15 (in 3h 12m)'],
    ['2026-11-30T08:15:00Z', 'Nov 30 08:15 (in 15h 12m)'],
    ['2027-01-02T17:03:00Z', 'Jan 2 2027 17:03 (in 34d)'],
    ['2026-11-29T16:58:00Z', '16:58 (5m ago)'],
    ['2025-11-29T17:03:00Z', 'Nov 29 2025 17:03 (365d ago)'],
    ['2026-11-29T17:03:00.400Z', '17:03 (now)'],
  ])('%s is shown as %j', (moment, shown) => {
    expect(formatMoment(new Date(moment), at('2026-11-29T17:03:00Z'))).toBe(shown);
  });

  test('has the local time and the local date', () => {
    const clock = at('2026-11-29T22:00:00Z', () => 90);
    expect(formatMoment(new Date('2026-11-29T22:29:00Z'), clock)).toBe('23:59 (in 29m)');
    expect(formatMoment(new Date('2026-11-29T22:30:00Z'), clock)).toBe('Nov 30 00:00 (in 30m)');
    const west = at('2026-01-01T04:00:00Z', () => -300);
    expect(formatMoment(new Date('2026-01-01T06:00:00Z'), west)).toBe('Jan 1 2026 01:00 (in 2h)');
  });

  test('has the offset of its own moment when the clocks change', () => {
    const change = new Date('2026-10-25T01:00:00Z');
    const clock = at('2026-10-25T00:30:00Z', (date) => (date < change ? 120 : 60));
    expect(formatMoment(new Date('2026-10-25T02:00:00Z'), clock)).toBe('03:00 (in 1h 30m)');
  });

  test.each([
    [8 * 3_600_000, '8h'],
    [3_900_000, '1h 5m'],
    [303_000, '5m 3s'],
    [3_605_000, '1h'],
    [86_400_000 * 3 + 3_600_000 * 4 + 60_000, '3d 4h'],
    [59_600, '1m'],
    [0, '0s'],
  ])('%i ms are %j', (milliseconds, words) => {
    expect(formatLength(milliseconds)).toBe(words);
  });
});

describe('a timestamp', () => {
  test('is formatted in UTC without a fraction', () => {
    expect(formatTimestamp(new Date('2026-01-31T12:00:00.999Z'))).toBe('2026-01-31T12:00:00Z');
  });

  test.each<[string, string]>([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z'],
    ['2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31T23:30:00-05:30', '2026-02-01T05:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('%j is parsed as %s', (text, iso) => {
    expect(parseTimestamp(text)?.toISOString()).toBe(iso);
  });

  test.each([
    '',
    'never',
    '2026-01-31',
    '2026-01-31T12:00Z',
    '2026-01-31T12:00:00',
    '2026-01-31 12:00:00Z',
    '2026-01-31t12:00:00z',
    ' 2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z\n',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00:00+24:00',
    '1769860800',
    'Sat, 31 Jan 2026 12:00:00 GMT',
  ])('%j is not a timestamp', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  test('is the same after formatting and parsing, to the second', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseTimestamp(formatTimestamp(date))).toEqual(new Date(seconds));
      }),
    );
  });
});
