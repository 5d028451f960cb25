import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyringContext } from '../../../src/app/keyring-context.ts';
import { openFileKeyring } from '../../../src/keyring/file/backend.ts';
import { fileInspector } from '../../../src/keyring/file/inspect.ts';
import { rekeyKeyring } from '../../../src/keyring/file/rekey.ts';
import { createTestContext, testPassword } from '../../support/file-keyring.ts';
import { rejectionOf } from './rejection.ts';
import { filesUnder, newPassword } from './rekeying.ts';
import { contentsOf, seedEntries, seedKeyring, writeEntry } from './seed.ts';
import { sealEntry } from './tokens.ts';

// A name with a slash is our own in a known realm, and a store's otherwise.
const own = 'atmos_r1_team/dev';
const ofStore = 'atmos_secrets/dev/app/TOKEN';

function contextIn(directory: string, password = testPassword) {
  const context = createTestContext({ directory, password });
  const realm = { value: 'r1', source: 'auth.realm' };
  const keyring = { type: context.type, spec: {} };
  return { ...context, ...keyringContext({ realm, keyring }, context.host) };
}

function rekey(directory: string) {
  return rekeyKeyring(contextIn(directory), { newPassword: { ask: async () => newPassword } });
}

describe('an own entry with a slash in its name', () => {
  test('prevents the use of a second password, also without a verifier', async () => {
    const directory = await seedKeyring({ [own]: 'value' });
    renameSync(join(directory, '.state'), `${directory}-state`);
    const wrong = openFileKeyring(contextIn(directory, 'a second password'));
    expect(await rejectionOf(wrong.set('atmos_r1_ops', 'value'))).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_WRONG',
      message: `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${directory}`,
    });
    const right = openFileKeyring(contextIn(directory));
    await right.set('atmos_r1_ops', 'value');
    expect(await right.get(own)).toBe('value');
  });

  test('prevents a password change if it cannot be decrypted', async () => {
    const directory = await seedKeyring({ atmos_r1_dev: 'value' });
    writeEntry(directory, own, await sealEntry({ key: own, value: 'value' }, 'another password'));
    const before = contentsOf(directory);
    const path = join(directory, 'atmos_r1_team%2Fdev');
    expect(await rejectionOf(rekey(directory))).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: `nothing was changed, because some entries cannot be decrypted: the entry ${path} is damaged: it was changed, or encrypted with another password`,
    });
    expect(contentsOf(directory)).toMatchObject(
      Object.fromEntries(Object.entries(before).filter(([name]) => name.includes('atmos_'))),
    );
  });

  test('is counted and inspected as an own entry', async () => {
    const directory = await seedEntries({ [own]: 'value', [ofStore]: '"secret"' });
    const context = contextIn(directory);
    expect(fileInspector.describe(context)).toMatchObject({ isMade: true, entries: 2 });
    const findings = await fileInspector.examine(context);
    expect(findings.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        '1 entries: each is readable only by you and has a valid format',
        'entries of other programs in the same directory: 1',
      ]),
    );
  });
});

describe("a store's entry whose name begins like an own one", () => {
  test('is not used to check the password', async () => {
    const directory = await seedEntries({});
    writeEntry(directory, ofStore, await sealEntry({ key: ofStore, value: '"s"' }, 'of the store'));
    const keyring = openFileKeyring(contextIn(directory));
    await keyring.set('atmos_r1_dev', 'value');
    expect(await rejectionOf(keyring.get(ofStore))).toMatchObject({
      code: 'ERR_KEYRING_FOREIGN',
      hints: [],
    });
    expect(await rekey(directory)).toMatchObject({
      outcome: 'changed',
      unreadable: ['atmos_secrets%2Fdev%2Fapp%2FTOKEN'],
    });
    expect(await filesUnder(directory, 'of the store')).toEqual([
      'atmos_secrets%2Fdev%2Fapp%2FTOKEN',
    ]);
  });
});
