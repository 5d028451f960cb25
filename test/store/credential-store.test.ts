import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../src/core/credentials.ts';
import { KeyringError } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { createCredentialStore } from '../../src/store/credential-store.ts';
import type { Owner } from '../../src/store/key.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const savedAt = new Date('2026-01-31T12:00:00.123Z');
const keys = awsCredentials({
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  mfaArn: 'arn:aws:iam::012345678901:mfa/ada',
  sessionDuration: '12h',
});
const session = awsCredentials({
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanarySession',
  sessionToken: 'CanaryToken',
  expiresAt: new Date('2026-01-01T12:00:00Z'),
});
const ofAtmos = JSON.stringify({
  type: 'aws',
  data: { access_key_id: 'AKIAOFATMOS', secret_access_key: 'x' },
});
const separate = 'set auth.realm to a name of its own, so that no two identities share an entry';

function open(realm: string, keyring: Keyring = openMemoryKeyring(), otherOwners: Owner[] = []) {
  return {
    keyring,
    store: createCredentialStore({
      keyring,
      realm,
      otherOwners,
      host: fakeHost({ now: () => savedAt }),
    }),
  };
}

async function entriesOf(keyring: Keyring): Promise<[string, string | null][]> {
  const names = await keyring.keys();
  return Promise.all(names.map(async (name) => [name, await keyring.get(name)]));
}

/** Expects that every operation is refused with its error and changes nothing. */
async function expectRefusal(
  keyring: Keyring,
  operation: () => Promise<unknown>,
  code: string,
  message: string,
  hints: string[] = [separate],
): Promise<void> {
  const before = await entriesOf(keyring);
  const error = await errorOf(operation());
  expect({ code: error.code, message: error.message, hints: error.hints }).toEqual({
    code,
    message,
    hints,
  });
  expect(await entriesOf(keyring)).toEqual(before);
}

describe('an item', () => {
  test('is returned with its owner and the time when it was stored', async () => {
    const { store, keyring } = open('r');
    await store.write('Dev', 'key', keys);
    expect(await store.read('Dev', 'key')).toEqual({
      credentials: keys,
      realm: 'r',
      alias: 'Dev',
      item: 'key',
      savedAt,
    });
    expect(await keyring.keys()).toEqual(['atmos_r_dev']);
  });

  test('is returned with its notes', async () => {
    const { store } = open('r');
    const notes = { chainFingerprint: 'f00d', clockOffsetMs: 1200 };
    await store.write('dev', 'session', session, notes);
    expect(await store.read('dev', 'session')).toMatchObject(notes);
  });

  test('is found in any case of its name', async () => {
    const { store } = open('r');
    await store.write('Dev', 'key', keys);
    expect(await store.read('dEV', 'key')).toMatchObject({ alias: 'Dev' });
    await store.write('DEV', 'key', keys);
    expect(await store.remove('dev', 'key')).toBe(true);
  });

  test('that does not exist is null and cannot be removed', async () => {
    const { store } = open('r');
    expect(await store.read('dev', 'key')).toBeNull();
    expect(await store.remove('dev', 'key')).toBe(false);
  });

  test('of one realm is not found in another realm', async () => {
    const { store, keyring } = open('r');
    await store.write('dev', 'key', keys);
    const other = open('s', keyring).store;
    expect(await other.read('dev', 'key')).toBeNull();
    expect(await other.remove('dev', 'key')).toBe(false);
    expect(await store.read('dev', 'key')).not.toBeNull();
  });

  test('is separate from other items of its identity: a session never overwrites a key', async () => {
    const { store, keyring } = open('r');
    await store.write('dev', 'key', keys);
    const before = await keyring.get('atmos_r_dev');
    await store.write('dev', 'session', session);
    await store.write('dev', 'token', session);
    expect(await keyring.get('atmos_r_dev')).toBe(before);
    expect(await store.remove('dev', 'session')).toBe(true);
    expect(await keyring.keys()).toEqual(['atmos_r_dev', 'atmos_r_dev@token']);
    expect(await keyring.get('atmos_r_dev')).toBe(before);
  });

  test('that the keyring changed is an error', async () => {
    const keyring = openMemoryKeyring();
    const lossy = { ...keyring, set: (key: string) => keyring.set(key, 'something else') };
    const error = await errorOf(open('r', lossy).store.write('dev', 'key', keys));
    expect(error.code).toBe('ERR_KEYRING_IO');
    expect(error.message).toBe(
      'the entry atmos_r_dev does not contain the value that was stored in it',
    );
    expect(error.hints).toEqual(['atmos auth keyring status']);
  });
});

