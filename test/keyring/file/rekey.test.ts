import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAtmosError } from '../../../src/core/errors.ts';
import { realHost } from '../../../src/host/real.ts';
import type { Keyring } from '../../../src/keyring/contract.ts';
import { digest } from '../../../src/keyring/digest.ts';
import { formatItem } from '../../../src/keyring/file/entry.ts';
import { isStrong, parseJwe, sealJwe } from '../../../src/keyring/file/jwe.ts';
import { formatCommit } from '../../../src/keyring/file/rekey-journal.ts';
import { finishCommit } from '../../../src/keyring/file/rekey-recover.ts';
import { lockState, statePaths } from '../../../src/keyring/file/state.ts';
import { encodeKey } from '../../../src/keyring/key.ts';
import { hostileKeys } from '../../contract/hostile.ts';
import { openTestKeyring, testPassword } from '../../support/file-keyring.ts';
import { canMount, mountTmpfs } from '../../support/mount.ts';
import { asStranger, isRoot, strangerId } from '../../support/privilege.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf } from './rejection.ts';
import { filesUnder, newPassword, rekey, valuesUnder } from './rekeying.ts';
import { contentsOf, seedEntries, seedKeyring, writeEntry } from './seed.ts';
import { quick, sealEntry, wrappingKey } from './tokens.ts';

