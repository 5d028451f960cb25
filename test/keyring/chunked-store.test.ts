import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyringError } from '../../src/core/errors.ts';
import type { Host } from '../../src/host/host.ts';
import { createChunkedKeyring, type ItemStore } from '../../src/keyring/chunked-store.ts';
import { checkKey, checkValue } from '../../src/keyring/key.ts';
import { keyringContract } from '../contract/index.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost, testStart } from '../support/fake-host.ts';
import { createSmallStore, type SmallStore } from './small-store.ts';

const limitBytes = 2560;
const largest = 64 * 1024;
// Each part of a value is different.
const [oldValue, newValue] = [numbered('old', 6000), numbered('new', 9000)];

interface Given {
  readonly onStep?: (step: string) => void;
  readonly host?: Partial<Host>;
}

function open(store: ItemStore, { onStep, host }: Given = {}) {
  return createChunkedKeyring(store, { host: fakeHost(host), named: 'the store', onStep });
}

function numbered(word: string, length: number): string {
  return Array.from({ length }, (_, index) => `${word} ${index}\n`)
    .join('')
    .slice(0, length);
}

const partsIn = ({ items }: SmallStore) => [...items.keys()].filter((name) => name.startsWith('.'));
const later = { now: () => new Date(testStart.getTime() + 60 * 60 * 1000) };

describe('a keyring on a store of small items keeps the contract', () => {
  const cases = keyringContract({
    maxValueBytes: largest,
    async fresh() {
      const store = createSmallStore();
      return {
        async open() {
          const chunked = open(store);
          return {
            ...chunked,
            info: { type: 'system', persistent: true, location: 'the store' },
            probe: async () => ({ state: 'ready' }),
            async get(key) {
              checkKey(key);
              return chunked.get(key);
            },
            async set(key, value) {
              checkKey(key);
              checkValue(key, value, largest);
              return chunked.set(key, value);
            },
            async delete(key) {
              checkKey(key);
              return chunked.delete(key);
            },
            close: async () => {},
          };
        },
        contents: async () => new Map(store.items),
        remove: async () => store.items.clear(),
      };
    },
  });
  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});

describe('storing a value', () => {
  test('keeps a small value unchanged in a single item', async () => {
    const store = createSmallStore();
    const value = 'é'.repeat(limitBytes / 2);
    await open(store).set('key', value);
    expect([...store.items]).toEqual([['key', Buffer.from(value)]]);
  });

  test.each([
    ['one byte more', limitBytes + 1, 2],
    ['the largest', largest, 26],
  ])('splits a value of %s into parts with a header', async (_, bytes, count) => {
    const store = createSmallStore();
    await open(store).set('key', 'x'.repeat(bytes));
    expect(partsIn(store)).toHaveLength(count);
    expect(store.items.get('key')?.toString()).toMatch(
      new RegExp(
        `^atmos-auth-parts:{"generation":"[0-9a-f-]{29}","count":${count},"sha256":"[0-9a-f]{64}"}$`,
      ),
    );
    expect(await open(store).keys()).toEqual(['key']);
  });

  test('splits a value that looks like a header', async () => {
    const store = createSmallStore();
    const value = 'atmos-auth-parts:{"generation":"…"}';
    await open(store).set('key', value);
    expect(await open(store).get('key')).toBe(value);
    expect(partsIn(store)).toHaveLength(1);
  });

  test('removes the parts of an overwritten or deleted value', async () => {
    const store = createSmallStore();
    const keyring = open(store);
    await keyring.set('key', oldValue);
    await keyring.set('key', newValue);
    expect(partsIn(store)).toHaveLength(4);
    await keyring.set('key', 'small');
    expect(partsIn(store)).toEqual([]);
    await keyring.set('key', oldValue);
    expect(await keyring.delete('key')).toBe(true);
    expect(store.items.size).toBe(0);
  });
});

