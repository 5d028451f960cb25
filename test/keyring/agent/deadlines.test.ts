import { expect, test } from 'vitest';
import { createDeadlines } from '../../../src/keyring/agent/deadlines.ts';
import { testStart } from '../../support/fake-host.ts';

const hourMs = 3_600_000;
const terms = { ttlMs: 8 * hourMs, idleMs: hourMs };

/** A fake host with two clocks that a test advances. */
function clocks() {
  const clock = { wallMs: 0, monotonicMs: 0 };
  return {
    clock,
    pass(milliseconds: number) {
      clock.wallMs += milliseconds;
      clock.monotonicMs += milliseconds;
    },
    host: {
      now: () => new Date(testStart.getTime() + clock.wallMs),
      monotonicMs: () => clock.monotonicMs,
    },
  };
}

const after = (milliseconds: number) => new Date(testStart.getTime() + milliseconds);

test('both the idle limit and the total limit expire', () => {
  const { host, pass } = clocks();
  const deadlines = createDeadlines(host, terms);
  expect(deadlines.remainingMs()).toBe(hourMs);
  expect(deadlines.dates()).toEqual({
    expiresAt: after(8 * hourMs),
    idleExpiresAt: after(hourMs),
  });
  pass(hourMs - 1);
  expect(deadlines.remainingMs()).toBe(1);
  deadlines.touch();
  expect(deadlines.remainingMs()).toBe(hourMs);
  for (let hours = 1; hours < 8; hours++) {
    pass(hourMs - 1);
    deadlines.touch();
  }
  expect(deadlines.remainingMs()).toBe(8);
  pass(8);
  expect(deadlines.remainingMs()).toBe(0);
});

test('use does not extend the total limit, renewing does', () => {
  const { host, pass } = clocks();
  const deadlines = createDeadlines(host, { ttlMs: hourMs, idleMs: hourMs });
  pass(hourMs / 2);
  deadlines.touch();
  expect(deadlines.remainingMs()).toBe(hourMs / 2);
  deadlines.renew({ ttlMs: 2 * hourMs, idleMs: hourMs });
  expect(deadlines.dates()).toEqual({
    expiresAt: after(2.5 * hourMs),
    idleExpiresAt: after(1.5 * hourMs),
  });
});

test('nothing extends the limits beyond a day after the password was given', () => {
  const { host, pass } = clocks();
  const deadlines = createDeadlines(host, { ttlMs: 24 * hourMs, idleMs: 24 * hourMs });
  pass(20 * hourMs);
  deadlines.renew({ ttlMs: 24 * hourMs, idleMs: 24 * hourMs });
  expect(deadlines.remainingMs()).toBe(4 * hourMs);
});

test('neither sleep nor a clock that is set back extends the limits', () => {
  const asleep = clocks();
  const slept = createDeadlines(asleep.host, terms);
  asleep.clock.wallMs += hourMs;
  expect(slept.remainingMs()).toBe(0);

  const changed = clocks();
  const setBack = createDeadlines(changed.host, terms);
  changed.clock.wallMs -= 365 * 24 * hourMs;
  changed.clock.monotonicMs += hourMs;
  expect(setBack.remainingMs()).toBe(0);
});
