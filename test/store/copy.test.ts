import { describe, expect, test } from 'vitest';
import { KeyringError, type KeyringErrorCode } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import {
  contentReader,
  deleteCopied,
  entryCopy,
  noteLost,
  runCopies,
  type Copy,
  type CopyOptions,
  type CopyResult,
} from '../../src/store/copy.ts';
import { createInventory, ownKeys } from '../../src/store/inventory.ts';
import { contentsOf, mixedEntries } from './mixed-entries.ts';

async function keyringWith(entries: Readonly<Record<string, string>> = {}): Promise<Keyring> {
  const keyring = openMemoryKeyring();
  for (const [key, value] of Object.entries(entries)) await keyring.set(key, value);
  return keyring;
}

const inventory = createInventory('r');
const noInterruption = { isInterrupted: () => Promise.resolve(false), onEntry: () => {} };

async function migrate(
  source: Keyring,
  target: Keyring,
  options: Partial<CopyOptions> = {},
): Promise<CopyResult & { copies: Copy[] }> {
  const { keys } = await ownKeys(source, inventory);
  const copies = keys.map((key) => entryCopy(key, { source, target }));
  const given = { overwrite: false, isDryRun: false, ...noInterruption, ...options };
  return { ...(await runCopies(copies, given)), copies };
}

function statesOf({ entries }: CopyResult): Record<string, string> {
  return Object.fromEntries(entries.map(({ key, state }) => [key, state]));
}

function failing(code: KeyringErrorCode): () => never {
  return () => {
    throw new KeyringError(code, `it fails with ${code}`);
  };
}

describe('entries of every kind', () => {
  test('are copied unchanged; entries of other programs are skipped and listed', async () => {
    const entries = mixedEntries(30);
    const source = await keyringWith({ ...entries, unrelated: 'x', other_atmos_r_a: 'y' });
    const target = await keyringWith();
    expect((await ownKeys(source, inventory)).left).toEqual([
      { key: 'other_atmos_r_a', owner: 'other' },
      { key: 'unrelated', owner: 'other' },
    ]);
    const result = await migrate(source, target);
    expect(new Set(Object.values(statesOf(result)))).toEqual(new Set(['copied']));
    expect(await contentsOf(target)).toEqual(entries);
    expect(await source.keys()).toHaveLength(32);
  });

  test('that already exist are present if equal, otherwise a conflict unless they are overwritten', async () => {
    const source = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'two', atmos_r_c: 'three' });
    const target = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'another' });
    const result = await migrate(source, target);
    expect(statesOf(result)).toEqual({
      atmos_r_a: 'present',
      atmos_r_b: 'conflict',
      atmos_r_c: 'copied',
    });
    expect(result.entries[1]?.error).toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      message: 'atmos_r_b already exists with a different value',
    });
    expect(await target.get('atmos_r_b')).toBe('another');

    expect(statesOf(await migrate(source, target, { overwrite: true }))).toEqual({
      atmos_r_a: 'present',
      atmos_r_b: 'overwritten',
      atmos_r_c: 'present',
    });
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
  });

  test('are only read in a dry run, with the states of a real run', async () => {
    const source = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'two' });
    const target = await keyringWith({ atmos_r_b: 'another' });
    const states = { atmos_r_a: 'copied', atmos_r_b: 'overwritten' };
    const dry = await migrate(source, target, { overwrite: true, isDryRun: true });
    expect(statesOf(dry)).toEqual(states);
    expect(await contentsOf(target)).toEqual({ atmos_r_b: 'another' });
    expect(statesOf(await migrate(source, target, { overwrite: true }))).toEqual(states);
  });
});