describe('an interrupted change', () => {
  /** Interrupts the change at each step, and returns the names of the steps. */
  async function killAtEach(
    change: (keyring: ReturnType<typeof open>) => Promise<unknown>,
    check: (store: SmallStore, step: string) => Promise<void>,
  ): Promise<string[]> {
    const steps: string[] = [];
    for (let killAt = 0; ; killAt++) {
      const store = createSmallStore();
      await open(store).set('key', oldValue);
      let step = 0;
      let killed: string | undefined;
      const onStep = (name: string) => {
        if (killed !== undefined) throw new Error('a killed process does nothing more');
        if (step++ !== killAt) return;
        killed = name;
        throw new Error(`killed at ${name}`);
      };
      const error = await change(open(store, { onStep })).catch((thrown: unknown) => thrown);
      if (killed === undefined) return steps;
      expect(String(error)).toContain(`killed at ${killed}`);
      steps.push(killed);
      await check(store, killed);
    }
  }

  test('leaves the old or the new value after any step of a write, and parts that are removed later', async () => {
    const steps = await killAtEach(
      (keyring) => keyring.set('key', newValue),
      async (store, step) => {
        const isDecided = step === 'head written' || step === 'part removed';
        const expected = isDecided ? newValue : oldValue;
        expect(await open(store).get('key')).toBe(expected);
        expect(await open(store).keys()).toEqual(['key']);

        const orphans = partsIn(store).length - (isDecided ? 4 : 3);
        expect(await open(store).sweep()).toEqual({ removed: 0, recent: orphans });
        const swept = await open(store, { host: later }).sweep();
        expect(swept).toEqual({ removed: orphans, recent: 0 });
        expect(await open(store).get('key')).toBe(expected);
      },
    );
    expect(steps).toEqual([
      ...Array<string>(4).fill('part written'),
      'parts read back',
      'head written',
      ...Array<string>(3).fill('part removed'),
    ]);
  });

  test('leaves no entry after any step of a delete, and parts that are removed later', async () => {
    const steps = await killAtEach(
      (keyring) => keyring.delete('key'),
      async (store) => {
        expect(await open(store).get('key')).toBeNull();
        expect(await open(store).keys()).toEqual([]);
        await open(store, { host: later }).sweep();
        expect(store.items.size).toBe(0);
      },
    );
    expect(steps).toEqual(['head removed', ...Array<string>(3).fill('part removed')]);
  });

  test('does not affect a concurrent write of the same entry', async () => {
    const store = createSmallStore();
    await expect(
      open(store, {
        onStep() {
          throw new Error('killed');
        },
      }).set('key', oldValue),
    ).rejects.toThrow('killed');
    await open(store).set('key', newValue);
    expect(await open(store).get('key')).toBe(newValue);
    await open(store, { host: later }).sweep();
    expect(partsIn(store)).toHaveLength(4);
  });
});

test('keeps parts whose header is listed but cannot be read', async () => {
  const store = createSmallStore();
  await open(store).set('key', oldValue);
  const blind: ItemStore = { ...store, read: async () => undefined };
  expect(await open(blind, { host: later }).sweep()).toEqual({ removed: 0, recent: 0 });
  expect(await open(store).get('key')).toBe(oldValue);
});

test('removes leftover parts of an entry while another entry cannot be read', async () => {
  const store = createSmallStore();
  await open(store).set('kept', oldValue);
  await open(store).set('key', oldValue);
  store.items.delete('key');
  const foreign: ItemStore = {
    ...store,
    async read(name) {
      if (name === 'kept') throw new KeyringError('ERR_KEYRING_FOREIGN', 'not ours');
      return store.read(name);
    },
  };
  expect(await open(foreign, { host: later }).sweep()).toEqual({ removed: 3, recent: 0 });
  expect(await open(store).get('kept')).toBe(oldValue);
});

describe('a reader beside a writer', () => {
  test('returns the old or the new value at every step', async () => {
    const store = createSmallStore();
    await open(store).set('key', oldValue);
    const reads: Promise<string | null>[] = [];
    const writer = open(store, { onStep: () => void reads.push(open(store).get('key')) });
    await writer.set('key', newValue);
    for (const value of await Promise.all(reads)) expect([oldValue, newValue]).toContain(value);
    expect(reads).toHaveLength(9);
  });

  test('fails if the writer never stops', async () => {
    const store = createSmallStore();
    await open(store).set('key', oldValue);
    const restless: ItemStore = {
      ...store,
      async read(name) {
        // At each read of a header its parts are already replaced by another header.
        const found = await store.read(name);
        if (name === 'key') await open(store).set('key', newValue);
        return found;
      },
    };
    expect(await errorOf(open(restless).get('key'))).toMatchObject({
      code: 'ERR_KEYRING_BUSY',
      message: 'the entry "key" in the store is constantly being rewritten',
    });
  });
});

