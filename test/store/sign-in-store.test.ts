import { describe, expect, test } from 'vitest';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { createSignInStore } from '../../src/store/sign-in-store.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost, testStart } from '../support/fake-host.ts';

const token = {
  type: 'sign-in',
  principal: 'arn:aws:iam::123456789012:user/ada',
  endpoint: 'https://eu-west-1.signin.aws.amazon.com/',
  expiresAt: new Date('2026-01-01T12:00:00Z'),
} as const;
const notes = { renewal: { refresh_token: 'r', dpop_key: 'k' }, clockOffsetMs: 5 };

function open(realm = 'r', keyring = openMemoryKeyring()) {
  return {
    keyring,
    store: createSignInStore({ keyring, realm, otherOwners: [], host: fakeHost() }),
  };
}

describe('a sign-in', () => {
  test('is read as it was written, under a name of its own', async () => {
    const { store, keyring } = open();
    await store.write('Ada', token, notes);
    expect(await keyring.keys()).toEqual(['atmos_r_ada@token']);
    expect(JSON.parse((await keyring.get('atmos_r_ada@token')) ?? '')).toEqual({
      type: 'sign-in',
      data: {
        principal: token.principal,
        endpoint: token.endpoint,
        expiration: '2026-01-01T12:00:00Z',
      },
      realm: 'r',
      alias: 'Ada',
      item: 'token',
      saved_at: testStart.toISOString(),
      clock_offset_ms: 5,
      renewal: notes.renewal,
    });
    expect(await store.read('ada')).toMatchObject({ credentials: token, ...notes });
  });

  test('is absent if the entry belongs to another identity, and an error if it is damaged', async () => {
    const { store, keyring } = open();
    expect(await store.read('ada')).toBeNull();
    await keyring.set('atmos_r_ada@token', 'damaged');
    expect(await errorOf(store.read('ada'))).toMatchObject({
      code: 'ERR_STORE_INVALID',
      message: 'the entry atmos_r_ada@token cannot be used: it is not a JSON object',
    });
    await store.write('bob', token, notes);
    await keyring.set('atmos_r_ada@token', (await keyring.get('atmos_r_bob@token')) ?? '');
    expect(await store.read('ada')).toBeNull();
  });

  test('does not replace that of another realm with the same name', async () => {
    const { store, keyring } = open('r_s');
    await store.write('ada', token, notes);
    const other = open('r', keyring).store;
    expect(await errorOf(other.write('s_ada', token, notes))).toMatchObject({
      code: 'ERR_KEYRING_FOREIGN',
    });
    expect(await other.read('s_ada')).toBeNull();
  });
});
