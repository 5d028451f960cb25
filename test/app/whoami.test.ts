import { describe, expect, test } from 'vitest';
import { hours, identityAt, keys, openPlace, testStart } from '../auth/place.ts';
import { errorOf } from '../support/error-of.ts';

const known = { identity: 'dev', kind: 'aws/user', provider: 'aws-user', region: 'us-east-1' };
const end = new Date(testStart.getTime() + 12 * hours);

async function openLoggedIn() {
  const place = await openPlace();
  const identity = identityAt(place);
  await place.manager.saveKeys(identity, keys);
  await place.manager.login(identity);
  return { place, identity };
}

describe('whoami', () => {
  test('reports the principal from AWS', async () => {
    const { place, identity } = await openLoggedIn();
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      expiresAt: end,
      principal: 'arn:aws:iam::012345678901:user/ada',
      account: '012345678901',
      isValid: true,
    });
    expect(place.server.calls.map(({ action }) => action)).toEqual([
      'GetSessionToken',
      'GetCallerIdentity',
    ]);
    expect(place.server.calls[1]?.accessKeyId).toMatch(/^ASIA/);
  });

  test('reports an unknown validity if AWS cannot be reached', async () => {
    const { place, identity } = await openLoggedIn();
    await place.server.close();
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      expiresAt: end,
      isValid: undefined,
      reason: `not checked with AWS: cannot reach ${place.server.url}: connection refused (ECONNREFUSED)`,
    });
  });

  test('reports an unknown validity if another server answers', async () => {
    const { place, identity } = await openLoggedIn();
    place.server.script({ html: true });
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      expiresAt: end,
      isValid: undefined,
      reason: `not checked with AWS: ${place.server.url} does not answer like AWS STS: status 200, text/html, not its XML`,
    });
  });

  test('sends no request without a session', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      isValid: false,
      reason: 'there is no session',
    });
    expect(place.server.calls).toEqual([]);
  });

  test('sends no request for an expired session', async () => {
    const { place, identity } = await openLoggedIn();
    place.clock.now = end;
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      expiresAt: end,
      isValid: false,
      reason: 'the session has expired',
    });
    expect(place.server.calls).toHaveLength(1);
  });

  test('reports a session that AWS rejects before its expiry', async () => {
    const { place, identity } = await openLoggedIn();
    place.server.expireSessions();
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      expiresAt: end,
      isValid: false,
      reason: expect.stringMatching(/^the session ASIA….{4} has expired$/),
    });
  });

  test('reports a session that AWS no longer knows', async () => {
    const { place, identity } = await openLoggedIn();
    place.server.script({ fail: { code: 'InvalidClientTokenId', message: 'is invalid' } });
    expect(await place.manager.whoami(identity)).toEqual({
      ...known,
      expiresAt: end,
      isValid: false,
      reason: expect.stringMatching(/^AWS does not know the session ASIA….{4}$/),
    });
  });

  test('fails without keys', async () => {
    const place = await openPlace();
    const error = await errorOf(place.manager.whoami(identityAt(place)));
    expect(error.code).toBe('ERR_AUTH_KEYS_MISSING');
    expect(error.message).toBe('no access key is stored for identity dev');
    expect(error.hints).toEqual([
      'set access_key_id and secret_access_key with !env (/p/atmos.yaml:credentials)',
    ]);
  });

  test('changes nothing', async () => {
    const { place, identity } = await openLoggedIn();
    const names = await place.keyring.keys();
    const before = await Promise.all(names.map((key) => place.keyring.get(key)));
    await place.manager.whoami(identity);
    expect(await place.keyring.keys()).toEqual(names);
    expect(await Promise.all(names.map((key) => place.keyring.get(key)))).toEqual(before);
  });
});