describe('concurrent changes of one entry by several processes', () => {
  const small = 'small';
  const changes = {
    large: (keyring: ReturnType<typeof open>) => keyring.set('key', newValue),
    larger: (keyring: ReturnType<typeof open>) => keyring.set('key', numbered('more', 12_000)),
    small: (keyring: ReturnType<typeof open>) => keyring.set('key', small),
    gone: (keyring: ReturnType<typeof open>) => keyring.delete('key'),
  };
  const names = fc.array(
    fc.constantFrom<keyof typeof changes>('large', 'larger', 'small', 'gone'),
    {
      minLength: 2,
      maxLength: 4,
    },
  );
  const possible = [oldValue, newValue, numbered('more', 12_000), small, null];

  test('leave a complete value or none in any order of their calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), names, async (scheduler, chosen) => {
        const store = createSmallStore();
        await open(store).set('key', oldValue);
        const slow: ItemStore = {
          ...store,
          read: scheduler.scheduleFunction(store.read),
          write: scheduler.scheduleFunction(store.write),
          remove: scheduler.scheduleFunction(store.remove),
        };
        const all = Promise.all(chosen.map((name) => changes[name](open(slow))));
        await scheduler.waitFor(all);
        expect(possible).toContain(await open(store).get('key'));
        await open(store, { host: later }).sweep();
        const head = store.items.get('key');
        expect(partsIn(store).length > 0).toBe(head?.includes('atmos-auth-parts') ?? false);
      }),
      { numRuns: 300 },
    );
  });
});

test('writes parts again that grew old while the machine slept', async () => {
  const store = createSmallStore();
  let clock = testStart;
  const keyring = open(store, {
    host: { now: () => clock },
    onStep(step) {
      if (step !== 'parts read back' || clock !== testStart) return;
      clock = later.now();
      // The doctor removes them meanwhile.
      for (const name of partsIn(store)) store.items.delete(name);
    },
  });
  await keyring.set('key', oldValue);
  expect(await keyring.get('key')).toBe(oldValue);
  expect(partsIn(store)).toHaveLength(3);
});

describe('an entry is damaged because of', () => {
  async function damagedBy(change: (store: SmallStore, parts: string[]) => void) {
    const store = createSmallStore();
    await open(store).set('key', oldValue);
    change(store, partsIn(store));
    return errorOf(open(store).get('key'));
  }
  const hints = [
    'to store an access key again: atmos auth user configure',
    'to store a session again: atmos auth login --force',
  ];
  const inParts =
    'the entry "key" in the store is damaged: some of its 3 parts are missing or changed';

  test('a missing part', async () => {
    const error = await damagedBy(({ items }, parts) => items.delete(parts[1] ?? ''));
    expect(error).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', message: inParts, hints });
  });

  test('a changed part', async () => {
    const error = await damagedBy(({ items }, parts) => items.get(parts[2] ?? '')?.fill(0, 5, 6));
    expect(error).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', message: inParts });
  });

  test('swapped parts', async () => {
    const error = await damagedBy(({ items }, [first = '', second = '']) => {
      const [one, two] = [items.get(first), items.get(second)];
      if (one && two) items.set(first, two).set(second, one);
    });
    expect(error).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', message: inParts });
  });

  test('an invalid header', async () => {
    const error = await damagedBy(({ items }) => {
      items.set('key', Buffer.from('atmos-auth-parts:{"count":2}'));
    });
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: 'the entry "key" in the store is damaged: the header of its parts is invalid',
    });
  });

  test('a value that is not UTF-8, which the error does not show', async () => {
    const error = await damagedBy(({ items }) => {
      items.set('key', Buffer.from('secret\xff', 'latin1'));
    });
    expect(error).toMatchObject({
      code: 'ERR_KEYRING_DAMAGED',
      message: 'the entry "key" in the store is damaged: its value is not UTF-8 text',
      hints,
    });
  });

  test('a fault, and can still be overwritten or deleted', async () => {
    const store = createSmallStore();
    await open(store).set('key', oldValue);
    store.items.delete(partsIn(store)[0] ?? '');
    await open(store).set('key', newValue);
    expect(await open(store).get('key')).toBe(newValue);
    store.items.delete(partsIn(store)[0] ?? '');
    expect(await open(store).delete('key')).toBe(true);
    expect(store.items.size).toBe(0);
  });
});

describe('a store that does not keep its values', () => {
  test('is detected by a changed part before the old value is removed', async () => {
    const store = createSmallStore();
    await open(store).set('key', oldValue);
    const cutting: ItemStore = {
      ...store,
      write: (name, bytes) => store.write(name, bytes.subarray(0, 100)),
    };
    expect(await errorOf(open(cutting).set('key', newValue))).toMatchObject({
      code: 'ERR_KEYRING_IO',
      message: 'the store returned a different value for "key" than the one stored',
      hints: ['atmos auth keyring doctor'],
    });
    expect(await open(store).get('key')).toBe(oldValue);
    expect(partsIn(store)).toHaveLength(3);
  });

  test('is detected by a changed small value', async () => {
    const store = createSmallStore();
    const deaf: ItemStore = { ...store, write: async () => {} };
    await open(store).set('key', 'old');
    expect(await errorOf(open(deaf).set('key', 'new'))).toMatchObject({ code: 'ERR_KEYRING_IO' });
  });
});
