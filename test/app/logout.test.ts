import { describe, expect, test } from 'vitest';
import { identityAt, keys, openPlace } from '../auth/place.ts';
import { errorOf } from '../support/error-of.ts';

const sessions = { includeKeys: false, isDryRun: false };
const all = { includeKeys: true, isDryRun: false };

const session = (identity: string) => ({
  key: `atmos_r_${identity.toLowerCase()}@session`,
  realm: 'r',
  identity,
  item: 'session',
});
const token = (identity: string) => ({
  key: `atmos_r_${identity}@token`,
  realm: 'r',
  identity,
  item: 'token',
});
const key = (identity: string) => ({
  key: `atmos_r_${identity}`,
  realm: 'r',
  identity,
  item: 'key',
});

/** Keys and sessions of dev and ops, a token of the provider sso, and entries of other programs. */
async function openFull(keyring: 'memory' | 'file' = 'memory') {
  const place = await openPlace({ keyring });
  for (const name of ['dev', 'ops']) {
    await place.manager.saveKeys(identityAt(place, { name }), keys);
    await place.manager.login(identityAt(place, { name }));
  }
  await place.context.store.write('sso', 'token', keys);
  await place.keyring.set('atmos_other_dev@session', 'of another realm');
  await place.keyring.set('unrelated', 'of somebody else');
  return place;
}

const others = ['atmos_other_dev@session', 'unrelated'];

describe.each(['memory', 'file'] as const)('a logout, on the keyring %s', (keyring) => {
  test('removes and lists the session and keeps the key', async () => {
    const place = await openFull(keyring);
    const before = await place.keyring.get('atmos_r_dev');
    expect((await place.manager.logout(['dev'], sessions)).removed).toEqual([session('dev')]);
    expect(await place.keyring.keys()).toEqual(
      [...others, 'atmos_r_dev', 'atmos_r_ops', 'atmos_r_ops@session', 'atmos_r_sso@token'].sort(),
    );
    expect(await place.keyring.get('atmos_r_dev')).toBe(before);
  });

  test('removes only the named entries, including keys', async () => {
    const place = await openFull(keyring);
    expect((await place.manager.logout(['dev', 'ops', 'sso'], all)).removed).toEqual([
      session('dev'),
      key('dev'),
      session('ops'),
      key('ops'),
      token('sso'),
    ]);
    expect(await place.keyring.keys()).toEqual(others);
    expect(await place.keyring.get('unrelated')).toBe('of somebody else');
  });
});

describe('a logout', () => {
  test.each([
    ['sessions', false, [session('dev')]],
    ['keys as well', true, [session('dev'), key('dev')]],
  ])('lists in a dry run what it would remove: %s', async (_, includeKeys, listed) => {
    const place = await openFull();
    const before = await place.keyring.keys();
    expect((await place.manager.logout(['dev'], { includeKeys, isDryRun: true })).removed).toEqual(
      listed,
    );
    expect(await place.keyring.keys()).toEqual(before);
  });

  test('finds entries in any case of the name', async () => {
    const place = await openFull();
    expect((await place.manager.logout(['DEV'], sessions)).removed).toEqual([session('DEV')]);
  });

  test('removes nothing the second time or for an unknown name', async () => {
    const place = await openFull();
    await place.manager.logout(['dev'], sessions);
    expect((await place.manager.logout(['dev', 'nobody'], sessions)).removed).toEqual([]);
    expect((await place.manager.logout([], all)).removed).toEqual([]);
  });

  test('sends no request to AWS', async () => {
    const place = await openFull();
    const calls = place.server.calls.length;
    await place.manager.logout(['dev', 'ops', 'sso'], all);
    expect(place.server.calls).toHaveLength(calls);
  });

  test('removes invalid entries', async () => {
    const place = await openFull();
    await place.keyring.set('atmos_r_dev@session', 'text');
    expect((await place.manager.logout(['dev'], sessions)).removed).toEqual([session('dev')]);
    expect(await place.keyring.keys()).not.toContain('atmos_r_dev@session');
  });

  test('keeps and reports an entry of another identity, and removes the rest', async () => {
    const place = await openFull();
    const foreign = (await place.keyring.get('atmos_r_ops@session')) ?? '';
    await place.keyring.set('atmos_r_dev@session', foreign);
    const { removed, failures } = await place.manager.logout(['dev', 'ops'], sessions);
    expect(removed).toEqual([session('ops')]);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_KEYRING_FOREIGN']);
    expect(failures[0]?.message).toBe(
      'the entry atmos_r_dev@session is the session of identity ops of realm r, not the session of identity dev of realm r',
    );
    expect(await place.keyring.get('atmos_r_dev@session')).toBe(foreign);
  });

  test('is followed by a login that opens a session', async () => {
    const place = await openFull();
    await place.manager.logout(['dev'], sessions);
    expect((await place.manager.login(identityAt(place))).wasOpened).toBe(true);
  });

  test('with keys is followed by a login that fails without keys', async () => {
    const place = await openFull();
    await place.manager.logout(['dev'], all);
    const error = await errorOf(place.manager.login(identityAt(place)));
    expect(error.code).toBe('ERR_AUTH_KEYS_MISSING');
  });
});
