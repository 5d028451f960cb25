import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../src/core/credentials.ts';
import { KeyringError, type KeyringErrorCode } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { formatEnvelope } from '../../src/store/envelope.ts';
import {
  countEntries,
  createInventory,
  hasExpired,
  ownKeys,
  type ReadEntry,
} from '../../src/store/inventory.ts';

const hash = '0123456789abcdef';
const configured = {
  identities: [{ name: 'Dev' }, { name: 'caf\u00e9' }, { name: 'both' }, { name: 'team/ops' }],
  providers: [{ name: 'corp' }, { name: 'Both' }],
};
const inventory = createInventory('r1', configured);

const keyOfAtmos =
  '{"type":"aws","data":{"access_key_id":"AKIAIOSFODNN7EXAMPLE","secret_access_key":"x"}}';
/** The token of IAM Identity Center that Go Atmos stores under the name of the provider. */
const tokenOfAtmos =
  '{"type":"aws","data":{"access_key_id":"an-sso-access-token","region":"us-east-1","expiration":"2026-11-22T10:00:00Z"}}';

describe('the name of an entry shows', () => {
  test.each([
    ['atmos_r1_dev', { realm: 'r1', alias: 'dev', item: 'key' }],
    ['atmos_r1_dev@session', { realm: 'r1', alias: 'dev', item: 'session' }],
    ['atmos_r1_team/ops.eu', { realm: 'r1', alias: 'team/ops.eu', item: 'key' }],
    [`atmos_${hash}_team/dev`, { realm: hash, alias: 'team/dev', item: 'key' }],
    ['atmos_default_dev', { realm: 'default', alias: 'dev', item: 'key' }],
    ['atmos_other_team/dev', { realm: null, alias: 'other_team/dev', item: 'key' }],
    // Configured as an identity, so it does not belong to a store.
    ['atmos_team/ops', { realm: null, alias: 'team/ops', item: 'key' }],
    // A provider has no key.
    ['atmos_r1_corp', { realm: 'r1', alias: 'corp', item: 'token' }],
    // An identity with the same name may have one.
    ['atmos_r1_both', { realm: 'r1', alias: 'both', item: 'key' }],
  ])('that %s belongs to atmos-auth', (key, said) => {
    expect(inventory.named(key)).toEqual({ key, owner: 'atmos-auth', ...said });
  });

  test.each([
    ['atmos/plat/ue2/dev/app/DB_PASSWORD', 'atmos-store'],
    ['atmos/GLOBAL_KEY', 'atmos-store'],
    ['atmos_secrets/dev/app/TOKEN', 'atmos-store'],
    ['atmos_secrets/dev/app/token', 'atmos-store'],
    ['atmos_my_secrets/dev/app/TOKEN', 'atmos-store'],
    ['.x/dev/KEY', 'other'],
    ['my-profile', 'other'],
    ['atmosphere', 'other'],
    ['atmos_', 'other'],
    ['atmos-auth-doctor-probe-1767225600-01234567', 'other'],
    ['', 'other'],
  ] as const)('that %j belongs to %s', (key, owner) => {
    expect(inventory.named(key)).toEqual({ key, owner });
  });

  test('no provider without a configuration', () => {
    expect(createInventory('r1').named('atmos_r1_corp')).toMatchObject({ item: 'key' });
  });
});