const entries = {
  atmos_one: 'the first',
  'atmos_two%2': 'the second',
  atmos_three: 'x'.repeat(5000),
};
const wrong = Object.fromEntries(
  Object.keys(entries).map((key) => [key, 'ERR_KEYRING_PASSWORD_WRONG']),
);
const sorted = (record: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/**
 * A copy of the directory as it is right after the `nth` such step, as a killed process leaves it.
 */
async function killedAfter(step: string, nth = 1, directory?: string): Promise<string> {
  const original = directory ?? (await seedKeyring(entries));
  const copy = join(temporaryDirectory(), 'keyring');
  let seen = 0;
  await rekey(original, {
    onStep(reached) {
      if (reached === step && ++seen === nth)
        cpSync(original, copy, { recursive: true, preserveTimestamps: true });
    },
  });
  expect(existsSync(copy)).toBe(true);
  return copy;
}

const isDecided = (directory: string) => existsSync(statePaths(directory).commit);

describe('a new password', () => {
  test('opens every entry, and the old one opens none', async () => {
    const directory = await seedKeyring(entries);
    expect(await rekey(directory)).toEqual({
      outcome: 'changed',
      entries: 3,
      rewritten: 3,
      weakOthers: 0,
      unreadable: [],
      left: [],
    });
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
    expect(await valuesUnder(directory, testPassword)).toEqual(sorted(wrong));
    expect(await filesUnder(directory, testPassword)).toEqual([]);
    expect(readdirSync(statePaths(directory).root).toSorted()).toEqual([
      'lock',
      'temporary',
      'verifier',
      'version',
    ]);
  });

  test('has one new salt for all entries and the strongest parameters', async () => {
    const directory = await seedKeyring(entries);
    await rekey(directory);
    const tokens = ['atmos_one', 'atmos_two%252', 'atmos_three', '.state/verifier'].map((name) => {
      const token = parseJwe(readFileSync(join(directory, name), 'latin1'));
      return 'fault' in token ? expect.fail(token.fault) : token.parameters;
    });
    expect(tokens.every(isStrong)).toBe(true);
    expect(new Set(tokens.map(({ salt }) => salt.toString('hex'))).size).toBe(1);
    expect(tokens[0]?.salt.equals(quick.salt)).toBe(false);
  });

  test('opens entries with any name', async () => {
    const keys = hostileKeys.filter((key) => key !== '__proto__');
    const hostile = Object.fromEntries(keys.map((key) => [key, `of ${key}`]));
    const directory = await seedKeyring(hostile);
    expect(await rekey(directory)).toMatchObject({ rewritten: keys.length, left: [] });
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(hostile));
  });

  test('is needed for every later write', async () => {
    const directory = await seedKeyring(entries);
    const before = openTestKeyring({ directory });
    expect(await before.get('atmos_one')).toBe('the first');
    await rekey(directory);
    expectError(
      await rejectionOf(before.set('atmos_one', 'under the old one')),
      'ERR_KEYRING_PASSWORD_WRONG',
      `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${directory}`,
    );
    expect((await rejectionOf(before.get('atmos_one'))).code).toBe('ERR_KEYRING_PASSWORD_WRONG');
    await openTestKeyring({ directory, password: newPassword }).set('four', 'the fourth');
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });

  test('keeps the decrypted bytes, also in entries of other tools', async () => {
    const directory = await seedKeyring();
    const item = { Key: 'theirs', Data: null, Label: 'a label', Description: 'ours has none' };
    const plaintext = Buffer.from(JSON.stringify(item));
    writeEntry(directory, 'theirs', sealJwe(plaintext, quick, await wrappingKey(quick)));
    await rekey(directory);
    const token = parseJwe(readFileSync(join(directory, 'theirs'), 'latin1'));
    if ('fault' in token) expect.fail(token.fault);
    const { openJwe } = await import('../../../src/keyring/file/jwe.ts');
    const opened = openJwe(token, await wrappingKey(token.parameters, newPassword));
    expect('plaintext' in opened && opened.plaintext.toString()).toBe(JSON.stringify(item));
  });

  test('is set for entries whose file names belong to no entry name', async () => {
    const directory = await seedKeyring(entries);
    for (const name of ['.hidden', 'a%2fb', '%zz', 'x'.repeat(250)]) {
      writeFileSync(join(directory, name), await sealEntry({ key: name, value: 'v' }), {
        mode: 0o600,
      });
    }
    writeFileSync(join(directory, '.DS_Store'), 'no token');
    mkdirSync(join(directory, 'lost+found'));
    expect(await rekey(directory)).toMatchObject({ entries: 7, rewritten: 7 });
    expect(await filesUnder(directory, testPassword)).toEqual([]);
    expect(await filesUnder(directory, newPassword)).toHaveLength(8);
    expect(readFileSync(join(directory, '.DS_Store'), 'utf8')).toBe('no token');
  });

  test('keeps a renamed entry as it is', async () => {
    const directory = await seedKeyring(entries);
    renameSync(join(directory, 'atmos_one'), join(directory, 'swapped'));
    await rekey(directory);
    expect((await valuesUnder(directory, newPassword))['swapped']).toBe('ERR_KEYRING_FOREIGN');
  });

  test('creates `.state` in a keyring of Go', async () => {
    const directory = await seedEntries(entries);
    await rekey(directory);
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
    expect(readFileSync(statePaths(directory).version, 'utf8')).toBe('1\n');
    expect(await filesUnder(directory, newPassword)).toContain('.state/verifier');
  });

  test('is given to a keyring without entries', async () => {
    const directory = await seedKeyring();
    expect(await rekey(directory)).toMatchObject({ outcome: 'changed', entries: 0 });
    await openTestKeyring({ directory, password: newPassword }).set('atmos_one', 'value');
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });

  test('creates no keyring', async () => {
    const directory = join(temporaryDirectory(), 'none');
    expect(await rekey(directory)).toMatchObject({ outcome: 'none' });
    mkdirSync(directory, { mode: 0o700 });
    expect(await rekey(directory)).toMatchObject({ outcome: 'none' });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('reports progress for each entry', async () => {
    const directory = await seedKeyring(entries);
    const told: string[] = [];
    await rekey(directory, { onProgress: (done, total) => told.push(`${done}/${total}`) });
    expect(told.filter((text) => text.endsWith('/3'))).toEqual(['1/3', '2/3', '3/3']);
  });
});

describe('rekey fails and changes nothing for', () => {
  async function expectUnchanged(directory: string, run: () => Promise<unknown>) {
    const before = contentsOf(directory);
    const error: unknown = await run().then(
      () => expect.fail('it was not refused'),
      (reason: unknown) => reason,
    );
    const after = contentsOf(directory);
    // The lock may have created the state directory.
    expect({ ...after, [statePaths(directory).version]: '' }).toEqual({
      ...before,
      [statePaths(directory).version]: '',
    });
    expect(existsSync(statePaths(directory).next)).toBe(false);
    if (!isAtmosError(error)) throw error;
    return error;
  }

  test('the wrong current password', async () => {
    const directory = await seedKeyring(entries);
    const error = await expectUnchanged(directory, () => rekey(directory, { from: 'no idea' }));
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_WRONG',
      message: `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${directory}`,
    });
  });

  test('the current password as the new one', async () => {
    const directory = await seedKeyring(entries);
    const error = await expectUnchanged(directory, () => rekey(directory, { to: testPassword }));
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: 'the new password is the same as the current one',
      hints: [
        'to keep the password and use stronger encryption: atmos auth keyring rekey --upgrade',
      ],
    });
  });

  test.each([
    [
      '1234567',
      'ERR_KEYRING_PASSWORD_TOO_SHORT',
      'the new password has 7 bytes, and at least 8 are needed',
    ],
    ['', 'ERR_KEYRING_PASSWORD_REQUIRED', 'the new password is empty'],
  ])('%j as the new password', async (to, code, message) => {
    const directory = await seedKeyring(entries);
    const error = await expectUnchanged(directory, () => rekey(directory, { to }));
    expect(error).toMatchObject({ code, message });
  });

  const spoiled: readonly [string, (directory: string) => Promise<void> | void, string, RegExp][] =
    [
      [
        'an entry under another password',
        async (directory) =>
          writeEntry(
            directory,
            'atmos_odd',
            await sealEntry({ key: 'atmos_odd', value: 'v' }, 'another one'),
          ),
        'ERR_KEYRING_DAMAGED',
        /atmos_odd is damaged: it was changed, or encrypted with another password$/,
      ],
      [
        'an entry that is damaged',
        (directory) => truncateSync(join(directory, 'atmos_three'), 1000),
        'ERR_KEYRING_DAMAGED',
        /atmos_three is damaged: /,
      ],
      [
        'an entry that others may read',
        (directory) => chmodSync(join(directory, 'atmos_one'), 0o644),
        'ERR_KEYRING_PERMISSIONS',
        /atmos_one is open to other users \(mode 0644\)$/,
      ],
      [
        'a link in the place of an entry',
        (directory) => symlinkSync('atmos_one', join(directory, 'atmos_link')),
        'ERR_KEYRING_PERMISSIONS',
        /atmos_link is a symbolic link$/,
      ],
    ];
  test.each(spoiled)('%s, which the error names', async (_, spoil, code, message) => {
    const directory = await seedKeyring(entries);
    await spoil(directory);
    for (const run of [
      () => rekey(directory),
      () => rekey(directory, { isDryRun: true }),
      () => rekey(directory, { to: null }),
    ]) {
      const error = await expectUnchanged(directory, run);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(
        /^nothing was changed, because some entries cannot be decrypted: /,
      );
      expect(error.message).toMatch(message);
      expect(error.hints).not.toEqual([]);
    }
  });

  test('several entries that cannot be decrypted, which one error names', async () => {
    const directory = await seedKeyring(entries);
    truncateSync(join(directory, 'atmos_three'), 1000);
    chmodSync(join(directory, 'atmos_one'), 0o644);
    const { message, hints } = await expectUnchanged(directory, () => rekey(directory));
    expect(message).toContain(join(directory, 'atmos_three'));
    expect(message).toContain(join(directory, 'atmos_one'));
    expect(hints).toContain(`chmod 600 ${join(directory, 'atmos_one')}`);
  });

  test('a signal between two entries', async () => {
    const directory = await seedKeyring(entries);
    const leaving = new AbortController();
    const onStep = (step: string) => {
      if (step === 'entry staged') leaving.abort();
    };
    const error = await expectUnchanged(directory, () =>
      rekey(directory, { signal: leaving.signal, onStep }),
    );
    expect(error).toMatchObject({
      code: 'ERR_CANCELLED',
      message: `canceled: the keyring ${directory} was not changed and keeps its old password`,
    });
  });

  test('a keyring that another process is changing', async () => {
    const directory = await seedKeyring(entries);
    const lock = await lockState(statePaths(directory), 'shared', realHost());
    let clockMs = 0;
    const sleep = async (milliseconds: number) => void (clockMs += milliseconds);
    const error = await expectUnchanged(directory, () =>
      rekey(directory, { host: { monotonicMs: () => clockMs, sleep } }),
    );
    lock.release();
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_BUSY',
      hints: [`ps -p ${process.pid} -o pid,etime,args`],
    });
  });

  test('the second of two concurrent password changes', async () => {
    const directory = await seedKeyring(entries);
    const outcomes = await Promise.allSettled(
      ['the one password', 'the other password'].map((to) => rekey(directory, { to })),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      code: 'ERR_KEYRING_BUSY',
      message: `the password of the keyring ${directory} was changed by another process at the same time`,
    });
    const winner = outcomes[0]?.status === 'fulfilled' ? 'the one password' : 'the other password';
    expect(await valuesUnder(directory, winner)).toEqual(sorted(entries));
  });

  test('an entry that another tool keeps writing', async () => {
    const directory = await seedKeyring(entries);
    let number = 0;
    const tokens = await Promise.all(
      ['a', 'b'].map((value) => sealEntry({ key: 'atmos_one', value })),
    );
    const onStep = (step: string) => {
      if (step === 'entries staged')
        writeFileSync(join(directory, 'atmos_one'), tokens[number++ % 2] ?? '');
    };
    const error = await rejectionOf(rekey(directory, { onStep }));
    expectError(
      error,
      'ERR_KEYRING_BUSY',
      `nothing was changed, because another program keeps writing ${join(directory, 'atmos_one')}`,
      'stop the program that writes there (Atmos, aws-vault), then run the command again',
    );
    expect(existsSync(statePaths(directory).next)).toBe(false);
    expect(await valuesUnder(directory, testPassword)).toMatchObject({
      'atmos_two%2': 'the second',
    });
  });
});

