import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realHost } from '../../../src/host/real.ts';
import { fileStarter } from '../../../src/keyring/file/agent-backend.ts';
import { createDerivation } from '../../../src/keyring/file/derivation.ts';
import { listEntries } from '../../../src/keyring/file/directory.ts';
import { formatItem } from '../../../src/keyring/file/entry.ts';
import { fileInspector } from '../../../src/keyring/file/inspect.ts';
import { isStrong, parseJwe, sealJwe, type KeyParameters } from '../../../src/keyring/file/jwe.ts';
import { ownEntriesOf } from '../../../src/keyring/file/own-entries.ts';
import { stageEntries } from '../../../src/keyring/file/rekey-stage.ts';
import { createTestContext, openTestKeyring, testPassword } from '../../support/file-keyring.ts';
import {
  copyKeychainDirectory,
  keychainKeys,
  keychainPassword,
  longName,
} from './other-entries.ts';
import { expectError, rejectionOf } from './rejection.ts';
import { filesUnder, newPassword, rekey, valuesUnder } from './rekeying.ts';
import { contentsOf, seedEntries, seedKeyring, writeEntry } from './seed.ts';
import { quick, sealEntry, wrappingKey } from './tokens.ts';

const storePassword = 'the password of the store';
const storeKey = 'atmos/dev/app/TOKEN';
/** The parameters of Atmos. */
const weak: KeyParameters = {
  algorithm: 'PBES2-HS256+A128KW',
  rounds: 8192,
  salt: Buffer.alloc(12, 'go'),
};

async function writeWeak(directory: string, key: string, secret: string, salt = weak.salt) {
  const parameters = { ...weak, salt };
  const item = formatItem({ key, value: `"value of ${key}"` });
  writeEntry(directory, key, sealJwe(item, parameters, await wrappingKey(parameters, secret)));
}

function parametersOf(directory: string, name: string): KeyParameters {
  const token = parseJwe(readFileSync(join(directory, name), 'latin1'));
  return 'fault' in token ? expect.fail(token.fault) : token.parameters;
}

const storeFile = 'atmos%2Fdev%2Fapp%2FTOKEN';

describe.each([
  ['the same password', testPassword],
  ['another password', storePassword],
])('beside an entry of a store with %s', (_, secret) => {
  async function openBeside(
    entries: Record<string, string>,
    seed: (entries: Record<string, string>) => Promise<string> = seedKeyring,
  ) {
    const directory = await seed(entries);
    await writeWeak(directory, storeKey, secret);
    await writeWeak(directory, 'atmos_secrets/dev/TOKEN', secret);
    return { directory, before: readFileSync(join(directory, storeFile), 'latin1') };
  }

  test('a keyring is created by our first entry', async () => {
    const { directory, before } = await openBeside({}, seedEntries);
    const keyring = openTestKeyring({ directory });
    expect(await keyring.probe()).toEqual({ state: 'ready' });
    await keyring.set('atmos_r_dev', 'value');
    expect(await keyring.get('atmos_r_dev')).toBe('value');
    expect(readFileSync(join(directory, storeFile), 'latin1')).toBe(before);
  });

  test('a new password must be typed twice, and have 8 bytes', async () => {
    const { directory } = await openBeside({}, seedEntries);
    const asked: boolean[] = [];
    const promptPassword = async ({ isNew }: { isNew: boolean }) => {
      asked.push(isNew);
      return 'a new password';
    };
    await openTestKeyring({ directory, password: null, promptPassword }).set('atmos_r_dev', 'v');
    expect(asked).toEqual([true]);
    const { directory: other } = await openBeside({}, seedEntries);
    const short = openTestKeyring({ directory: other, password: 'short' });
    expect((await rejectionOf(short.set('atmos_r_dev', 'v'))).code).toBe(
      'ERR_KEYRING_PASSWORD_TOO_SHORT',
    );
  });

  test('the agent accepts the password of a keyring that does not exist yet', async () => {
    const { directory } = await openBeside({}, seedEntries);
    const context = createTestContext({ directory });
    expect(await fileStarter.proveSecret(context)).toMatchObject({ isNew: true });
  });

  test('an entry is stored after our last one was deleted', async () => {
    const { directory, before } = await openBeside({ atmos_r_dev: 'value' });
    await openTestKeyring({ directory }).delete('atmos_r_dev');
    const keyring = openTestKeyring({ directory });
    await keyring.set('atmos_r_dev', 'new value');
    expect(await keyring.get('atmos_r_dev')).toBe('new value');
    const wrong = openTestKeyring({ directory, password: 'not the password' });
    expect((await rejectionOf(wrong.set('atmos_r_dev', 'x'))).code).toBe(
      'ERR_KEYRING_PASSWORD_WRONG',
    );
    expect(readFileSync(join(directory, storeFile), 'latin1')).toBe(before);
  });

  test('our own entry with a third password prevents the use of other passwords', async () => {
    const { directory } = await openBeside({});
    writeEntry(directory, 'atmos_r_dev', await sealEntry({ key: 'atmos_r_dev', value: 'v' }, 'x'));
    expectError(
      await rejectionOf(openTestKeyring({ directory }).set('atmos_r_other', 'value')),
      'ERR_KEYRING_DAMAGED',
      /^the password opens .*verifier but none of the entries: /,
    );
  });

  test('an entry that cannot be decrypted has no hint to move it', async () => {
    const { directory } = await openBeside({ atmos_r_dev: 'value' });
    const keyring = openTestKeyring({ directory });
    if (secret === testPassword) {
      expect(await keyring.get(storeKey)).toBe(`"value of ${storeKey}"`);
      return;
    }
    const error = await rejectionOf(keyring.get(storeKey));
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_FOREIGN',
      message: `the entry ${join(directory, storeFile)} is not readable with this password: another program encrypted it with another password, or it was changed`,
      hints: [],
    });
    expect((await rejectionOf(keyring.set(storeKey, 'mine'))).code).toBe('ERR_KEYRING_FOREIGN');
    expect(await keyring.get('atmos_r_dev')).toBe('value');
  });
});