describe('a key that replaces a different one', () => {
  const keyEntry = (id: string) =>
    JSON.stringify({ type: 'aws', data: { access_key_id: id, secret_access_key: 's' } });
  const sessionEntry = (id: string) =>
    JSON.stringify({
      type: 'aws',
      data: { access_key_id: id, secret_access_key: 's', session_token: 't' },
      item: 'session',
    });

  async function overwrite(source: Keyring, target: Keyring): Promise<CopyResult> {
    const { keys } = await ownKeys(source, inventory);
    const read = contentReader(inventory);
    const copies = keys.map((key) => entryCopy(key, { source, target }, read));
    return runCopies(copies, { overwrite: true, isDryRun: false, ...noInterruption });
  }

  test('removes the session that the other key opened', async () => {
    const source = await keyringWith({ atmos_r_a: keyEntry('new') });
    const sessions = {
      'atmos_r_a@session': sessionEntry('a'),
      'atmos_r_b@session': sessionEntry('b'),
    };
    const target = await keyringWith({ atmos_r_a: keyEntry('old'), ...sessions });
    expect(statesOf(await overwrite(source, target))).toEqual({ atmos_r_a: 'overwritten' });
    expect(await target.keys()).toEqual(['atmos_r_a', 'atmos_r_b@session']);
  });

  test('removes a session that a login stores just before the key is replaced', async () => {
    const source = await keyringWith({ atmos_r_a: keyEntry('new') });
    const memory = await keyringWith({ atmos_r_a: keyEntry('old') });
    const target: Keyring = {
      ...memory,
      async set(key, value) {
        await memory.set('atmos_r_a@session', sessionEntry('old'));
        await memory.set(key, value);
      },
    };
    await overwrite(source, target);
    expect(await target.keys()).toEqual(['atmos_r_a']);
  });

  test('is copied together with its own session', async () => {
    const entries = { atmos_r_a: keyEntry('new'), 'atmos_r_a@session': sessionEntry('new') };
    const source = await keyringWith(entries);
    const target = await keyringWith({
      atmos_r_a: keyEntry('old'),
      'atmos_r_a@session': sessionEntry('old'),
    });
    await overwrite(source, target);
    expect(await contentsOf(target)).toEqual(entries);
  });

  test('does not remove the session if both keys are equal', async () => {
    const source = await keyringWith({ atmos_r_a: keyEntry('same') });
    const target = await keyringWith({
      atmos_r_a: keyEntry('same'),
      'atmos_r_a@session': sessionEntry('same'),
    });
    expect(statesOf(await overwrite(source, target))).toEqual({ atmos_r_a: 'present' });
    expect(await target.keys()).toEqual(['atmos_r_a', 'atmos_r_a@session']);
  });

  test('does not remove the key of an Atmos identity whose name ends in @session', async () => {
    const source = await keyringWith({ atmos_r_a: keyEntry('new') });
    const other = { 'atmos_r_a@session': keyEntry('other') };
    const target = await keyringWith({ atmos_r_a: keyEntry('old'), ...other });
    await overwrite(source, target);
    expect(await contentsOf(target)).toEqual({ atmos_r_a: keyEntry('new'), ...other });
  });

  test('is replaced even if the session cannot be read', async () => {
    const source = await keyringWith({ atmos_r_a: keyEntry('new') });
    const memory = await keyringWith({ atmos_r_a: keyEntry('old') });
    const fail = failing('ERR_KEYRING_DAMAGED');
    const target: Keyring = {
      ...memory,
      get: async (key) => (key === 'atmos_r_a@session' ? fail() : memory.get(key)),
    };
    expect(statesOf(await overwrite(source, target))).toEqual({ atmos_r_a: 'overwritten' });
  });
});

describe('an error', () => {
  test.each([
    'ERR_KEYRING_DAMAGED',
    'ERR_KEYRING_FOREIGN',
    'ERR_KEYRING_PERMISSIONS',
    'ERR_KEYRING_TOO_LARGE',
  ] as const)('of one entry does not stop the others: %s', async (code) => {
    const source = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'two' });
    const memory = await keyringWith();
    const fail = failing(code);
    const target: Keyring = {
      ...memory,
      set: async (key, value) => (key === 'atmos_r_a' ? fail() : memory.set(key, value)),
    };
    const result = await migrate(source, target);
    expect(result.stopped).toBeUndefined();
    expect(statesOf(result)).toEqual({ atmos_r_a: 'failed', atmos_r_b: 'copied' });
    expect(result.entries[0]?.error).toMatchObject({ code, message: `it fails with ${code}` });
  });

  test.each([
    'ERR_KEYRING_LOCKED',
    'ERR_KEYRING_UNAVAILABLE',
    'ERR_KEYRING_TIMEOUT',
    'ERR_KEYRING_PASSWORD_WRONG',
    'ERR_KEYRING_IO',
  ] as const)('of the keyring stops the run: %s', async (code) => {
    const source = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'two', atmos_r_c: 'three' });
    const memory = await keyringWith();
    const fail = failing(code);
    const target: Keyring = {
      ...memory,
      set: async (key, value) => (key === 'atmos_r_b' ? fail() : memory.set(key, value)),
    };
    const result = await migrate(source, target);
    expect(result.stopped).toMatchObject({ code });
    expect(statesOf(result)).toEqual({
      atmos_r_a: 'copied',
      atmos_r_b: 'pending',
      atmos_r_c: 'pending',
    });
  });

  test('of a target that returns a different value stops the run', async () => {
    const source = await keyringWith({ atmos_r_a: 'one' });
    const target: Keyring = { ...(await keyringWith()), get: async () => null };
    const result = await migrate(source, target);
    expect(result.stopped).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message:
        'the memory keyring (this process) returned a different value than was stored as atmos_r_a',
    });
    expect(statesOf(result)).toEqual({ atmos_r_a: 'pending' });
  });

  test('is reported for an entry that was deleted from the source', async () => {
    const source = await keyringWith({ atmos_r_a: 'one' });
    const vanishing: Keyring = { ...source, get: async () => null };
    const result = await migrate(vanishing, await keyringWith());
    expect(result.entries[0]).toMatchObject({
      state: 'gone',
      error: { message: 'atmos_r_a was deleted from the source keyring' },
    });
  });

  test('that is not an AtmosError is thrown', async () => {
    const source = await keyringWith({ atmos_r_a: 'one' });
    const broken: Keyring = { ...source, get: () => Promise.reject(new TypeError('a slip')) };
    await expect(migrate(broken, await keyringWith())).rejects.toThrow('a slip');
  });
});

