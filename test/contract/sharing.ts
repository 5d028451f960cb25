import assert from 'node:assert/strict';
import { type ContractCase, type FreshPlace, placeCase } from './place.ts';

const writes = 50;

/** The promises about the keyring as a whole and about concurrent and consecutive use. */
export function sharingCases(fresh: FreshPlace): ContractCase[] {
  return [
    placeCase('says what it is', fresh, async (place) => {
      const { info } = await place.open();
      assert.match(info.type, /^[a-z]/);
      assert.match(info.location, /\S/);
      assert.equal(typeof info.persistent, 'boolean');
    }),

    placeCase('is ready when probed, and writes nothing for it', fresh, async (place) => {
      const keyring = await place.open();
      const before = await place.contents();
      assert.deepEqual(await keyring.probe(), { state: 'ready' }, 'when new');
      assert.deepEqual(await place.contents(), before, 'a probe of a new keyring wrote something');
      assert.deepEqual(await keyring.keys(), []);

      await keyring.set('key', 'value');
      const filled = await place.contents();
      assert.deepEqual(await keyring.probe(), { state: 'ready' }, 'when filled');
      assert.deepEqual(await place.contents(), filled, 'a probe wrote something');
      assert.deepEqual(await keyring.keys(), ['key']);
    }),

    placeCase('writes nothing to look', fresh, async (place) => {
      const keyring = await place.open();
      const before = await place.contents();
      await keyring.keys();
      await keyring.get('key');
      await keyring.delete('key');
      assert.deepEqual(await place.contents(), before);
    }),

    placeCase('keeps as long as it says', fresh, async (place) => {
      const first = await place.open();
      await first.set('key', 'value');
      await first.set('gone', 'value');
      await first.delete('gone');
      await first.close();

      const second = await place.open();
      const { persistent } = second.info;
      assert.equal(await second.get('key'), persistent ? 'value' : null);
      assert.equal(await second.get('gone'), null);
      assert.deepEqual(await second.keys(), persistent ? ['key'] : []);
    }),

    placeCase(
      'shows one handle what another one did, when it is persistent',
      fresh,
      async (place) => {
        const [left, right] = [await place.open(), await place.open()];
        const { persistent } = left.info;
        await left.set('key', 'from the left');
        assert.equal(await right.get('key'), persistent ? 'from the left' : null);
        await right.set('key', 'from the right');
        assert.equal(await left.get('key'), persistent ? 'from the right' : 'from the left');
        assert.deepEqual(await left.keys(), ['key']);
        assert.equal(await left.delete('key'), true);
        assert.equal(await right.get('key'), persistent ? null : 'from the right');
        assert.equal(await right.delete('key'), !persistent);
      },
    ),

    placeCase(`loses none of ${writes} interleaved writes of two handles`, fresh, async (place) => {
      const [left, right] = [await place.open(), await place.open()];
      const names = Array.from({ length: writes }, (_, number) => `key ${number}`);
      const isLeft = (_: string, number: number) => number % 2 === 0;
      await Promise.all(
        names.map((name, number) => (isLeft(name, number) ? left : right).set(name, `of ${name}`)),
      );
      const written = left.info.persistent ? names : names.filter(isLeft);
      assert.deepEqual(await left.keys(), written.toSorted());
      for (const name of written) assert.equal(await left.get(name), `of ${name}`);
    }),

    placeCase(
      `shows only whole values of one key written ${writes} times at once`,
      fresh,
      async (place) => {
        const [left, right] = [await place.open(), await place.open()];
        const wholeValue = (number: number) => `${number} `.repeat(5000);
        const values = new Set(Array.from({ length: writes }, (_, number) => wholeValue(number)));
        await left.set('key', wholeValue(0));
        await right.set('key', wholeValue(0));
        await Promise.all(
          Array.from({ length: writes }, async (_, number) => {
            const [writer, reader] = number % 2 === 0 ? [left, right] : [right, left];
            await writer.set('key', wholeValue(number));
            const seen = await reader.get('key');
            assert.ok(seen !== null && values.has(seen), `write ${number}: read what nobody wrote`);
          }),
        );
        assert.deepEqual(await left.keys(), ['key']);
      },
    ),
  ];
}
