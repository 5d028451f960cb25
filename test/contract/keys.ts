import assert from 'node:assert/strict';
import { hostileKeys, invalidKeys, lookalikeKeys } from './hostile.ts';
import {
  assertKeyringError,
  assertRejects,
  type ContractCase,
  type FreshPlace,
  placeCase,
  rejection,
} from './place.ts';

/** Maximum length of an entry name, in bytes of its file name: `/` and `%` take three. */
const maxKeyBytes = 240;

/** Entry names with this length in bytes, a multiple of 12. */
const keysOf = (bytes: number): Readonly<Record<string, string>> => ({
  letters: 'k'.repeat(bytes),
  'two-byte letters': 'é'.repeat(bytes / 2),
  emoji: '🔑'.repeat(bytes / 4),
  slashes: '/'.repeat(bytes / 3),
  'percent signs': '%'.repeat(bytes / 3),
});

/**
 * Asserts that an entry with an invalid name is missing. A backend either rejects the name or
 * reports that the entry does not exist, since it may read such entries of other programs.
 */
async function assertNotThere<T>(found: Promise<T>, nothing: T, what: string): Promise<void> {
  const outcome = await found.catch((error: unknown) => ({ error }));
  if (typeof outcome !== 'object' || outcome === null || !('error' in outcome)) {
    assert.equal(outcome, nothing, what);
    return;
  }
  assertKeyringError(outcome.error, what);
  assert.equal(outcome.error.code, 'ERR_KEYRING_INVALID_KEY', what);
}

/** The promises about entry names. */
export function keyCases(
  fresh: FreshPlace,
  takesKey: (key: string) => boolean,
  maxWrittenKeyBytes = maxKeyBytes,
): ContractCase[] {
  return [
    placeCase(
      'keeps hostile keys apart and lists them sorted by code unit',
      fresh,
      async (place) => {
        const keyring = await place.open();
        const keys = hostileKeys.filter(takesKey);
        for (const key of keys) await keyring.set(key, `value of ${key}`);
        for (const key of hostileKeys) {
          const what = `key ${JSON.stringify(key)}`;
          if (takesKey(key)) assert.equal(await keyring.get(key), `value of ${key}`, what);
          else await assertRejects(keyring.set(key, 'value'), 'ERR_KEYRING_INVALID_KEY', what);
        }
        assert.deepEqual(await keyring.keys(), keys.toSorted());
      },
    ),

    placeCase('finds nothing under the names of Object.prototype', fresh, async (place) => {
      const keyring = await place.open();
      for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
        assert.equal(await keyring.get(key), null, key);
        assert.equal(await keyring.delete(key), false, key);
      }
    }),

    placeCase('never mixes up keys that some systems take for one', fresh, async (place) => {
      const keyring = await place.open();
      for (const [first, second] of lookalikeKeys) {
        const what = `${JSON.stringify(first)} and ${JSON.stringify(second)}`;
        await keyring.set(first, 'value of the first');
        const error = await rejection(keyring.set(second, 'value of the second'));
        if (error === undefined) {
          assert.equal(await keyring.get(second), 'value of the second', what);
          assert.deepEqual(await keyring.keys(), [first, second].toSorted(), what);
        } else {
          // If the place does not distinguish them, it rejects the second and keeps the first.
          assertKeyringError(error, what);
          assert.equal(error.code, 'ERR_KEYRING_FOREIGN', what);
          assert.deepEqual(await keyring.keys(), [first], what);
        }
        assert.equal(await keyring.get(first), 'value of the first', what);
        for (const key of await keyring.keys()) await keyring.delete(key);
      }
    }),

    placeCase('takes the longest keys, and refuses one byte more', fresh, async (place) => {
      const keyring = await place.open();
      for (const [what, key] of Object.entries(keysOf(maxWrittenKeyBytes))) {
        await keyring.set(key, `the longest of ${what}`);
        assert.equal(await keyring.get(key), `the longest of ${what}`, what);
        assert.deepEqual(await keyring.keys(), [key], what);
        assert.equal(await keyring.delete(key), true, what);
      }
      for (const [what, key] of Object.entries(keysOf(maxKeyBytes))) {
        await assertRejects(keyring.set(`${key}k`, 'value'), 'ERR_KEYRING_INVALID_KEY', what);
        await assertNotThere(keyring.get(`${key}k`), null, what);
      }
      assert.deepEqual(await keyring.keys(), []);
    }),

    placeCase(
      'stores nothing under keys that are none, finds nothing there, and changes nothing',
      fresh,
      async (place) => {
        const keyring = await place.open();
        await keyring.set('kept', 'value');
        const before = await place.contents();
        for (const [what, key] of Object.entries(invalidKeys)) {
          await assertRejects(
            keyring.set(key, 'value'),
            'ERR_KEYRING_INVALID_KEY',
            `set of ${what}`,
          );
          await assertNotThere(keyring.get(key), null, `get of ${what}`);
          await assertNotThere(keyring.delete(key), false, `delete of ${what}`);
        }
        assert.deepEqual(await keyring.keys(), ['kept']);
        assert.equal(await keyring.get('kept'), 'value');
        assert.deepEqual(await place.contents(), before);
      },
    ),
  ];
}
