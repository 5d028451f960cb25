import { describe, expect, test } from 'vitest';
import { createAuthManager } from '../../src/app/open.ts';
import { AtmosError, KeyringError } from '../../src/core/errors.ts';
import { awsUserIdentity, identityAt, keys, openPlace, testStart } from '../auth/place.ts';
import { errorOf } from '../support/error-of.ts';

const timeoutMs = 5000;

describe('keys to be stored', () => {
  test('are rejected if the configuration has keys', async () => {
    const { manager } = await openPlace();
    const credentials = {
      access_key_id: keys.accessKeyId,
      secret_access_key: keys.secretAccessKey,
    };
    const error = await errorOf(manager.checkConfigurable(awsUserIdentity({ credentials })));
    expect(error.code).toBe('ERR_USAGE');
    expect(error.message).toBe(
      'the access key of identity dev is set in the configuration (/p/atmos.yaml:credentials), so a stored one would not be used',
    );
    expect(error.hints).toEqual([
      'remove access_key_id and secret_access_key (/p/atmos.yaml:credentials)',
    ]);
  });

  test.each([
    ['nothing', {}],
    ['empty text, as of a variable that is not set', { access_key_id: '', secret_access_key: '' }],
    ['only the device', { mfa_arn: 'arn:aws:iam::012345678901:mfa/ada' }],
  ])('are accepted if the configuration has %s', async (_, credentials) => {
    const { manager } = await openPlace();
    await expect(
      manager.checkConfigurable(awsUserIdentity({ credentials })),
    ).resolves.toBeUndefined();
  });

  test('are rejected if the name is too long for the entry of a session', async () => {
    const { manager } = await openPlace();
    const named = (length: number) => ({ ...awsUserIdentity({}), name: 'x'.repeat(length) });
    await expect(manager.checkConfigurable(named(224))).resolves.toBeUndefined();
    const error = await errorOf(manager.checkConfigurable(named(225)));
    expect(error.code).toBe('ERR_KEYRING_INVALID_KEY');
    expect(error.message).toContain(
      `has a name of 225 bytes; the keyring allows at most 224 (realm `,
    );
    expect(error.hints).toEqual(['give it a shorter name']);
  });

  test('are verified by AWS', async () => {
    const place = await openPlace();
    expect(await place.manager.verifyKeys(identityAt(place), keys, timeoutMs)).toMatchObject({
      arn: 'arn:aws:iam::012345678901:user/ada',
      account: '012345678901',
    });
    expect(await place.keyring.keys()).toEqual([]);
    expect(place.warnings).toEqual([]);
  });

  test('are verified as given, not as stored', async () => {
    const place = await openPlace();
    await place.manager.saveKeys(identityAt(place), keys);
    const wrong = { ...keys, accessKeyId: 'AKIAIOSFODNN7STRANGE' };
    const error = await errorOf(place.manager.verifyKeys(identityAt(place), wrong, timeoutMs));
    expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
    expect(error.message).toContain('AWS does not know the access key AKIA…ANGE');
    expect(await place.manager.whoami(identityAt(place))).not.toHaveProperty('keyRefusedAt');
  });

  test('are neither prompted for nor sent if the endpoint is not trusted', async () => {
    const place = await openPlace();
    const identity = identityAt(place, { spec: { endpoint_url: 'https://sts.example.com' } });
    const refused = new AtmosError('ERR_CONFIG_UNTRUSTED', 'not trusted');
    const manager = createAuthManager({
      ...place.context,
      requireTrust(need) {
        expect(need).toEqual({
          path: ['auth', 'identities', 'dev', 'spec', 'endpoint_url'],
          what: 'sends signed requests to https://sts.example.com',
        });
        throw refused;
      },
    });
    expect(await errorOf(manager.checkConfigurable(identity))).toBe(refused);
    expect(await errorOf(manager.verifyKeys(identity, keys, timeoutMs))).toBe(refused);
  });

  test('are stored with all fields', async () => {
    const place = await openPlace({ keyring: 'file' });
    const mfaArn = 'arn:aws:iam::012345678901:mfa/ada';
    await place.manager.saveKeys(identityAt(place), { ...keys, mfaArn, sessionDuration: '8h' });
    expect(await place.context.store.read('dev', 'key')).toEqual({
      credentials: { ...keys, mfaArn, sessionDuration: '8h' },
      realm: 'r',
      alias: 'dev',
      item: 'key',
      savedAt: testStart,
    });
  });
});

