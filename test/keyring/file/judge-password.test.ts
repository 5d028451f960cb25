import { describe, expect, test } from 'vitest';
import { createDerivation } from '../../../src/keyring/file/derivation.ts';
import { judgePassword } from '../../../src/keyring/file/judge-password.ts';
import { isOwnEntry } from '../../../src/keyring/key.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { seedEntries, sealVerifier, writeEntry } from './seed.ts';
import { sealEntry } from './tokens.ts';

const before = 'the password before the rekey';
const after = 'the password after the rekey';

/** Entries with the new password, and some that another program wrote later with the old one. */
async function seedMixed(numberOf: { before: number; after: number }): Promise<string> {
  const directory = await seedEntries({});
  for (const [secret, count] of Object.entries({
    [before]: numberOf.before,
    [after]: numberOf.after,
  })) {
    for (let number = 0; number < count; number++) {
      const key = `atmos_${secret}_${number}`;
      writeEntry(directory, key, await sealEntry({ key, value: 'value' }, secret));
    }
  }
  return directory;
}

const judge = async (directory: string, password: string, verifier?: string) => {
  const derivation = createDerivation(Buffer.from(password));
  return (
    await judgePassword({ directory, host: fakeHost(), isOwn: isOwnEntry }, verifier, derivation)
  ).kind;
};

describe('a password that the verifier refuses', () => {
  test('is wrong if it opens only a few entries, which another program wrote later', async () => {
    const directory = await seedMixed({ before: 2, after: 3 });
    const verifier = await sealVerifier(undefined, after);
    expect(await judge(directory, before, verifier)).toBe('wrong');
    expect(await judge(directory, after, verifier)).toBe('right');
  });

  test('is right if it opens most entries, since the verifier may be older than they', async () => {
    const directory = await seedMixed({ before: 1, after: 2 });
    const verifier = await sealVerifier(undefined, before);
    expect(await judge(directory, after, verifier)).toBe('right');
  });
});

test('without a verifier one entry that opens is enough', async () => {
  const directory = await seedMixed({ before: 1, after: 3 });
  expect(await judge(directory, before)).toBe('right');
});
