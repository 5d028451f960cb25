import { expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { identityAt, keys, minutes, openPlace, testStart } from './place.ts';

// A program cannot use a session that has already expired, and its error would not name the clock.

function answer(expiration: Date): string {
  return `<GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetSessionTokenResult><Credentials>
<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>CanarySecret</SecretAccessKey><SessionToken>CanaryToken</SessionToken>
<Expiration>${expiration.toISOString()}</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>`;
}

async function openConfigured(sts: { dateHeader?: boolean; clockOffsetMs?: number }) {
  const place = await openPlace({ sts });
  const identity = identityAt(place);
  await place.manager.saveKeys(identity, keys);
  const expireAt = (offsetMs: number) =>
    place.server.script({
      raw: { contentType: 'text/xml', body: answer(new Date(testStart.getTime() + offsetMs)) },
    });
  return { place, identity, expireAt };
}

test.each<[string, { dateHeader?: boolean; clockOffsetMs?: number }, number, string]>([
  ['no time of the server', { dateHeader: false }, -minutes, '2026-01-01T00:00:00Z'],
  ['a server whose clock is the same', {}, -minutes, '2026-01-01T00:00:00Z'],
  ['a server that is ahead', { clockOffsetMs: 4 * minutes }, 2 * minutes, '2026-01-01T00:04:00Z'],
])(
  'a new session that has expired is rejected with both clocks: %s',
  async (_, sts, offsetMs, there) => {
    const { place, identity, expireAt } = await openConfigured(sts);
    expireAt(offsetMs);
    const error = await errorOf(place.manager.login(identity));
    const expired = new Date(testStart.getTime() + offsetMs).toISOString().replace('.000', '');
    expect({ code: error.code, message: error.message, hints: error.hints }).toEqual({
      code: 'ERR_CLOCK_SKEW',
      message: `no session for identity dev: the new session had already expired at ${expired}: the clock of this machine shows 2026-01-01T00:00:00Z, the clock of the server ${there}`,
      hints: ['set the clock of this machine, then: atmos auth login --identity dev'],
    });
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
  },
);

test('a new session that has expired only by the local clock is accepted', async () => {
  const { place, identity, expireAt } = await openConfigured({ clockOffsetMs: -4 * minutes });
  expireAt(-minutes);
  const { wasOpened } = await place.manager.login(identity);
  expect(wasOpened).toBe(true);
});
