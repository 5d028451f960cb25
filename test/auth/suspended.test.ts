import { describe, expect, test } from 'vitest';
import type { LogEvents } from '../../src/core/log-events.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { errorOf } from '../support/error-of.ts';
import { hours, identityAt, keys, openPlace, testStart } from './place.ts';

// A process is suspended, or its machine sleeps, for longer than its session is valid. It must not give
// credentials that have expired in the meantime.

const asleepMs = 13 * hours;

/** A place whose clock moves when it logs an event, or when something is stored. */
async function openSleeper() {
  const sleep: { at?: keyof LogEvents | 'stored'; times: number } = { times: 0 };
  const clock = { now: testStart };
  const pass = (event: keyof LogEvents | 'stored') => {
    if (sleep.at !== event || sleep.times === 0) return;
    sleep.times -= 1;
    clock.now = new Date(clock.now.getTime() + asleepMs);
  };
  const keyring = openMemoryKeyring();
  const now = () => clock.now;
  const place = await openPlace({
    keyring: {
      ...keyring,
      async set(key, value) {
        await keyring.set(key, value);
        pass('stored');
      },
    },
    host: { now, log: (event) => pass(event) },
    sts: { now },
  });
  const identity = identityAt(place);
  await place.manager.saveKeys(identity, keys);
  const leftMs = ({ expiresAt }: { expiresAt?: Date }) =>
    (expiresAt?.getTime() ?? 0) - clock.now.getTime();
  return {
    ...place,
    login: (options?: { force?: boolean }) => place.manager.login(identity, options),
    sleepAt(at: NonNullable<typeof sleep.at>, times = 1) {
      Object.assign(sleep, { at, times });
    },
    leftMs,
  };
}

describe('a process that is suspended', () => {
  test('after it has found the stored session opens a new one', async () => {
    const sleeper = await openSleeper();
    await sleeper.login();
    sleeper.sleepAt('session.found');
    const { session, wasOpened } = await sleeper.login();
    expect(wasOpened).toBe(true);
    expect(sleeper.leftMs(session.credentials)).toBeGreaterThan(0);
    expect(sleeper.server.requests()).toEqual({ GetSessionToken: 2 });
  });

  test.each([undefined, { force: true }])(
    'after it has stored the new session opens another one: %j',
    async (options) => {
      const sleeper = await openSleeper();
      sleeper.sleepAt('stored');
      const { session } = await sleeper.login(options);
      expect(sleeper.leftMs(session.credentials)).toBeGreaterThan(0);
      expect(sleeper.server.requests()).toEqual({ GetSessionToken: 2 });
    },
  );

  test('before it reads the answer of AWS does not trust the time in it, and stores nothing', async () => {
    const sleeper = await openSleeper();
    sleeper.sleepAt('aws.answered');
    const { code, message, hints } = await errorOf(sleeper.login());
    expect({ code, message, hints }).toEqual({
      code: 'ERR_AUTH_SESSION_EXPIRED',
      message:
        'the session of identity dev expired at 2026-01-01T12:00:00Z, before this program could use it: it was suspended',
      hints: ['run the command again'],
    });
    expect(await sleeper.keyring.keys()).toEqual(['atmos_r_dev']);
    const { session } = await sleeper.login();
    expect(sleeper.leftMs(session.credentials)).toBeGreaterThan(0);
  });

  test('again and again fails, and never gives the expired session', async () => {
    const sleeper = await openSleeper();
    await sleeper.login();
    sleeper.sleepAt('session.opened', 9);
    expect(await errorOf(sleeper.login({ force: true }))).toMatchObject({
      code: 'ERR_AUTH_SESSION_EXPIRED',
    });
  });
});
