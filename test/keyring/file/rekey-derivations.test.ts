import { describe, expect, test } from 'vitest';
import { countDerivations } from '../../support/derivations.ts';
import { errorOf } from '../../support/error-of.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { newPassword, rekey, valuesUnder } from './rekeying.ts';
import { seedKeyring } from './seed.ts';

const entries = { atmos_one: 'the first', atmos_two: 'the second', atmos_three: 'the third' };

describe('rekey derives', () => {
  test('two keys for another password: the current one and the new one', async () => {
    const directory = await seedKeyring(entries);
    const derivations = await countDerivations(async () => {
      await rekey(directory);
    });
    expect(derivations).toBe(2);
    expect(await valuesUnder(directory, newPassword)).toEqual(entries);
  });

  test('two keys for stronger encryption under the same password', async () => {
    const directory = await seedKeyring(entries);
    const derivations = await countDerivations(async () => {
      await rekey(directory, { to: null });
    });
    expect(derivations).toBe(2);
    expect(await valuesUnder(directory, testPassword)).toEqual(entries);
  });

  test('one key to reject the current password as the new one', async () => {
    const directory = await seedKeyring(entries);
    const derivations = await countDerivations(async () => {
      expect(await errorOf(rekey(directory, { to: testPassword }))).toMatchObject({
        code: 'ERR_USAGE',
        message: 'the new password is the same as the current one',
      });
    });
    expect(derivations).toBe(1);
    expect(await valuesUnder(directory, testPassword)).toEqual(entries);
  });
});
