import assert from 'node:assert/strict';
import { hostileValues } from './hostile.ts';
import {
  assertRejects,
  type ContractCase,
  type FreshPlace,
  placeCase,
  rejection,
} from './place.ts';

/** The promises about values. */
export function valueCases(fresh: FreshPlace, maxValueBytes: number): ContractCase[] {
  return [
    placeCase('gives back every value to the last character', fresh, async (place) => {
      const keyring = await place.open();
      for (const [what, value] of Object.entries(hostileValues)) {
        await keyring.set('key', value);
        assert.equal(await keyring.get('key'), value, what);
      }
    }),

    placeCase('returns null only for a missing entry', fresh, async (place) => {
      const keyring = await place.open();
      assert.equal(await keyring.get('absent'), null);
      await keyring.set('empty', '');
      assert.equal(await keyring.get('empty'), '');
      assert.equal(await keyring.get('absent'), null);
      assert.deepEqual(await keyring.keys(), ['empty']);
    }),

    placeCase('overwrites with longer and with shorter values', fresh, async (place) => {
      const keyring = await place.open();
      for (const value of ['short', 'long '.repeat(1000), 's', '', 'last']) {
        await keyring.set('key', value);
        assert.equal(await keyring.get('key'), value);
        assert.deepEqual(await keyring.keys(), ['key']);
      }
    }),

    placeCase('deletes once', fresh, async (place) => {
      const keyring = await place.open();
      assert.equal(await keyring.delete('key'), false, 'before it was set');
      await keyring.set('key', 'value');
      await keyring.set('other', 'stays');
      assert.equal(await keyring.delete('key'), true);
      assert.equal(await keyring.delete('key'), false, 'the second time');
      assert.equal(await keyring.get('key'), null);
      assert.deepEqual(await keyring.keys(), ['other']);
      await keyring.set('key', 'again');
      assert.equal(await keyring.get('key'), 'again');
    }),

    placeCase(`takes ${maxValueBytes} bytes, and refuses one more`, fresh, async (place) => {
      const keyring = await place.open();
      const largest = 'é'.repeat(maxValueBytes / 2);
      await keyring.set('key', largest);
      // Not assert.equal: its message would hold two values of this size.
      assert.ok((await keyring.get('key')) === largest, 'the largest value came back changed');

      const before = await place.contents();
      for (const key of ['key', 'new']) {
        await assertRejects(
          keyring.set(key, `${largest}x`),
          'ERR_KEYRING_TOO_LARGE',
          'one byte more',
        );
      }
      assert.ok((await keyring.get('key')) === largest, 'a refused value changed what was there');
      assert.deepEqual(await keyring.keys(), ['key']);
      assert.deepEqual(await place.contents(), before);
    }),

    placeCase(
      'takes text that UTF-8 cannot hold for a mistake of the caller',
      fresh,
      async (place) => {
        const keyring = await place.open();
        await keyring.set('key', 'value');
        for (const value of ['\ud83d', 'a\udd11b', '\udd11\ud83d']) {
          const error = await rejection(keyring.set('key', value));
          assert.ok(error instanceof TypeError, `${JSON.stringify(value)}: ${String(error)}`);
        }
        assert.equal(await keyring.get('key'), 'value');
      },
    ),
  ];
}