describe('the content of an entry shows', () => {
  test('a token of Atmos under the name of a key', () => {
    for (const one of [inventory, createInventory('r1')]) {
      expect(one.read('atmos_r1_corp', tokenOfAtmos)).toEqual({
        key: 'atmos_r1_corp',
        owner: 'atmos-auth',
        realm: 'r1',
        alias: 'corp',
        item: 'token',
        holds: 'token',
        said: {},
        type: 'aws',
        expiresAt: new Date('2026-11-22T10:00:00Z'),
        isForeign: false,
        isOfAtmos: false,
      });
    }
  });

  test.each([
    ['atmos_my_secrets/dev/app/token', '"a secret"', 'atmos-store'],
    ['atmos_my_secrets/dev/app/token', '{"type":"x"}', 'atmos-store'],
    ['atmos_other_team/dev', keyOfAtmos, 'atmos-auth'],
    // By its name alone it would belong to a store.
    ['atmos_team/dev', keyOfAtmos, 'atmos-auth'],
    // A store may have any value, under a name that no identity has.
    ['atmos/plat/dev/app/KEY', keyOfAtmos, 'atmos-store'],
    ['unrelated', keyOfAtmos, 'other'],
    // Of our realm, so it belongs to atmos-auth even if it is damaged.
    ['atmos_r1_team/dev', '"a secret"', 'atmos-auth'],
  ])('the owner of %s with the content %s: %s', (key, value, owner) => {
    expect(inventory.read(key, value).owner).toBe(owner);
  });

  test('a different owner than its name, in any normal form', () => {
    const credentials = awsCredentials({ accessKeyId: 'a', secretAccessKey: 'b' });
    const text = (alias: string) =>
      formatEnvelope({ credentials, realm: 'r1', alias, item: 'key' });
    expect(inventory.read('atmos_r1_dev', text('Dev'))).toMatchObject({ isForeign: false });
    expect(inventory.read('atmos_r1_caf\u00e9', text('cafe\u0301'))).toMatchObject({
      isForeign: false,
    });
    expect(inventory.read('atmos_r1_dev', text('ops'))).toMatchObject({
      isForeign: true,
      alias: 'ops',
      said: { realm: 'r1', alias: 'ops', item: 'key' },
    });
  });

  test('only a type that Atmos supports and atmos-auth does not', () => {
    expect(inventory.read('atmos_r1_x', '{"type":"mock","data":{}}')).toMatchObject({
      item: 'key',
      fault: 'its type mock is not supported',
      isOfAtmos: true,
    });
  });
});

describe('the error if an entry that cannot be decrypted certainly belongs to atmos-auth', () => {
  test.each([
    ['atmos_r1_dev', true],
    ['atmos_other_dev', true],
    // The keyring cannot know the owner of this entry, but the realm shows it.
    ['atmos_r1_team/dev', true],
    ['atmos_other_team/dev', false],
    ['atmos_my_secrets/dev/app/token', false],
    ['atmos_secrets/dev/app/TOKEN', false],
    ['atmos/plat/dev/app/KEY', false],
    ['unrelated', false],
  ])('%s: %s', (key, isOwn) => {
    expect(inventory.isCertainlyOwn(key)).toBe(isOwn);
  });
});

describe('an orphan', () => {
  test.each([
    ['atmos_r1_gone', true],
    ['atmos_r1_gone@session', true],
    ['atmos_r1_dev', false],
    ['atmos_r1_cafe\u0301', false],
    ['atmos_r1_corp', false],
    [`atmos_${hash}_gone`, false],
    ['atmos_gone', false],
    ['unrelated', false],
  ])('%s: %s', (key, isOrphan) => {
    expect(inventory.isOrphan(inventory.named(key))).toBe(isOrphan);
    expect(createInventory('r1').isOrphan(inventory.named(key))).toBe(false);
  });
});

test('an entry that was renamed is not an orphan, because logout would not find it', () => {
  const value = formatEnvelope({
    credentials: awsCredentials({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }),
    realm: 'r1',
    alias: 'gone',
    item: 'key',
  });
  expect(inventory.isOrphan(inventory.read('atmos_r1_gone', value))).toBe(true);
  expect(inventory.isOrphan(inventory.read('atmos_r1_renamed', value))).toBe(false);
});

describe('the content is needed to classify an entry', () => {
  test.each([
    ['atmos_r1_dev', true],
    ['atmos_my_secrets/dev/app/token', true],
    ['atmos/plat/dev/app/KEY', false],
    ['unrelated', false],
  ])('%s: %s', (key, mayBeOwn) => {
    expect(inventory.mayBeOwn(key)).toBe(mayBeOwn);
  });
});