describe('a dry run', () => {
  test('decrypts every entry, does not prompt for a new password and changes nothing', async () => {
    const directory = await seedKeyring(entries);
    const before = contentsOf(directory);
    const result = await rekey(directory, { isDryRun: true, to: 'never read' });
    expect(result).toMatchObject({ outcome: 'changed', entries: 3, rewritten: 3, unreadable: [] });
    expect(contentsOf(directory)).toEqual(before);
  });
});

describe('--upgrade', () => {
  test('re-encrypts weaker entries with the same password', async () => {
    const directory = await seedKeyring(entries);
    const options = { to: null };
    expect(await rekey(directory, { ...options, isDryRun: true })).toMatchObject({ rewritten: 3 });
    expect(await rekey(directory, options)).toMatchObject({ outcome: 'changed', rewritten: 3 });
    expect(await valuesUnder(directory, testPassword)).toEqual(sorted(entries));

    const before = contentsOf(directory);
    expect(await rekey(directory, options)).toMatchObject({
      outcome: 'none',
      entries: 3,
      rewritten: 0,
    });
    expect(contentsOf(directory)).toEqual(before);

    const generation = readFileSync(statePaths(directory).verifier, 'latin1');
    writeEntry(directory, 'atmos_weak', await sealEntry({ key: 'atmos_weak', value: 'of Go' }));
    expect(await rekey(directory, options)).toMatchObject({ entries: 4, rewritten: 1 });
    expect(await valuesUnder(directory, testPassword)).toEqual(
      sorted({ ...entries, atmos_weak: 'of Go' }),
    );
    const token = parseJwe(readFileSync(join(directory, 'atmos_weak'), 'latin1'));
    expect('parameters' in token && isStrong(token.parameters)).toBe(true);
    // Other entries and the generation do not change, so that the keyring stays unlocked.
    expect(readFileSync(statePaths(directory).verifier, 'latin1')).toBe(generation);
    expect(readFileSync(join(directory, 'atmos_one'), 'latin1')).toBe(
      before[join(directory, 'atmos_one')],
    );
  });

  test('fails with a wrong password', async () => {
    const directory = await seedKeyring(entries);
    const error = await rejectionOf(rekey(directory, { from: 'no idea', to: null }));
    expect(error.code).toBe('ERR_KEYRING_PASSWORD_WRONG');
  });
});