test('a damaged entry of another program has no hint to move it', async () => {
  const directory = await seedKeyring({ atmos_r_dev: 'value' });
  writeFileSync(join(directory, storeFile), 'ey', { mode: 0o600 });
  const error = await rejectionOf(openTestKeyring({ directory }).get(storeKey));
  expect(error).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', hints: [] });
  renameSync(join(directory, 'atmos_r_dev'), join(directory, 'a-profile'));
  const renamed = await rejectionOf(openTestKeyring({ directory }).get('a-profile'));
  expect(renamed).toMatchObject({
    code: 'ERR_KEYRING_FOREIGN',
    hints: ['rename the file back'],
  });
});

test('without a verifier a password stays proved while its proving entry does not change', async () => {
  const directory = await seedEntries({ atmos_r_dev: 'value' });
  await writeWeak(directory, storeKey, storePassword);
  const keyring = openTestKeyring({ directory });
  expect((await rejectionOf(keyring.get(storeKey))).code).toBe('ERR_KEYRING_FOREIGN');
  expect((await rejectionOf(keyring.get(storeKey))).code).toBe('ERR_KEYRING_FOREIGN');
  const item = { key: 'atmos_r_dev', value: 'value under another password' };
  writeEntry(directory, 'atmos_r_dev', await sealEntry(item, 'the password of another process'));
  expect((await rejectionOf(keyring.get(storeKey))).code).toBe('ERR_KEYRING_PASSWORD_WRONG');
});

