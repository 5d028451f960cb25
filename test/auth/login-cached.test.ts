import { describe, expect, test } from 'vitest';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import {
  codes,
  device,
  hours,
  identityAt,
  keys,
  openPlace,
  testStart,
  user,
  type Place,
} from './place.ts';

/** A file keyring that notes which entries are decrypted. */
async function openWatchedPlace() {
  const file = openTestKeyring({ directory: temporaryDirectory(), host: { now: () => testStart } });
  const read: string[] = [];
  const keyring: Keyring = {
    ...file,
    get(key) {
      read.push(key);
      return file.get(key);
    },
  };
  const place = await openPlace({ keyring });
  const identity = identityAt(place);
  await place.manager.saveKeys(identity, keys);
  await place.manager.login(identity);
  read.length = 0;
  return { place, identity, read };
}

describe('a valid session', () => {
  test('is used by a login that reads no other entry', async () => {
    const { place, identity, read } = await openWatchedPlace();
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: false });
    expect(read).toEqual(['atmos_r_dev@session']);
  });

  test('is shown by whoami, which reads no other entry', async () => {
    const { place, identity, read } = await openWatchedPlace();
    expect(await place.manager.whoami(identity)).toMatchObject({ isValid: true });
    expect(read).toEqual(['atmos_r_dev@session']);
  });

  test('is used and shown although the key that opened it was deleted', async () => {
    const { place, identity } = await openWatchedPlace();
    await place.keyring.delete('atmos_r_dev');
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: false });
    expect(await place.manager.whoami(identity)).toMatchObject({ isValid: true });
  });

  test('is shown with the time at which AWS refused the key', async () => {
    const { place, identity, read } = await openWatchedPlace();
    place.server.script({ fail: { code: 'InvalidClientTokenId', message: 'is invalid' } });
    await expect(place.manager.login(identity, { force: true })).rejects.toMatchObject({
      code: 'ERR_AUTH_KEYS_REFUSED',
    });
    read.length = 0;
    const who = await place.manager.whoami(identity);
    expect(who).toMatchObject({ isValid: true, keyRefusedAt: testStart });
    expect(read).toEqual(['atmos_r_dev@session']);
  });
});

describe('the long-lived key is read', () => {
  test('to open a session, and again after the session was stored', async () => {
    const { place, identity, read } = await openWatchedPlace();
    await place.keyring.delete('atmos_r_dev@session');
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: true });
    const runs = read.filter((key, index) => key !== read[index - 1]);
    const [session, key] = ['atmos_r_dev@session', 'atmos_r_dev'];
    expect(runs).toEqual([session, key, session, key]);
    expect(read.filter((one) => one === key)).toHaveLength(2);
  });

  test('by whoami after the session has expired', async () => {
    const { place, identity, read } = await openWatchedPlace();
    place.clock.now = new Date(testStart.getTime() + 12 * hours);
    expect(await place.manager.whoami(identity)).toMatchObject({ isValid: false });
    expect(read).toEqual(['atmos_r_dev@session', 'atmos_r_dev']);
  });
});

describe('a session of version 0.1.0', () => {
  test('is ignored once, with the reason', async () => {
    const { place, identity } = await openWatchedPlace();
    const stored = JSON.parse((await place.keyring.get('atmos_r_dev@session')) ?? '');
    const { chain_settings: _, limits: __, ...old } = stored;
    const text = JSON.stringify({ ...old, chain_fingerprint: 'f'.repeat(64) });
    await place.keyring.set('atmos_r_dev@session', text);
    const reason = 'an earlier version of this program opened the session';
    expect(await place.manager.whoami(identity)).toMatchObject({ isValid: false, reason });
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: true, changed: reason });
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: false });
    expect(
      place.server.calls.filter(({ accessKeyId }) => accessKeyId === user.accessKeyId),
    ).toHaveLength(2);
  });
});

describe('a key that is replaced while a login opens a session', () => {
  const other = { ...keys, secretAccessKey: 'another' };

  async function openLoginThat(meanwhile: (place: Place) => Promise<unknown>) {
    const mfaCode = async () => {
      await meanwhile(place);
      return codes[0];
    };
    const place = await openPlace({ mfaCode });
    const identity = identityAt(place, { credentials: { mfa_arn: device } });
    await place.manager.saveKeys(identity, keys);
    return { place, identity };
  }

  test.each<[string, (place: Place) => Promise<unknown>]>([
    ['replaced', (place) => place.manager.saveKeys(identityAt(place), other)],
    ['removed', (place) => place.keyring.delete('atmos_r_dev')],
  ])('is noticed if it was %s, and the session is not stored', async (_, meanwhile) => {
    const { place, identity } = await openLoginThat(meanwhile);
    const { wasOpened, storeFailure } = await place.manager.login(identity);
    expect(wasOpened).toBe(true);
    expect(storeFailure?.code).toBe('ERR_STORE_CONFLICT');
    expect(storeFailure?.message).toBe(
      'the access key of identity dev was replaced or removed while this session was opened',
    );
    expect(storeFailure?.hints).toEqual(['atmos auth login --identity dev']);
    expect(await place.keyring.get('atmos_r_dev@session')).toBeNull();
  });

  test('does not matter if it was stored again unchanged', async () => {
    const { place, identity } = await openLoginThat((there) =>
      there.manager.saveKeys(identityAt(there), keys),
    );
    expect(await place.manager.login(identity)).not.toHaveProperty('storeFailure');
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: false });
  });

  test('leaves no session if the login ends before the new key is stored', async () => {
    let meanwhile = async () => {};
    const memory = openMemoryKeyring();
    const keyring: Keyring = {
      ...memory,
      async set(key, value) {
        if (key === 'atmos_r_dev') await meanwhile();
        return memory.set(key, value);
      },
    };
    const place = await openPlace({ keyring });
    const identity = identityAt(place);
    await place.manager.saveKeys(identity, keys);
    meanwhile = async () => {
      expect(await place.manager.login(identity)).not.toHaveProperty('storeFailure');
    };
    await place.manager.saveKeys(identity, other);
    expect(await keyring.keys()).toEqual(['atmos_r_dev']);
  });
});