describe('interrupted before the commit', () => {
  test.each([
    ['next made', 1],
    ['verifier staged', 1],
    ['entry staged', 2],
    ['entries staged', 1],
  ])(
    'after "%s" (%i): the old password opens everything, and the next write removes leftover files',
    async (step, nth) => {
      const directory = await killedAfter(step, nth);
      expect(isDecided(directory)).toBe(false);
      expect(await valuesUnder(directory, newPassword)).toEqual(sorted(wrong));
      expect(await valuesUnder(directory, testPassword)).toEqual(sorted(entries));
      await openTestKeyring({ directory }).set('four', 'the fourth');
      expect(existsSync(statePaths(directory).next)).toBe(false);
      expect(await rekey(directory)).toMatchObject({ outcome: 'changed', rewritten: 4 });
      expect(await filesUnder(directory, testPassword)).toEqual([]);
    },
  );
});

describe('interrupted after the commit', () => {
  const steps: readonly [string, number][] = [
    ['renamed', 2],
    ['entry replaced', 1],
    ['entry replaced', 3],
    ['entries synced', 1],
    ['verifier replaced', 1],
    ['verifier synced', 1],
    ['commit removed', 1],
  ];

  test.each(steps)(
    'after "%s" (%i): only the new password opens, in every operation that follows',
    async (step, nth) => {
      const copy = () => killedAfter(step, nth);
      for (const finish of [
        async (directory: string) =>
          void (await openTestKeyring({ directory, password: newPassword }).get('atmos_one')),
        async (directory: string) =>
          openTestKeyring({ directory, password: newPassword }).set('atmos_one', 'the first'),
        async (directory: string) =>
          void (await openTestKeyring({ directory, password: null }).delete('atmos_two%2')),
        async (directory: string) =>
          void (await rejectionOf(openTestKeyring({ directory }).get('atmos_one'))),
        async (directory: string) =>
          void (await rejectionOf(openTestKeyring({ directory }).set('atmos_one', 'x'))),
        async (directory: string) => void (await rekey(directory)),
        async (directory: string) =>
          void (await rekey(directory, { to: null, from: 'needs none' }).catch(() => {})),
      ]) {
        const directory = await copy();
        await finish(directory);
        expect(isDecided(directory)).toBe(false);
        expect(await valuesUnder(directory, newPassword)).toMatchObject({
          atmos_one: 'the first',
          atmos_three: entries.atmos_three,
        });
        expect(
          await filesUnder(directory, testPassword).then((names) =>
            names.filter((name) => !name.startsWith('.state/next')),
          ),
        ).toEqual([]);
      }
    },
  );

  test('a probe and a listing do not complete it', async () => {
    const directory = await killedAfter('entry replaced');
    const before = contentsOf(directory);
    for (const password of [testPassword, newPassword, null]) {
      const keyring = openTestKeyring({ directory, password });
      expect(await keyring.probe()).toEqual({
        state: 'locked',
        reason: 'a change of its password was interrupted; the next read or write completes it',
      });
      expect(await keyring.keys()).toEqual(Object.keys(entries).toSorted());
    }
    expect(await rekey(directory, { isDryRun: true })).toMatchObject({ outcome: 'finished' });
    expect(contentsOf(directory)).toEqual(before);
  });

  test('a second run completes it, and a third run has nothing to do', async () => {
    const directory = await killedAfter('entry replaced');
    expect(await rekey(directory)).toMatchObject({ outcome: 'finished' });
    expect(await rekey(directory)).toMatchObject({ outcome: 'none', entries: 3, rewritten: 0 });
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
  });

  test('the completion may be interrupted as well', async () => {
    let directory = await killedAfter('entry replaced');
    for (const step of [
      'entry replaced',
      'entries synced',
      'verifier replaced',
      'verifier synced',
    ]) {
      const copy = join(temporaryDirectory(), 'keyring');
      await rekey(directory, {
        onStep(reached) {
          if (reached === step && !existsSync(copy)) cpSync(directory, copy, { recursive: true });
        },
      });
      directory = copy;
    }
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
  });
});

