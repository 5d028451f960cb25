import { describe, expect, test } from 'vitest';
import { loginToAll, type LoginAllOptions } from '../../src/app/login-all.ts';
import { AtmosError } from '../../src/core/errors.ts';
import type { Identity } from '../../src/core/kind-config.ts';
import { awsUserIdentity } from '../auth/place.ts';

const named = (...names: readonly string[]): Identity[] =>
  names.map((name) => awsUserIdentity({ name }));

const options = (changes: Partial<LoginAllOptions> = {}): LoginAllOptions => ({
  maxInFlight: 2,
  login: async () => true,
  onProgress: async () => {},
  ...changes,
});

describe('logging in to all', () => {
  test('opens so many at a time, and a level after the one before it', async () => {
    const events: string[] = [];
    let open = 0;
    let most = 0;
    const done: number[] = [];
    const result = await loginToAll(
      [named('a', 'b', 'c'), named('d')],
      options({
        async login({ name }) {
          events.push(`begin ${name}`);
          most = Math.max(most, (open += 1));
          await Promise.resolve();
          open -= 1;
          events.push(`end ${name}`);
          return name !== 'a';
        },
        onProgress: async (count) => void done.push(count),
      }),
    );
    expect(result).toEqual({ opened: 3, found: 1, failures: [], notTried: 0 });
    expect(most).toBe(2);
    expect(events.indexOf('begin d')).toBeGreaterThan(events.indexOf('end c'));
    expect(done).toEqual([1, 2, 3, 4]);
  });

  test('goes on after a failure', async () => {
    const error = new AtmosError('ERR_AUTH_DENIED', 'no');
    const result = await loginToAll(
      [named('a', 'b', 'c')],
      options({
        login: ({ name }) => (name === 'a' ? Promise.reject(error) : Promise.resolve(true)),
      }),
    );
    expect(result).toMatchObject({ opened: 2, notTried: 0 });
    expect(result.failures.map(({ identity, error: { code } }) => [identity.name, code])).toEqual([
      ['a', 'ERR_AUTH_DENIED'],
    ]);
  });

  test.each(['ERR_AUTH_SIGN_IN_REQUIRED', 'ERR_AUTH_BASE_REFUSED'] as const)(
    'tries no other identity after %s',
    async (code) => {
      const tried: string[] = [];
      const result = await loginToAll(
        [named('a', 'b', 'c', 'd')],
        options({
          maxInFlight: 1,
          login: ({ name }) => {
            tried.push(name);
            return name === 'b'
              ? Promise.reject(new AtmosError(code, 'no'))
              : Promise.resolve(true);
          },
        }),
      );
      expect(tried).toEqual(['a', 'b']);
      expect(result).toMatchObject({ opened: 1, notTried: 2 });
    },
  );

  test('stops when the user cancels', async () => {
    const cancelled = new AtmosError('ERR_CANCELLED', 'canceled');
    await expect(
      loginToAll([named('a')], options({ login: () => Promise.reject(cancelled) })),
    ).rejects.toBe(cancelled);
  });
});