describe('two pairs of realm and alias with the same key', () => {
  const message =
    'the entry atmos_a_b_c is the key of identity b_c of realm a, not the key of identity c of realm a_b';

  test.each<[string, (store: ReturnType<typeof open>['store']) => Promise<unknown>]>([
    ['read', (store) => store.read('c', 'key')],
    ['write', (store) => store.write('c', 'key', keys)],
    ['remove', (store) => store.remove('c', 'key')],
  ])('do not %s the entry of the other', async (_, operate) => {
    const { store, keyring } = open('a');
    await store.write('b_c', 'key', keys);
    const other = open('a_b', keyring).store;
    await expectRefusal(keyring, () => operate(other), 'ERR_KEYRING_FOREIGN', message);
    expect(await store.read('b_c', 'key')).toMatchObject({ credentials: keys });
  });

  test.each(['read', 'remove'] as const)(
    'do not %s the entry of the other if it is damaged',
    async (operation) => {
      const { store, keyring } = open('a_b');
      const foreign = { type: 'gcp', data: {}, realm: 'a', alias: 'b_c', item: 'key' };
      await keyring.set('atmos_a_b_c', JSON.stringify(foreign));
      await expectRefusal(
        keyring,
        () => store[operation]('c', 'key'),
        'ERR_KEYRING_FOREIGN',
        message,
      );
    },
  );

  test('do not overwrite the entry of the other if it is damaged', async () => {
    const { store, keyring } = open('a_b');
    const foreign = { type: 'gcp', data: {}, realm: 'a', alias: 'b_c', item: 'key' };
    await keyring.set('atmos_a_b_c', JSON.stringify(foreign));
    const write = () => store.write('c', 'key', keys);
    await expectRefusal(keyring, write, 'ERR_KEYRING_FOREIGN', message);
  });
});

describe('an entry that Atmos wrote', () => {
  test('is accepted although it does not state its owner', async () => {
    const { store, keyring } = open('a', openMemoryKeyring(), [{ realm: 'other', alias: 'x' }]);
    await keyring.set('atmos_a_b_c', ofAtmos);
    expect(await store.read('b_c', 'key')).toMatchObject({
      credentials: { accessKeyId: 'AKIAOFATMOS' },
    });
    expect(await store.remove('b_c', 'key')).toBe(true);
  });

  test('states its owner after we have written it', async () => {
    const { store, keyring } = open('a');
    await keyring.set('atmos_a_b_c', ofAtmos);
    await store.write('b_c', 'key', keys);
    expect(await store.read('b_c', 'key')).toMatchObject({ realm: 'a', alias: 'b_c', item: 'key' });
  });

  test.each(['read', 'write', 'remove'] as const)(
    'cannot be used to %s if another configured owner has the same key',
    async (operation) => {
      const { store, keyring } = open('a', openMemoryKeyring(), [{ realm: 'a_b', alias: 'C' }]);
      await keyring.set('atmos_a_b_c', ofAtmos);
      await expectRefusal(
        keyring,
        () =>
          operation === 'write' ? store.write('b_c', 'key', keys) : store[operation]('b_c', 'key'),
        'ERR_KEYRING_FOREIGN',
        'the entry atmos_a_b_c does not say whether it is the key of identity b_c of realm a or that of identity C of realm a_b',
      );
    },
  );

  test('is accepted if it states this owner', async () => {
    const { store } = open('a', openMemoryKeyring(), [{ realm: 'a_b', alias: 'c' }]);
    await store.write('b_c', 'key', keys);
    expect(await store.read('b_c', 'key')).toMatchObject({ realm: 'a' });
  });
});

describe('an entry under a wrong name', () => {
  test('is refused: a session under the name of a key', async () => {
    const { store, keyring } = open('r');
    await store.write('dev', 'session', session);
    await keyring.set('atmos_r_dev', (await keyring.get('atmos_r_dev@session')) ?? '');
    const message =
      'the entry atmos_r_dev is the session of identity dev of realm r, not the key of identity dev of realm r';
    for (const operate of [
      () => store.read('dev', 'key'),
      () => store.write('dev', 'key', keys),
      () => store.remove('dev', 'key'),
    ]) {
      await expectRefusal(keyring, operate, 'ERR_KEYRING_FOREIGN', message);
    }
  });

  test('is refused: the key of another identity', async () => {
    const { store, keyring } = open('r');
    await store.write('admin', 'key', keys);
    await keyring.set('atmos_r_dev', (await keyring.get('atmos_r_admin')) ?? '');
    await expectRefusal(
      keyring,
      () => store.read('dev', 'key'),
      'ERR_KEYRING_FOREIGN',
      'the entry atmos_r_dev is the key of identity admin of realm r, not the key of identity dev of realm r',
    );
  });

  test('is refused by the file keyring before it is decrypted', async () => {
    const directory = temporaryDirectory();
    const keyring = openTestKeyring({ directory });
    const { store } = open('r', keyring);
    await store.write('admin', 'key', keys);
    copyFileSync(join(directory, 'atmos_r_admin'), join(directory, 'atmos_r_dev'));
    const before = readFileSync(join(directory, 'atmos_r_dev'));
    for (const operate of [
      () => store.read('dev', 'key'),
      () => store.write('dev', 'key', keys),
      () => store.remove('dev', 'key'),
    ]) {
      const error = await errorOf(operate());
      expect(error.code).toBe('ERR_KEYRING_FOREIGN');
      expect(error.message).toContain('contains the entry "atmos_r_admin"');
    }
    expect(readFileSync(join(directory, 'atmos_r_dev'))).toEqual(before);
    await keyring.close();
  });
});