test.each(['next/replaced', 'next/entries', 'next', ''])(
  'a committed re-encryption behind the link .state/%s moves no file of the user',
  async (link) => {
    const [directory, home] = [temporaryDirectory(), temporaryDirectory()];
    const privateKey = join(home, 'id_ed25519');
    writeFileSync(privateKey, 'a private key', { mode: 0o600 });
    const decoy = join(directory, 'id_ed25519');
    writeFileSync(decoy, 'a decoy', { mode: 0o600 });
    const commit = formatCommit({
      verifier: digest('no verifier'),
      entries: [{ name: 'id_ed25519', from: digest('a private key'), to: digest('a decoy') }],
    });
    const linked = join(directory, '.state', link);
    mkdirSync(dirname(linked), { recursive: true, mode: 0o700 });
    symlinkSync(home, linked);
    const { commit: place } = statePaths(directory);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    writeFileSync(place, commit, { mode: 0o600 });

    for (const use of [
      (keyring: Keyring) => keyring.get('atmos_one'),
      (keyring: Keyring) => keyring.set('atmos_one', 'x'),
      (keyring: Keyring) => keyring.delete('id_ed25519'),
    ]) {
      expectError(
        await rejectionOf(use(openTestKeyring({ directory }))),
        'ERR_KEYRING_PERMISSIONS',
        `${linked.replace(/\/$/, '')} is not a private directory of yours`,
      );
    }
    expect(() => finishCommit({ directory, host: realHost(), onStep() {} })).toThrow(
      'is not a private directory of yours',
    );
    expect(readFileSync(privateKey, 'utf8')).toBe('a private key');
    expect(readFileSync(decoy, 'utf8')).toBe('a decoy');
  },
);

