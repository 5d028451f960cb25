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

/** Longest key, counted as bytes of its file name: `/` and `%` take three. */
const maxKeyBytes = 240;

const longestKeys: Readonly<Record<string, string>> = {
  letters: 'k'.repeat(maxKeyBytes),
  'two-byte letters': 'é'.repeat(maxKeyBytes / 2),
  emoji: '🔑'.repeat(maxKeyBytes / 4),
  slashes: '/'.repeat(maxKeyBytes / 3),
  'percent signs': '%'.repeat(maxKeyBytes / 3),
};

/** What a keyring promises of keys. */
export function keyCases(fresh: FreshPlace): ContractCase[] {
  return [
    placeCase(
      'keeps hostile keys apart and lists them sorted by code unit',
      fresh,
      async (place) => {
        const keyring = await place.open();
        for (const key of hostileKeys) await keyring.set(key, `value of ${key}`);
        for (const key of hostileKeys) {
          assert.equal(await keyring.get(key), `value of ${key}`, `key ${JSON.stringify(key)}`);
        }
        assert.deepEqual(await keyring.keys(), hostileKeys.toSorted());
      },
    ),

    placeCase('finds nothing under the names of Object.prototype', fresh, async (place) => {
      const keyring = await place.open();
      for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
        assert.equal(await keyring.get(key), null, key);
        assert.equal(await keyring.delete(key), false, key);
      }
    }),

    ...lookalikeKeys.map(([first, second]) =>
      placeCase(
        `never mixes up ${JSON.stringify(first)} and ${shown(second)}`,
        fresh,
        async (place) => {
          const keyring = await place.open();
          await keyring.set(first, 'value of the first');
          const error = await rejection(keyring.set(second, 'value of the second'));
          if (error === undefined) {
            assert.equal(await keyring.get(second), 'value of the second');
            assert.deepEqual(await keyring.keys(), [first, second].toSorted());
          } else {
            // Where the two are one place, the second is refused and the first one stays.
            assertKeyringError(error, 'the second key');
            assert.equal(error.code, 'ERR_KEYRING_FOREIGN');
            assert.deepEqual(await keyring.keys(), [first]);
          }
          assert.equal(await keyring.get(first), 'value of the first');
        },
      ),
    ),

    ...Object.entries(longestKeys).map(([what, key]) =>
      placeCase(
        `takes the longest key of ${what}, and refuses one byte more`,
        fresh,
        async (place) => {
          const keyring = await place.open();
          await keyring.set(key, 'as long as it gets');
          assert.equal(await keyring.get(key), 'as long as it gets');
          await assertRejects(
            keyring.set(`${key}k`, 'longer'),
            'ERR_KEYRING_INVALID_KEY',
            'one byte more',
          );
          await assertRejects(keyring.get(`${key}k`), 'ERR_KEYRING_INVALID_KEY', 'one byte more');
          assert.deepEqual(await keyring.keys(), [key]);
          assert.equal(await keyring.delete(key), true);
        },
      ),
    ),

    placeCase(
      'refuses keys that are none, everywhere, and changes nothing',
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
          await assertRejects(keyring.get(key), 'ERR_KEYRING_INVALID_KEY', `get of ${what}`);
          await assertRejects(keyring.delete(key), 'ERR_KEYRING_INVALID_KEY', `delete of ${what}`);
        }
        assert.deepEqual(await keyring.keys(), ['kept']);
        assert.equal(await keyring.get('kept'), 'value');
        assert.deepEqual(await place.contents(), before);
      },
    ),
  ];
}

/** A key for a name of a case: what is not ASCII escaped, so that lookalikes can be told apart. */
function shown(key: string): string {
  return JSON.stringify(key).replaceAll(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
