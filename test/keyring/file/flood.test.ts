import fs, { chmodSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDerivation } from '../../../src/keyring/file/derivation.ts';
import { listKeys } from '../../../src/keyring/file/directory.ts';
import { examineFiles } from '../../../src/keyring/file/inspect-entries.ts';
import { parseJwe, type KeyParameters } from '../../../src/keyring/file/jwe.ts';
import { ownEntriesOf } from '../../../src/keyring/file/own-entries.ts';
import { rekeyKeyring } from '../../../src/keyring/file/rekey.ts';
import { surveyEntries } from '../../../src/keyring/file/survey.ts';
import { createBounds, openWithin } from '../../../src/keyring/file/torn.ts';
import { countDerivations } from '../../support/derivations.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { createTestContext, openTestKeyring } from '../../support/file-keyring.ts';
import { expectError, rejectionOf } from './rejection.ts';
import { contentsOf, seedEntries, seedKeyring, writeEntry } from './seed.ts';
import { goodHeader, quick, sealEntry, tokenWith } from './tokens.ts';

// Files that another program or a synchronizer has put into the keyring's directory.

const files = 1000;
/** For tests that only need many files. */
const some = 100;
const key = 'atmos_realm_alias';

/** Names that sort before every own entry. */
const floodName = (number: number) => `atmos_0_${String(number).padStart(4, '0')}`;

/** @param of returns the text of each file */
function flood(directory: string, of: (number: number) => string, count = some): void {
  for (let number = 0; number < count; number++)
    writeEntry(directory, floodName(number), of(number));
}

/** Valid as an entry, each with its own salt, so that each needs a derivation. */
const garbage = (number: number, rounds = 1000) =>
  tokenWith({
    ...goodHeader,
    p2c: rounds,
    p2s: Buffer.alloc(16, `${number}-salt`).toString('base64url'),
  });

/** Counts the pauses for incomplete files. */
function countPauses() {
  let pauses = 0;
  const sleep = async (milliseconds: number) => {
    if (milliseconds > 0) pauses++;
  };
  return { sleep, pauses: () => pauses };
}

/** How often files below the directory are opened while `run` runs. */
async function countOpens(directory: string, run: () => Promise<unknown>): Promise<number> {
  const { openSync } = fs;
  let opens = 0;
  const restore = () => {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  fs.openSync = (path, ...rest) => {
    if (String(path).startsWith(join(directory, 'atmos_0_'))) opens++;
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
  await run();
  restore();
  return opens;
}

describe('many malformed files', () => {
  test('are read three times by the first write, with shared pauses and without a derivation', async () => {
    const directory = await seedEntries({});
    flood(directory, (number) => `not an entry ${number}`, files);
    const { sleep, pauses } = countPauses();
    const keyring = openTestKeyring({ directory, host: { sleep } });
    const derivations = await countDerivations(async () => {
      // To check whether the keyring is new, to check the password, and after creating the
      // verifier.
      expect(await countOpens(directory, () => keyring.set(key, 'value'))).toBe(3 * files);
    });
    expect(derivations).toBe(1);
    expect(pauses()).toBeLessThanOrEqual(12);
    expect(await keyring.get(key)).toBe('value');
  });

  test('are not read by a later write', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    flood(directory, () => 'not an entry');
    const { sleep, pauses } = countPauses();
    const keyring = openTestKeyring({ directory, host: { sleep } });
    await keyring.set(key, 'new value');
    const opens = await countOpens(directory, () => keyring.set(key, 'newest value'));
    expect(opens).toBe(0);
    expect(pauses()).toBe(0);
  });

  test('do not allow a shorter password for a new keyring', async () => {
    const directory = await seedEntries({});
    flood(directory, () => 'not an entry', 3);
    const { sleep } = countPauses();
    const keyring = openTestKeyring({ directory, password: 'short', host: { sleep } });
    expect((await rejectionOf(keyring.set(key, 'value'))).code).toBe(
      'ERR_KEYRING_PASSWORD_TOO_SHORT',
    );
  });

  test('cause pauses of half a second in total if they are read one after another', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    flood(directory, () => 'not an entry');
    const { sleep, pauses } = countPauses();
    const keyring = openTestKeyring({ directory, host: { sleep } });
    for (let number = 0; number < some; number++) {
      expect((await rejectionOf(keyring.get(floodName(number)))).code).toBe('ERR_KEYRING_DAMAGED');
    }
    expect(pauses()).toBe(25);
    expect(await keyring.get(key)).toBe('value');
  });

  test('are inspected with four pauses, and each is reported', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    flood(directory, () => 'not an entry');
    const { sleep, pauses } = countPauses();
    const context = createTestContext({ directory, host: { sleep } });
    const findings = await examineFiles(directory, context.host, ownEntriesOf(context));
    expect(findings.filter(({ id }) => id === 'files')).toHaveLength(some);
    expect(pauses()).toBe(4);
  });

  test('prevent a password change immediately, with a short message', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    flood(directory, () => 'not an entry');
    const before = contentsOf(directory);
    const { sleep, pauses } = countPauses();
    const context = createTestContext({ directory, host: { sleep } });
    const newPassword = { ask: async () => 'the new password' };
    const error = await rejectionOf(rekeyKeyring(context, { newPassword }));
    expect(error.code).toBe('ERR_KEYRING_DAMAGED');
    expect(error.message).toMatch(
      /^nothing was changed, because some entries cannot be decrypted: .*; and 95 more$/,
    );
    expect(error.hints.length).toBeLessThanOrEqual(5);
    expect(pauses()).toBe(25);
    expect(contentsOf(directory)).toMatchObject(before);
  });
});