describe('a directory of Atmos', () => {
  test('is listed completely, including long names, a leading dot and control characters', async () => {
    const directory = copyKeychainDirectory();
    const keyring = openTestKeyring({ directory, password: keychainPassword });
    expect(await keyring.keys()).toEqual(keychainKeys);
    expect(await keyring.get('.x/dev/KEY')).toMatch(/^"/);
    expect(await keyring.get(longName)).toMatch(/^"/);
    await writeWeak(directory, 'a\nb', keychainPassword);
    expect(await keyring.keys()).toContain('a\nb');
    expect(await keyring.get('a\nb')).toBe('"value of a\nb"');
    expect(await keyring.delete('a\nb')).toBe(true);
    for (const key of ['.x/dev/KEY', longName, 'a\nb'])
      expect((await rejectionOf(keyring.set(key, 'v'))).code).toBe('ERR_KEYRING_INVALID_KEY');
  });

  test('is listed without files of editors and systems, which are no JWE', async () => {
    const directory = copyKeychainDirectory();
    for (const name of ['.DS_Store', '.swp', 'x'.repeat(250), 'a\tb'])
      writeFileSync(join(directory, name), 'not a JWE', { mode: 0o600 });
    writeFileSync(join(directory, '.shared'), 'not a JWE', { mode: 0o644 });
    symlinkSync('atmos_r1_me', join(directory, '.link'));
    mkdirSync(join(directory, '.git'));
    const keyring = openTestKeyring({ directory, password: keychainPassword });
    expect(await keyring.keys()).toEqual(keychainKeys);
  });

  test('has the same number of entries for status and for rekey', async () => {
    const directory = copyKeychainDirectory();
    writeFileSync(
      join(directory, 'a%2fb'),
      await sealEntry({ key: 'a/b', value: 'v' }, keychainPassword),
      { mode: 0o600 },
    );
    const context = createTestContext({ directory, password: keychainPassword });
    const { entries, weakEntries, isMade } = fileInspector.describe(context);
    expect({ entries, weakEntries, isMade }).toEqual({ entries: 9, weakEntries: 2, isMade: true });
    expect(listEntries(directory, context.host)).toHaveLength(9);
    expect(
      await rekey(directory, { from: keychainPassword, to: null, isDryRun: true }),
    ).toMatchObject({ entries: 9, rewritten: 2 });
  });

  test('is not our keyring without the two entries of atmos auth', async () => {
    const directory = copyKeychainDirectory();
    const ours = openTestKeyring({ directory, password: null });
    for (const key of ['atmos_r1_me', 'atmos_r1_corp']) await ours.delete(key);
    // The delete created `.state`; the test needs a directory without it.
    renameSync(join(directory, '.state'), `${directory}-state`);
    const context = createTestContext({ directory, password: 'a new password' });
    expect(fileInspector.describe(context)).toMatchObject({ isMade: false, entries: 6 });
    expect(await rekey(directory, { from: 'a new password' })).toMatchObject({ outcome: 'none' });
  });
});

describe('a new password', () => {
  test('is set for entries of other programs that open, which keep their parameters', async () => {
    const directory = await seedKeyring({ atmos_r_dev: 'value' });
    const strong = { algorithm: 'PBES2-HS384+A192KW', rounds: 50_000, salt: quick.salt } as const;
    const item = formatItem({ key: 'of-a-library', value: 'v' });
    writeEntry(directory, 'of-a-library', sealJwe(item, strong, await wrappingKey(strong)));
    await writeWeak(directory, storeKey, testPassword);
    await writeWeak(directory, 'shares/the/salt', testPassword);
    await writeWeak(directory, 'another/salt', testPassword, Buffer.alloc(9, 'x'));
    const before = await valuesUnder(directory, testPassword);
    expect(await rekey(directory)).toEqual({
      outcome: 'changed',
      entries: 5,
      rewritten: 5,
      weakOthers: 4,
      unreadable: [],
      left: [],
    });
    expect(await valuesUnder(directory, newPassword)).toEqual(before);
    expect(await filesUnder(directory, testPassword)).toEqual([]);
    expect(isStrong(parametersOf(directory, 'atmos_r_dev'))).toBe(true);
    const [store, shares, other, library] = [
      storeFile,
      'shares%2Fthe%2Fsalt',
      'another%2Fsalt',
      'of-a-library',
    ].map((name) => parametersOf(directory, name));
    expect(store).toMatchObject({ algorithm: 'PBES2-HS256+A128KW', rounds: 8192 });
    expect(store?.salt).toHaveLength(12);
    expect(store?.salt.equals(weak.salt)).toBe(false);
    expect(shares).toEqual(store);
    expect(other).toMatchObject({ algorithm: 'PBES2-HS256+A128KW', rounds: 8192 });
    expect(other?.salt).toHaveLength(9);
    expect(library).toMatchObject({ algorithm: 'PBES2-HS384+A192KW', rounds: 50_000 });
    // The second run changes nothing.
    const after = contentsOf(directory);
    expect(await rekey(directory)).toMatchObject({ outcome: 'none', rewritten: 0 });
    expect(contentsOf(directory)).toEqual(after);
  });

  test('is not set for entries that do not open, which are reported', async () => {
    const directory = await seedKeyring({ atmos_r_dev: 'value' });
    await writeWeak(directory, storeKey, storePassword);
    writeFileSync(join(directory, 'notes.txt'), 'what this is', { mode: 0o600 });
    await writeWeak(directory, 'open/to/others', testPassword);
    chmodSync(join(directory, 'open%2Fto%2Fothers'), 0o644);
    symlinkSync('atmos_r_dev', join(directory, 'link'));
    const others = [storeFile, 'link', 'notes.txt', 'open%2Fto%2Fothers'];
    const before = others.map((name) => readFileSync(join(directory, name), 'latin1'));
    for (const isDryRun of [true, false]) {
      expect(await rekey(directory, { isDryRun })).toEqual({
        outcome: 'changed',
        entries: 5,
        rewritten: 1,
        weakOthers: 0,
        unreadable: others,
        left: [],
      });
    }
    const after = others.map((name) => readFileSync(join(directory, name), 'latin1'));
    expect(after.toSpliced(1, 1)).toEqual(before.toSpliced(1, 1));
    expect(await openTestKeyring({ directory, password: newPassword }).get('atmos_r_dev')).toBe(
      'value',
    );
  });

  test('is set for our entries, however much wasted work other entries cause', async () => {
    const directory = await seedKeyring({ atmos_r_dev: 'value' });
    for (let number = 0; number < 20; number++) {
      const parameters = { ...quick, rounds: 600_000, salt: Buffer.alloc(16, `${number} salt`) };
      writeEntry(directory, `a/${number}`, sealJwe(Buffer.from('x'), parameters, Buffer.alloc(32)));
    }
    let derived = 0;
    const derivation = {
      ...createDerivation(Buffer.from(testPassword)),
      // Avoids the derivations of keys that open nothing.
      wrappingKey: async (parameters: KeyParameters) => {
        if (parameters.rounds === quick.rounds) return wrappingKey(parameters);
        derived++;
        return Buffer.alloc(32, 1);
      },
    };
    const target = { derivation, parameters: weak, wrappingKey: Buffer.alloc(16), verifier: '' };
    const staged = await stageEntries({
      directory,
      host: realHost(),
      isOwn: ownEntriesOf(createTestContext({ directory })),
      derivations: [derivation],
      target,
      others: 'same-strength',
      isDryRun: true,
      onStep: () => {},
      onProgress: () => {},
      signal: undefined,
    });
    expect(staged.replacements.map(({ name }) => name)).toEqual(['atmos_r_dev']);
    expect(staged.unreadableOthers).toHaveLength(20);
    expect(derived).toBe(8);
  });
});

describe('--upgrade', () => {
  test('keeps the weak parameters of entries of other programs, which Atmos reads faster', async () => {
    const directory = copyKeychainDirectory();
    const others = Object.entries(contentsOf(directory)).filter(
      ([path]) => !/atmos_r1_(me|corp)$/.test(path),
    );
    const upgrade = { from: keychainPassword, to: null };
    const unreadable = ['atmos%2Fplat%2Fue2%2Fdev%2Fapp%2FOTHER_PASSWORD'];
    expect(await rekey(directory, upgrade)).toEqual({
      outcome: 'changed',
      entries: 8,
      rewritten: 2,
      weakOthers: 5,
      unreadable,
      left: [],
    });
    expect(contentsOf(directory)).toMatchObject(Object.fromEntries(others));
    expect(await rekey(directory, upgrade)).toMatchObject({ outcome: 'none', rewritten: 0 });
    expect(await rekey(directory, { ...upgrade, includesOthers: true })).toMatchObject({
      outcome: 'changed',
      entries: 8,
      rewritten: 5,
      weakOthers: 0,
      unreadable,
    });
    expect(isStrong(parametersOf(directory, '.x%2Fdev%2FKEY'))).toBe(true);
  });

  test('recognizes our own entry by its value if its name could belong to a store', async () => {
    const directory = await seedKeyring({ atmos_r_dev: 'value' });
    const [ours, theirs] = ['atmos_r_team/admin', 'atmos_r_team/TOKEN'];
    const envelope = JSON.stringify({ type: 'aws', data: {} });
    writeEntry(directory, ours, await sealEntry({ key: ours, value: envelope }));
    writeEntry(directory, theirs, await sealEntry({ key: theirs, value: '"hunter2"' }));
    expect(await rekey(directory, { to: null })).toMatchObject({ rewritten: 2, weakOthers: 1 });
    expect(isStrong(parametersOf(directory, 'atmos_r_team%2Fadmin'))).toBe(true);
    expect(isStrong(parametersOf(directory, 'atmos_r_team%2FTOKEN'))).toBe(false);
  });
});