describe('a concurrent tool without a lock', () => {
  const theirs = 'written by Go meanwhile';
  const writeTheirs = async (key = 'atmos_one', secret = testPassword) =>
    sealEntry({ key, value: theirs }, secret);

  /** Go overwrites the file instead of replacing it. */
  function atStep(directory: string, wanted: string, write: () => void, nth = 1) {
    let seen = 0;
    return rekey(directory, {
      onStep(step) {
        if (step === wanted && ++seen === nth) write();
      },
    });
  }

  test.each([
    'entry staged',
    'entries staged',
    'temporary synced',
    'renamed',
    'entry replaced',
    'entries synced',
    'verifier synced',
    'commit removed',
    'next removed',
  ])('that writes with the old password at "%s" gets its entry re-encrypted', async (step) => {
    const directory = await seedKeyring(entries);
    const text = await writeTheirs('atmos_two%2');
    // The second writeAtomically is the commit's; the first writes the version.
    const nth = step === 'temporary synced' || step === 'renamed' ? 2 : 1;
    const result = await atStep(
      directory,
      step,
      () => writeEntry(directory, 'atmos_two%2', text),
      nth,
    );
    expect(result).toMatchObject({ outcome: 'changed', left: [] });
    expect(await valuesUnder(directory, newPassword)).toEqual(
      sorted({ ...entries, 'atmos_two%2': theirs }),
    );
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });

  test('that writes into a file while it is replaced loses nothing', async () => {
    const directory = await seedKeyring(entries);
    const text = await writeTheirs();
    const { openSync, ftruncateSync, writeSync, closeSync } = await import('node:fs');
    const descriptor = openSync(join(directory, 'atmos_one'), 'r+');
    await atStep(
      directory,
      'entry replaced',
      () => {
        ftruncateSync(descriptor);
        writeSync(descriptor, text, 0);
        closeSync(descriptor);
      },
      3,
    );
    expect((await valuesUnder(directory, newPassword))['atmos_one']).toBe(theirs);
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });

  test('that writes a new entry gets it re-encrypted', async () => {
    const directory = await seedKeyring(entries);
    const text = await writeTheirs('new');
    await atStep(directory, 'entries synced', () => writeEntry(directory, 'new', text));
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted({ ...entries, new: theirs }));
  });

  test.each(['entry staged', 'entries staged', 'temporary synced'])(
    'that deletes an entry at "%s" gets it deleted',
    async (step) => {
      const directory = await seedKeyring(entries);
      const result = await atStep(directory, step, () =>
        rmSync(join(directory, 'atmos_one'), { force: true }),
      );
      expect(result).toMatchObject({ entries: 2 });
      expect(await valuesUnder(directory, newPassword)).not.toHaveProperty('atmos_one');
    },
  );

  test('that writes with a third password after the commit keeps its entry, which is reported', async () => {
    const directory = await seedKeyring(entries);
    const text = await writeTheirs('atmos_one', 'a third one');
    const result = await atStep(directory, 'entries synced', () =>
      writeEntry(directory, 'atmos_one', text),
    );
    expect(result.left).toEqual(['atmos_one']);
    expect(readFileSync(join(directory, 'atmos_one'), 'latin1')).toBe(text);
  });

  test('that writes after the commit of a killed rekey keeps its entry, which a second run re-encrypts', async () => {
    const original = await seedKeyring(entries);
    const directory = await killedAfter('entry replaced', 1, original);
    const text = await writeTheirs('atmos_two%2');
    writeEntry(directory, 'atmos_two%2', text);
    // The completion needs no password and loses no entry of the tool.
    expect(await openTestKeyring({ directory, password: newPassword }).get('atmos_one')).toBe(
      'the first',
    );
    expect(readFileSync(join(directory, 'atmos_two%252'), 'latin1')).toBe(text);
    const error = await rejectionOf(
      openTestKeyring({ directory, password: newPassword }).get('atmos_two%2'),
    );
    expect(error.code).toBe('ERR_KEYRING_DAMAGED');
    expect(await rekey(directory)).toMatchObject({ outcome: 'changed', left: [] });
    expect(await valuesUnder(directory, newPassword)).toEqual(
      sorted({ ...entries, 'atmos_two%2': theirs }),
    );
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });

  test('that writes much later gets its entry re-encrypted by a second run with both passwords', async () => {
    const directory = await seedKeyring(entries);
    await rekey(directory);
    const parameters = { ...quick, salt: randomBytes(16) };
    const item = formatItem({ key: 'late', value: theirs });
    writeEntry(directory, 'late', sealJwe(item, parameters, await wrappingKey(parameters)));
    expect(await rekey(directory)).toMatchObject({ outcome: 'changed', left: [] });
    expect((await valuesUnder(directory, newPassword))['late']).toBe(theirs);
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });
});

