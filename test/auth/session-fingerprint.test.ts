import { describe, expect, test } from 'vitest';
import { termsOf } from '../../src/auth/chain.ts';
import { shortAccessKeyId } from '../../src/core/credentials.ts';
import type { Identity } from '../../src/core/kind-config.ts';
import { codesOf, device, identityAt, keys, name, openPlace, user, type Place } from './place.ts';

const fingerprintOf = (kind: string, values: Readonly<Record<string, string | null>>) => {
  const settings = Object.entries(values).map(([setting, value]) => [setting, { value }]);
  return termsOf({ kind, fingerprint: Object.fromEntries(settings) }).chainFingerprint;
};

describe('the fingerprint of a chain', () => {
  const values = { region: 'eu-west-1', endpoint: null, mfa_device: null, access_key_id: 'AKIA' };

  test('is a SHA-256 that does not depend on the order of the fields', () => {
    const fingerprint = fingerprintOf('aws/user', values);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const turned = Object.fromEntries(Object.entries(values).toReversed());
    expect(fingerprintOf('aws/user', turned)).toBe(fingerprint);
  });

  test('differs if one field differs', () => {
    const all = [
      fingerprintOf('aws/user', values),
      fingerprintOf('aws/assume-role', values),
      ...Object.keys(values).map((field) =>
        fingerprintOf('aws/user', { ...values, [field]: 'other' }),
      ),
      fingerprintOf('aws/user', { ...values, endpoint: 'null' }),
      fingerprintOf('aws/user', { ...values, more: null }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('a stored session is ignored', () => {
  const otherKey = { ...user, accessKeyId: 'AKIAIOSFODNN7ANOTHER' };

  type Change = (place: Place) => Partial<Identity> | Promise<Partial<Identity>>;

  test.each<[string, Change, (place: Place) => string]>([
    [
      'partition',
      () => ({ credentials: { region: 'us-gov-west-1' } }),
      () => 'the partition was aws and is now aws-us-gov',
    ],
    [
      'endpoint',
      (place) => ({ spec: { endpoint_url: `${place.server.url}/` } }),
      ({ server: { url } }) => `spec.endpoint_url was ${url} and is now ${url}/`,
    ],
    [
      'MFA device',
      () => ({ credentials: { mfa_arn: device } }),
      () => `credentials.mfa_arn was not set and is now ${device}`,
    ],
    [
      'MFA device, which a variable gives',
      () => ({ credentials: { mfa_arn: device }, tagAt: () => '!env MFA' }),
      () => 'credentials.mfa_arn was not set and is now <value of !env MFA>',
    ],
    [
      'access key, from a stored one to one of the configuration',
      () => ({
        credentials: {
          access_key_id: otherKey.accessKeyId,
          secret_access_key: otherKey.secretAccessKey,
        },
      }),
      () =>
        `credentials.access_key_id was not set and is now ${shortAccessKeyId(otherKey.accessKeyId)}`,
    ],
  ])('if its %s has changed, which is named', async (_, change, named) => {
    const { mfaCode } = codesOf('271828');
    const place = await openPlace({ sts: { keys: [user, otherKey] }, mfaCode });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    const first = await place.manager.login(identity);
    expect((await place.manager.login(identity)).wasOpened).toBe(false);

    const changed = identityAt(place, await change(place));
    const reason = `a setting changed after the session was opened: ${named(place)}`;
    expect(await place.manager.whoami(changed)).toMatchObject({ isValid: false, reason });
    const second = await place.manager.login(changed);
    expect(second).toMatchObject({ wasOpened: true, changed: reason });
    expect(second.session.credentials.accessKeyId).not.toBe(first.session.credentials.accessKeyId);
    expect(place.server.calls.filter(({ action }) => action === 'GetSessionToken')).toHaveLength(2);
    expect(await place.manager.login(changed)).not.toHaveProperty('changed');
  });

  test('except for a region of the same partition, which programs get', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    await place.manager.login(identity);
    const moved = identityAt(place, { credentials: { region: 'eu-west-1' } });
    expect(await place.manager.login(moved)).toMatchObject({
      wasOpened: false,
      region: 'eu-west-1',
    });
    expect(await place.manager.whoami(moved)).toMatchObject({ isValid: true, region: 'eu-west-1' });
  });

  test('except for a change that it does not depend on', async () => {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    await place.manager.login(identity);
    const changed = identityAt(place, { session: { duration: '1h' }, name: name.toUpperCase() });
    expect((await place.manager.login(changed)).wasOpened).toBe(false);
  });
});