describe('many well-formed files that sort before our own entries', () => {
  test('cause no derivation if a verifier exists, whatever parameters they have', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    flood(directory, (number) => garbage(number, 600_000));
    const derivations = await countDerivations(async () => {
      const keyring = openTestKeyring({ directory });
      expect(await keyring.get(key)).toBe('value');
    });
    expect(derivations).toBe(1);
  });

  test('neither hide our entries nor need a derivation each if no verifier exists', async () => {
    const entries = { [key]: 'value', atmos_realm_other: 'other', atmos_realm_third: 'third' };
    const directory = await seedEntries(entries);
    flood(directory, garbage);
    const keyring = openTestKeyring({ directory });
    const derivations = await countDerivations(async () => {
      await keyring.set(key, 'new value');
    });
    // One for the salt that our entries share, and one for the new salt.
    expect(derivations).toBe(2);
    expect(await openTestKeyring({ directory }).get('atmos_realm_third')).toBe('third');
  });

  test('are reported for a wrong password, after at most 16 derivations', async () => {
    const directory = await seedEntries({ [key]: 'value' });
    flood(directory, garbage, files);
    const before = contentsOf(directory);
    const keyring = openTestKeyring({ directory, password: 'not the password' });
    const derivations = await countDerivations(async () => {
      expectError(
        await rejectionOf(keyring.set(key, 'new value')),
        'ERR_KEYRING_PASSWORD_WRONG',
        `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${directory}; ${files - 15} files were not tried`,
        `ls -l ${directory}`,
      );
    });
    expect(derivations).toBe(16);
    expect(contentsOf(directory)).toEqual(before);
  });

  test('never cause more work than four derivations with our own parameters', async () => {
    const directory = await seedEntries({ [key]: 'value' });
    flood(directory, (number) => garbage(number, 500_000), 20);
    const keyring = openTestKeyring({ directory, password: 'not the password' });
    const derivations = await countDerivations(async () => {
      expect((await rejectionOf(keyring.set(key, 'new value'))).message).toMatch(
        /16 files were not tried$/,
      );
    });
    // One for our entries, which is the cheapest, and four with 5/6 of the work each.
    expect(derivations).toBe(5);
  });
});

test('an unreadable own entry prevents the use of a second password', async () => {
  const directory = await seedEntries({ [key]: 'value' });
  chmodSync(join(directory, key), 0o644);
  const before = contentsOf(directory);
  const keyring = openTestKeyring({ directory, password: 'another password' });
  expectError(
    await rejectionOf(keyring.set('atmos_realm_other', 'value')),
    'ERR_KEYRING_PERMISSIONS',
    `the entry ${join(directory, key)} is open to other users (mode 0644)`,
  );
  expect(contentsOf(directory)).toEqual(before);
});