describe('a changed state directory', () => {
  test('of an unknown version makes every operation fail, before and after the commit', async () => {
    for (const step of ['entry staged', 'entry replaced']) {
      const directory = await killedAfter(step);
      const paths = statePaths(directory);
      writeFileSync(paths.version, '7\n');
      const before = contentsOf(directory);
      for (const run of [
        () => rekey(directory),
        () => openTestKeyring({ directory, password: newPassword }).get('atmos_one'),
      ]) {
        expectError(
          await rejectionOf(run()),
          'ERR_KEYRING_VERSION',
          `the keyring ${paths.root} has version 7; this atmos-auth supports version 1`,
          'npm install --global atmos-auth@latest',
        );
      }
      expect(contentsOf(directory)).toEqual(before);
    }
  });

  test('with a commit of an unknown version is not changed', async () => {
    const directory = await killedAfter('entry replaced');
    const { commit } = statePaths(directory);
    writeFileSync(commit, '{"version":3}');
    const before = contentsOf(directory);
    for (const password of [testPassword, newPassword]) {
      expectError(
        await rejectionOf(openTestKeyring({ directory, password }).get('atmos_one')),
        'ERR_KEYRING_VERSION',
        `${commit} has version 3; this atmos-auth supports version 2`,
        'npm install --global atmos-auth@latest',
      );
    }
    expect(contentsOf(directory)).toEqual(before);
  });

  test.each([
    ['empty', ''],
    ['no JSON', '{"version":1,"verif'],
    ['a list', '[]'],
    ['without entries', '{"version":1,"verifier":"x"}'],
    [
      'with a path',
      JSON.stringify({
        version: 1,
        verifier: '0'.repeat(64),
        entries: [{ name: '../out', from: '0'.repeat(64), to: '0'.repeat(64) }],
      }),
    ],
  ])(
    'with a commit that is %s makes every operation fail, and the hints fix it',
    async (_, text) => {
      const directory = await killedAfter('entry replaced');
      const paths = statePaths(directory);
      writeFileSync(paths.commit, text);
      const before = contentsOf(directory);
      for (const run of [
        () => rekey(directory),
        () => openTestKeyring({ directory, password: newPassword }).get('atmos_one'),
        () => openTestKeyring({ directory }).set('atmos_one', 'value'),
        () => openTestKeyring({ directory }).delete('atmos_one'),
      ]) {
        const error = await rejectionOf(run());
        expectError(
          error,
          'ERR_KEYRING_DAMAGED',
          `a password change was interrupted, and its progress file ${paths.commit} is damaged`,
        );
        expect(error.hints).toEqual([
          `to cancel the change: each entry keeps the old or the new password: mv ${paths.next} ~/`,
          'then to set the new password for all entries: atmos auth keyring rekey',
        ]);
      }
      expect(contentsOf(directory)).toEqual(before);
      renameSync(paths.next, join(dirname(directory), 'next'));
      await rekey(directory);
      expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
      expect(await filesUnder(directory, testPassword)).toEqual([]);
    },
  );

  test.each(['entry staged', 'renamed', 'entry replaced', 'verifier synced'])(
    'that is lost after "%s" is completed with both passwords',
    async (step) => {
      const directory = await killedAfter(step, step === 'renamed' ? 2 : 1);
      rmSync(statePaths(directory).root, { recursive: true });
      await rekey(directory);
      expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
      expect(await filesUnder(directory, testPassword)).toEqual([]);
    },
  );

  test('from before the change lets only the new password read and write', async () => {
    const directory = await seedKeyring(entries);
    const { root, verifier } = statePaths(directory);
    const old = join(temporaryDirectory(), 'state');
    cpSync(root, old, { recursive: true });
    await rekey(directory);
    rmSync(root, { recursive: true });
    cpSync(old, root, { recursive: true });

    expectError(
      await rejectionOf(openTestKeyring({ directory }).set('four', 'value')),
      'ERR_KEYRING_DAMAGED',
      `the password opens ${verifier} but none of the entries: the file or the entries were restored from a backup`,
    );
    expect(new Set(Object.values(await valuesUnder(directory, testPassword)))).toEqual(
      new Set(['ERR_KEYRING_DAMAGED']),
    );
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
    await openTestKeyring({ directory, password: newPassword }).set('four', 'value');
    expect(await filesUnder(directory, testPassword)).toEqual(['.state/verifier']);
    await rekey(directory);
    expect(await filesUnder(directory, testPassword)).toEqual([]);
    expect(await valuesUnder(directory, newPassword)).toEqual(
      sorted({ ...entries, four: 'value' }),
    );
  });

  test('that is copied partly, without the commit, is ignored', async () => {
    const directory = await killedAfter('entry replaced');
    unlinkSync(statePaths(directory).commit);
    await rekey(directory);
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });

  test.each<[string, (directory: string) => void]>([
    [
      'a new entry',
      (directory) => unlinkSync(join(statePaths(directory).nextEntries, encodeKey('atmos_two%2'))),
    ],
    [
      'half of a new entry',
      (directory) =>
        truncateSync(join(statePaths(directory).nextEntries, encodeKey('atmos_two%2')), 100),
    ],
    [
      'all new entries',
      (directory) => rmSync(statePaths(directory).nextEntries, { recursive: true }),
    ],
  ])('that is copied partly, with the commit but without %s, loses no entry', async (_, spoil) => {
    const directory = await killedAfter('renamed', 2);
    spoil(directory);
    const keyring = openTestKeyring({
      directory,
      password: newPassword,
      host: { sleep: async () => {} },
    });
    expectError(
      await rejectionOf(keyring.get('atmos_two%2')),
      'ERR_KEYRING_DAMAGED',
      `the entry ${join(directory, 'atmos_two%252')} is damaged: it was changed, or encrypted with another password`,
    );
    expect(isDecided(directory)).toBe(false);
    await rekey(directory);
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
  });

  test('that is copied partly, without the new verifier, lets the entries decide on the password', async () => {
    const directory = await killedAfter('renamed', 2);
    unlinkSync(statePaths(directory).nextVerifier);
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
    expect(await valuesUnder(directory, testPassword)).toEqual(sorted(wrong));
    await openTestKeyring({ directory, password: newPassword }).set('four', 'value');
    expect(await filesUnder(directory, testPassword)).toEqual([]);
  });
});