describe('an interruption', () => {
  test('stops the run between two entries, and a second run continues it', async () => {
    const entries = mixedEntries(10);
    const source = await keyringWith(entries);
    const target = await keyringWith();
    const told: number[] = [];
    const first = await migrate(source, target, {
      isInterrupted: async () => told.length === 4,
      onEntry: (done) => void told.push(done),
    });
    expect(first.stopped).toMatchObject({ code: 'ERR_CANCELLED', message: 'interrupted' });
    expect(told).toEqual([1, 2, 3, 4]);
    expect(await target.keys()).toHaveLength(4);
    const second = await migrate(source, target);
    expect(second.stopped).toBeUndefined();
    const states = Object.values(statesOf(second));
    expect(states.filter((state) => state === 'present')).toHaveLength(4);
    expect(await contentsOf(target)).toEqual(entries);
  });
});

test('entries that the target has lost are recorded', async () => {
  const source = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'two' });
  const target = await keyringWith();
  const { entries } = await migrate(source, target);
  await target.delete('atmos_r_a');
  await noteLost(entries, target);
  expect(entries).toMatchObject([
    {
      state: 'failed',
      error: {
        code: 'ERR_STORE_CONFLICT',
        message: 'atmos_r_a vanished from the memory keyring after it was copied',
      },
    },
    { state: 'copied' },
  ]);
});

describe('deleting the source', () => {
  test('deletes what the target contains, also from an earlier run, and nothing else', async () => {
    const source = await keyringWith({
      atmos_r_a: 'one',
      atmos_r_b: 'two',
      atmos_r_c: 'three',
      x: '',
    });
    const target = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'another' });
    const { copies, entries } = await migrate(source, target);
    expect(await deleteCopied(copies, entries, noInterruption)).toBeUndefined();
    expect(await contentsOf(source)).toEqual({ atmos_r_b: 'two', x: '' });
    expect(entries.map(({ sourceDeleted }) => sourceDeleted)).toEqual([true, false, true]);
  });

  test('keeps an entry that changed on either side, and reports it', async () => {
    const source = await keyringWith({ atmos_r_a: 'one', atmos_r_b: 'two', atmos_r_c: 'three' });
    const target = await keyringWith();
    const { copies, entries } = await migrate(source, target);
    await source.set('atmos_r_a', 'newer');
    await target.delete('atmos_r_b');
    expect(await deleteCopied(copies, entries, noInterruption)).toBeUndefined();
    expect(await contentsOf(source)).toEqual({ atmos_r_a: 'newer', atmos_r_b: 'two' });
    expect(entries[0]).toMatchObject({
      state: 'copied',
      sourceDeleted: false,
      error: {
        code: 'ERR_STORE_CONFLICT',
        message: 'atmos_r_a was changed while it was copied, so it stays in the memory keyring',
        hints: ['run the same command again'],
      },
    });
    expect(entries[1]).toMatchObject({
      sourceDeleted: false,
      error: { code: 'ERR_STORE_CONFLICT' },
    });
  });

  test('stops between two entries if it is interrupted', async () => {
    const source = await keyringWith(mixedEntries(6));
    const target = await keyringWith();
    const { copies, entries } = await migrate(source, target);
    let done = 0;
    const stopped = await deleteCopied(copies, entries, {
      isInterrupted: async () => done === 2,
      onEntry: (count) => void (done = count),
    });
    expect(stopped).toMatchObject({ code: 'ERR_CANCELLED' });
    expect(await source.keys()).toHaveLength(4);
    expect(await target.keys()).toHaveLength(6);
  });
});
