import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { KeyringReader } from '../../../../src/keyring/contract.ts';
import { openNamedCollection } from '../../../../src/keyring/system/linux/named-collection.ts';
import { errorOf } from '../../../support/error-of.ts';
import { peer } from '../../../support/peers.ts';
import { openGnomeKeyring } from '../../../support/secret-service/gnome-keyring.mjs';
import { makeCollection } from '../../../support/secret-service/make-collection.ts';
import type { SecretService } from '../../../support/secret-service/types.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';
import { createTestContext } from './open-keyring.ts';

// The collection of aws-vault, written by the library that aws-vault uses: test/interop/go.
const go = peer('go')?.path ?? '';
const hasPeers = go !== '' && peer('gnome-keyring') !== undefined;
const name = 'awsvault';

describe.skipIf(!hasPeers)('a collection that Go wrote', () => {
  let service: SecretService;
  beforeAll(async () => {
    service = await openGnomeKeyring();
    await makeCollection(service.env, name);
    runGo(['set', 'work'], 'the key of work');
    runGo(['set', 'a name/with ünicode'], 'another key');
  });
  afterAll(() => service.close());

  function runGo(args: string[], input = ''): string {
    const env = { ...service.env, INTEROP_COLLECTION: name };
    const { status, stdout, stderr } = spawnSync(go, args, { env, input, encoding: 'utf8' });
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
    return stdout;
  }

  async function open(collection = name): Promise<KeyringReader | undefined> {
    const context = createTestContext({ env: service.env });
    const opened = await openNamedCollection(context, collection);
    onTestFinished(() => opened?.close());
    return opened;
  }

  test('is listed and read, and does not change', async () => {
    const collection = await open();
    expect(collection?.info.location).toBe('Secret Service, collection awsvault');
    expect(await collection?.keys()).toEqual(['a name/with ünicode', 'work']);
    expect(await collection?.get('work')).toBe('the key of work');
    expect(await collection?.get('a name/with ünicode')).toBe('another key');
    expect(await collection?.get('absent')).toBeNull();
    expect(runGo(['get', 'work'])).toBe('the key of work');
    expect(JSON.parse(runGo(['list']))).toHaveLength(2);
  });

  test('is missing under another name', async () => {
    expect(await open('other')).toBeUndefined();
  });
});

test.skipIf(!hasPeers)('a locked collection without a prompter is an error', async () => {
  const home = temporaryDirectory();
  const before = await openGnomeKeyring({ home });
  await makeCollection(before.env, name);
  await before.close();
  const service = await openGnomeKeyring({ home });
  onTestFinished(() => service.close());
  const collection = await openNamedCollection(createTestContext({ env: service.env }), name);
  onTestFinished(() => collection?.close());
  const reading = collection?.keys() ?? Promise.resolve([]);
  expect(await errorOf(reading)).toMatchObject({
    code: 'ERR_KEYRING_LOCKED',
    message:
      'cannot read from the system keyring: its collection awsvault is locked (type system from default)',
  });
});

test('without a bus the Secret Service is unavailable', async () => {
  const error = await errorOf(openNamedCollection(createTestContext({ env: {} }), name));
  expect(error.code).toBe('ERR_KEYRING_UNAVAILABLE');
});