describe('expired items', () => {
  const now = new Date('2026-11-22T10:00:00Z');
  const read = (value: string) => inventory.read('atmos_r1_corp', value) as ReadEntry;
  const jwt = (claims: object) =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  const seconds = now.getTime() / 1000;
  const oidc = (claims: object) => JSON.stringify({ type: 'oidc', data: { token: jwt(claims) } });
  const gcp = (token_expiry: string) =>
    JSON.stringify({ type: 'gcp', data: { access_token: 'ya29', token_expiry } });

  test.each([
    ['a token of IAM Identity Center', tokenOfAtmos, true],
    ['a token that expires later', tokenOfAtmos.replace('10:00:00', '10:00:01'), false],
    ['a token with an invalid expiry', tokenOfAtmos.replace('2026-11-22T10:00:00Z', 'soon'), true],
    ['a JWT', oidc({ exp: seconds }), true],
    ['a JWT that expires later', oidc({ exp: seconds + 1 }), false],
    ['a JWT that never expires', oidc({}), false],
    ['a JWT with an expiry that is out of range', oidc({ exp: 1e300 }), false],
    ['a token that is not a JWT', '{"type":"atmos-pro","data":{"token":"opaque"}}', false],
    ['a token of GCP', gcp('2026-11-22T09:59:59.123456789Z'), true],
    ['a token of GCP that never expires', gcp('0001-01-01T00:00:00Z'), false],
  ])('%s', (_, value, expected) => {
    expect(read(value)).toMatchObject({ item: 'token', holds: 'token' });
    expect(hasExpired(read(value), now)).toBe(expected);
  });

  test('an access key is never a token, whatever is missing', () => {
    const partial = '{"type":"aws","data":{"access_key_id":"AKIAIOSFODNN7EXAMPLE"}}';
    expect(read(partial)).toMatchObject({
      item: 'key',
      fault: 'its access key id or secret access key is missing',
    });
  });
});

test('entries are counted by owner, and our own entries by item', () => {
  const keys = ['atmos_r1_dev', 'atmos_r1_dev@session', 'atmos_r1_corp', 'atmos/KEY', 'x', 'y'];
  expect(countEntries(keys.map((key) => inventory.named(key)))).toEqual({
    owners: { 'atmos-auth': 3, 'atmos-store': 1, other: 2 },
    items: { key: 1, session: 1, token: 1 },
  });
});

describe('an entry whose name may belong to an identity or a store', () => {
  const bare = createInventory('r');
  const entries = {
    'atmos_other_team/dev': '{"type":"aws","data":{}}',
    'atmos_team/dev': '{"type":"gcp","data":{}}',
    'atmos_my_secrets/dev/app/token': '"a secret of a store"',
    'atmos_secrets/dev/app/TOKEN': '{"type":"none"}',
  };

  const keyringWithEntries = async () => {
    const keyring = openMemoryKeyring();
    for (const [key, value] of Object.entries(entries)) await keyring.set(key, value);
    return keyring;
  };

  test('is classified by its value', async () => {
    const source = await keyringWithEntries();
    const { keys, left } = await ownKeys(source, bare);
    expect(keys).toEqual(['atmos_other_team/dev', 'atmos_team/dev']);
    expect(left).toEqual([
      { key: 'atmos_my_secrets/dev/app/token', owner: 'atmos-store' },
      { key: 'atmos_secrets/dev/app/TOKEN', owner: 'atmos-store' },
    ]);
  });

  test('is skipped if it is damaged, but a failure of the keyring is an error', async () => {
    const source = await keyringWithEntries();
    const failing = (code: KeyringErrorCode): Keyring => ({
      ...source,
      get: () => Promise.reject(new KeyringError(code, 'it fails')),
    });
    expect((await ownKeys(failing('ERR_KEYRING_DAMAGED'), bare)).keys).toEqual([]);
    for (const code of ['ERR_KEYRING_LOCKED', 'ERR_KEYRING_IO'] as const)
      await expect(ownKeys(failing(code), bare)).rejects.toMatchObject({ code });
  });
});
