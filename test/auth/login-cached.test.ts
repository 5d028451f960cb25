import { describe, expect, test } from 'vitest';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { hours, identityAt, keys, openPlace, testStart, user } from './place.ts';

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
  test('once to open a session, after no session was found', async () => {
    const { place, identity, read } = await openWatchedPlace();
    await place.keyring.delete('atmos_r_dev@session');
    expect(await place.manager.login(identity)).toMatchObject({ wasOpened: true });
    expect(read.filter((key) => key === 'atmos_r_dev')).toHaveLength(1);
    expect(read.indexOf('atmos_r_dev@session')).toBeLessThan(read.indexOf('atmos_r_dev'));
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