describe('the session of an identity', () => {
  const mfaArn = 'arn:aws:iam::012345678901:mfa/ada';

  async function openLoggedIn() {
    const place = await openPlace();
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    await place.manager.login(identity);
    return { place, identity };
  }

  test.each<[string, Partial<typeof keys>]>([
    ['id', { accessKeyId: 'AKIAIOSFODNN7ANOTHER' }],
    ['secret', { secretAccessKey: 'another' }],
    ['MFA device', { mfaArn }],
    ['duration', { sessionDuration: '1h' }],
  ])('is removed when a key with another %s is stored', async (_, other) => {
    const { place, identity } = await openLoggedIn();
    await place.manager.saveKeys(identity, { ...keys, ...other });
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
    expect(await place.manager.whoami(identity)).toMatchObject({ reason: 'there is no session' });
  });

  test('is removed if the previous key is invalid', async () => {
    const { place, identity } = await openLoggedIn();
    await place.keyring.set('atmos_r_dev', 'text');
    await place.manager.saveKeys(identity, keys);
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
  });

  test('is kept when the same key is stored again', async () => {
    const { place, identity } = await openLoggedIn();
    await place.manager.saveKeys(identity, keys);
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: false });
  });

  test('is kept if an entry of another identity has the name of the key', async () => {
    const { place, identity } = await openLoggedIn();
    const stolen = JSON.stringify({ type: 'aws', data: {}, realm: 'r', alias: 'ops' });
    await place.keyring.set('atmos_r_dev', stolen);
    expect((await errorOf(place.manager.saveKeys(identity, keys))).code).toBe(
      'ERR_KEYRING_FOREIGN',
    );
    expect(await place.keyring.keys()).toContain('atmos_r_dev@session');
  });

  test('is removed even if storing the key fails, so that a retry does not find it', async () => {
    const { place, identity } = await openLoggedIn();
    const full = new KeyringError('ERR_KEYRING_IO', 'no space left on the device');
    const keyring = { ...place.keyring, set: () => Promise.reject(full) };
    const { manager } = await openPlace({ keyring });
    expect(await errorOf(manager.saveKeys(identity, { ...keys, mfaArn }))).toBe(full);
    expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
    expect(await place.context.store.read('dev', 'key')).toMatchObject({ credentials: keys });
  });
});

describe('a moved checkout', () => {
  test('is reported with the keys under its old realm', async () => {
    const place = await openPlace();
    await place.keyring.set('atmos_0123456789abcdef_dev', '{}');
    const error = await errorOf(place.manager.login(identityAt(place)));
    expect(error.code).toBe('ERR_AUTH_KEYS_MISSING');
    expect(error.message).toBe(
      'no access key is stored for identity dev in realm r; credentials exist under realm 0123456789abcdef',
    );
    expect(error.hints).toEqual([
      'atmos auth keyring adopt dev --from-realm 0123456789abcdef',
      'set access_key_id and secret_access_key with !env (/p/atmos.yaml:credentials)',
    ]);
  });

  test('is not reported if no keys exist', async () => {
    const place = await openPlace();
    for (const key of ['atmos_dev', 'atmos_s_dev@session', 'atmos_s_ops', 'other_dev']) {
      await place.keyring.set(key, '{}');
    }
    const error = await errorOf(place.manager.login(identityAt(place)));
    expect(error.message).toBe('no access key is stored for identity dev');
  });
});