test('a file of another program that cannot be read does not keep a keyring from being created', async () => {
  const directory = await seedEntries({});
  writeFileSync(join(directory, 'README'), 'what this is');
  chmodSync(join(directory, 'README'), 0o644);
  const keyring = openTestKeyring({ directory });
  await keyring.set(key, 'value');
  expect(await keyring.get(key)).toBe('value');
});

describe('surveyEntries', () => {
  test('reads an incomplete file again only if it changed', async () => {
    const directory = await seedEntries({});
    const token = await sealEntry({ key, value: 'value' });
    writeEntry(directory, key, token.slice(0, 100));
    flood(directory, () => 'not an entry', 10);
    let pauses = 0;
    const sleep = async () => {
      if (++pauses === 2) writeEntry(directory, key, token);
    };
    const { host } = createTestContext({ directory, host: { sleep } });
    const opens = await countOpens(directory, async () => {
      const { candidates, faults } = await surveyEntries(
        { directory, host },
        listKeys(directory, host),
      );
      expect(candidates).toMatchObject([{ path: join(directory, key), parameters: quick }]);
      expect([...faults.keys()]).toEqual(Array.from({ length: 10 }, (_, at) => floodName(at)));
    });
    expect(opens).toBe(10);
    expect(pauses).toBe(4);
  });

  test('ends at the first candidate that is enough', async () => {
    const directory = await seedKeyring({ [key]: 'value' });
    flood(directory, garbage);
    const { host } = createTestContext({ directory });
    const opens = await countOpens(directory, () =>
      surveyEntries({ directory, host }, listKeys(directory, host), () => true),
    );
    expect(opens).toBe(1);
  });
});

describe('many entries that cannot be decrypted', () => {
  const token = (number: number, rounds: number) => {
    const parsed = parseJwe(garbage(number, rounds));
    if ('fault' in parsed) throw new Error(parsed.fault);
    return parsed;
  };

  /** A password with free derivations, and the parameters of all derivations. */
  function openPassword() {
    const real = createDerivation(Buffer.from('correct horse'));
    const derived: KeyParameters[] = [];
    return {
      derived,
      derivation: {
        ...real,
        isDerived: () => false,
        wrappingKey: async (parameters: KeyParameters) => {
          derived.push(parameters);
          return Buffer.alloc(32);
        },
      },
    };
  }

  test('cause at most 8 derivations of full strength a minute', async () => {
    let nowMs = 0;
    const host = fakeHost({ monotonicMs: () => nowMs });
    const bounds = createBounds(host);
    const { derivation, derived } = openPassword();
    const outcomes = [];
    for (let number = 0; number < 20; number++) {
      outcomes.push(await openWithin(bounds, token(number, 600_000), [derivation]));
    }
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(12);
    expect(derived).toHaveLength(8);
    nowMs = 61_000;
    expect(await openWithin(bounds, token(0, 600_000), [derivation])).toEqual({ failed: 'key' });
  });

  test('are all tried if they are as weak as those of Atmos', async () => {
    const bounds = createBounds(fakeHost());
    const { derivation } = openPassword();
    for (let number = 0; number < 500; number++) {
      expect(await openWithin(bounds, token(number, 8192), [derivation])).toEqual({
        failed: 'key',
      });
    }
  });
});

test('a second write does not list the directory again', async () => {
  const directory = await seedKeyring({ [key]: 'value' });
  const keyring = openTestKeyring({ directory });
  await keyring.set(key, 'first value');
  const { readdirSync } = fs;
  const restore = () => {
    fs.readdirSync = readdirSync;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  const listed: string[] = [];
  const spy = (path: fs.PathLike, ...rest: never[]) => {
    listed.push(String(path));
    return readdirSync(path, ...rest);
  };
  fs.readdirSync = Object.assign(spy, readdirSync);
  syncBuiltinESMExports();
  for (const value of ['second', 'third']) await keyring.set(key, value);
  restore();
  // Only leftover temporary files are searched.
  expect(new Set(listed)).toEqual(new Set([join(directory, '.state', 'temporary')]));
});
