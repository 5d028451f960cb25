import { expect, test } from 'vitest';
import { createPace } from '../../src/core/pace.ts';

/** A clock that moves by hand, and wakes in order what sleeps. */
function openClock() {
  let now = 0;
  const sleeping: { at: number; wake: () => void }[] = [];
  return {
    monotonicMs: () => now,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        sleeping.push({ at: now + ms, wake: resolve });
      }),
    async moveTo(ms: number) {
      now = ms;
      for (const one of sleeping.filter(({ at }) => at <= now)) {
        sleeping.splice(sleeping.indexOf(one), 1);
        one.wake();
      }
      await Promise.resolve();
    },
  };
}

test('lets a burst pass at once, and then one call for each interval', async () => {
  const clock = openClock();
  const pace = createPace({ perSecond: 10, burst: 3 }, clock);
  const sent: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    void pace.turn().then(() => sent.push(clock.monotonicMs()));
  }
  for (let ms = 0; ms <= 300; ms += 50) await clock.moveTo(ms);
  expect(sent).toEqual([0, 0, 0, 100, 200, 300]);
});

test('a pause does not save up more than the burst', async () => {
  const clock = openClock();
  const pace = createPace({ perSecond: 10, burst: 2 }, clock);
  await pace.turn();
  await clock.moveTo(60_000);
  const sent: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    void pace.turn().then(() => sent.push(clock.monotonicMs() - 60_000));
  }
  for (let ms = 60_000; ms <= 60_300; ms += 100) await clock.moveTo(ms);
  expect(sent).toEqual([0, 0, 100, 200]);
});

test('15 in a second with a burst of 3 are never 20 in any second', async () => {
  const clock = openClock();
  const pace = createPace({ perSecond: 15, burst: 3 }, clock);
  const sent: number[] = [];
  for (let count = 0; count < 100; count += 1) {
    void pace.turn().then(() => sent.push(clock.monotonicMs()));
  }
  for (let ms = 0; ms <= 8_000; ms += 1) await clock.moveTo(ms);
  expect(sent).toHaveLength(100);
  const most = Math.max(
    ...sent.map((start) => sent.filter((at) => at >= start && at < start + 1000).length),
  );
  expect(most).toBeLessThan(20);
});