describe('an invalid entry', () => {
  test.each<[string, string, string]>([
    ['text', 'CanarySecret', 'it is not a JSON object'],
    ['another type', '{"type":"gcp","data":{}}', 'its type gcp is not supported'],
    ['no secret', '{"type":"aws","data":{}}', 'its access key id or secret access key is missing'],
    ['an invalid owner', '{"type":"aws","data":{},"realm":7}', 'its realm is damaged'],
  ])('is an error: %s; it can be removed', async (_, text, fault) => {
    const { store, keyring } = open('r');
    await keyring.set('atmos_r_dev', text);
    await expectRefusal(
      keyring,
      () => store.read('dev', 'key'),
      'ERR_STORE_INVALID',
      `the entry atmos_r_dev cannot be used: ${fault}`,
      ['to remove it: atmos auth logout dev --keychain'],
    );
    expect(await store.remove('dev', 'key')).toBe(true);
    expect(await keyring.keys()).toEqual([]);
  });

  test('can be overwritten', async () => {
    const { store, keyring } = open('r');
    await keyring.set('atmos_r_dev', 'text');
    await store.write('dev', 'key', keys);
    expect(await store.read('dev', 'key')).toMatchObject({ credentials: keys });
  });

  test('does not affect the key if it is the session', async () => {
    const { store, keyring } = open('r');
    await keyring.set('atmos_r_dev@session', 'text');
    const error = await errorOf(store.read('dev', 'session'));
    expect(error.code).toBe('ERR_STORE_INVALID');
    expect(error.hints).toEqual(['to remove it: atmos auth logout dev']);
  });

  test('has a hint with the quoted name for removing it', async () => {
    const { store, keyring } = open('r');
    await keyring.set('atmos_r_a;id', 'text');
    const error = await errorOf(store.read('a;id', 'key'));
    expect(error.hints).toEqual(["to remove it: atmos auth logout 'a;id' --keychain"]);
  });

  test('is removed even if its file is damaged', async () => {
    const directory = temporaryDirectory();
    const keyring = openTestKeyring({ directory });
    const { store } = open('r', keyring);
    await store.write('dev', 'key', keys);
    writeFileSync(join(directory, 'atmos_r_dev'), 'not a JWE');
    expect((await errorOf(store.read('dev', 'key'))).code).toBe('ERR_KEYRING_DAMAGED');
    expect((await errorOf(store.write('dev', 'key', keys))).code).toBe('ERR_KEYRING_DAMAGED');
    expect(await store.remove('dev', 'key')).toBe(true);
    expect(await keyring.keys()).toEqual([]);
    await keyring.close();
  });
});

describe('a failed read', () => {
  test('is never reported as a missing entry, whatever the reason', async () => {
    const keyring = openMemoryKeyring();
    const locked = new KeyringError('ERR_KEYRING_LOCKED', 'the keyring is locked');
    const { store } = open('r', { ...keyring, get: () => Promise.reject(locked) });
    expect(await errorOf(store.read('dev', 'key'))).toBe(locked);
    expect(await errorOf(store.write('dev', 'key', keys))).toBe(locked);
    expect(await errorOf(store.remove('dev', 'key'))).toBe(locked);
    expect(await keyring.keys()).toEqual([]);
  });

  test('changes nothing: a wrong password', async () => {
    const directory = temporaryDirectory();
    const first = openTestKeyring({ directory });
    await open('r', first).store.write('dev', 'key', keys);
    const before = readFileSync(join(directory, 'atmos_r_dev'));

    const second = openTestKeyring({ directory, password: 'another password' });
    const { store } = open('r', second);
    for (const operate of [
      () => store.read('dev', 'key'),
      () => store.write('dev', 'key', keys),
      () => store.remove('dev', 'key'),
      () => store.write('new', 'key', keys),
    ]) {
      expect((await errorOf(operate())).code).toBe('ERR_KEYRING_PASSWORD_WRONG');
    }
    expect(await second.keys()).toEqual(['atmos_r_dev']);
    expect(readFileSync(join(directory, 'atmos_r_dev'))).toEqual(before);
    await Promise.all([first.close(), second.close()]);
  });
});