describe('a rekey without write access', () => {
  test.runIf(canMount())(
    'changes nothing if the disk is full while entries are staged',
    async () => {
      const directory = join(mountTmpfs('size=256k'), 'keyring');
      cpSync(await seedKeyring({ ...entries, large: 'x'.repeat(60_000) }), directory, {
        recursive: true,
      });
      const before = contentsOf(directory);
      expectError(
        await rejectionOf(rekey(directory)),
        'ERR_KEYRING_IO',
        /: no space left on the device$/,
      );
      expect(contentsOf(directory)).toEqual(before);
      expect(existsSync(statePaths(directory).next)).toBe(false);
    },
  );

  test.runIf(canMount())('is completed if the disk is full after the commit', async () => {
    const root = mountTmpfs('size=512k');
    const directory = join(root, 'keyring');
    cpSync(await seedKeyring(entries), directory, { recursive: true });
    let seen = 0;
    await rekey(directory, {
      onStep(step) {
        if (step !== 'renamed' || ++seen !== 2) return;
        try {
          writeFileSync(join(root, 'filler'), Buffer.alloc(1024 * 1024));
        } catch {
          return;
        }
      },
    }).catch((error: Error) =>
      expect(error.message).toContain('was changed, but some work is left'),
    );
    expect(await valuesUnder(directory, newPassword)).toEqual(sorted(entries));
  });

  test.runIf(canMount())('fails on a read-only file system', async () => {
    const { execFileSync } = await import('node:child_process');
    const root = mountTmpfs('size=512k');
    const directory = join(root, 'keyring');
    cpSync(await seedKeyring(entries), directory, { recursive: true });
    execFileSync('mount', ['-o', 'remount,ro', root]);
    expectError(
      await rejectionOf(rekey(directory)),
      'ERR_KEYRING_IO',
      /: the file system is read-only$/,
    );
    expect(await valuesUnder(directory, testPassword)).toEqual(sorted(entries));
  });

  test('fails in a directory that may not be written', async () => {
    const directory = await seedKeyring(entries);
    const attempt = async () => {
      chmodSync(directory, 0o500);
      chmodSync(statePaths(directory).root, 0o500);
      try {
        const host = isRoot ? { host: { userId: strangerId } } : {};
        return await rejectionOf(rekey(directory, host));
      } finally {
        chmodSync(directory, 0o700);
        chmodSync(statePaths(directory).root, 0o700);
      }
    };
    if (isRoot) {
      const { execFileSync } = await import('node:child_process');
      execFileSync('chown', ['-R', `${strangerId}`, dirname(directory)]);
    }
    const error = isRoot ? await asStranger(attempt) : await attempt();
    expectError(error, 'ERR_KEYRING_PERMISSIONS', /: permission denied( \(.+\))?$/);
  });

  test.each([
    'locked',
    'next made',
    'entry staged',
    'entries staged',
    'renamed',
    'entry replaced',
    'verifier synced',
  ])('fails if the directory vanishes at "%s", and is intact when it returns', async (gone) => {
    const directory = await seedKeyring(entries);
    const away = `${directory} away`;
    let seen = 0;
    const nth = gone === 'renamed' ? 2 : 1;
    const error = await rejectionOf(
      rekey(directory, {
        onStep(step) {
          if (step === gone && ++seen === nth) renameSync(directory, away);
        },
      }),
    );
    expect(['ERR_KEYRING_IO', 'ERR_KEYRING_BUSY']).toContain(error.code);
    rmSync(directory, { recursive: true, force: true });
    renameSync(away, directory);
    const decided = isDecided(directory) || gone === 'verifier synced';
    const password = decided ? newPassword : testPassword;
    expect(await valuesUnder(directory, password)).toEqual(sorted(entries));
  });
});

test('no error and no file contains a password', async () => {
  const directory = await killedAfter('entry replaced');
  const all = Object.values(contentsOf(directory)).join('\n');
  for (const secret of [testPassword, newPassword]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ])
      expect(all).not.toContain(form);
  }
});
