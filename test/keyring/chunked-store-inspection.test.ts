import { expect, test } from 'vitest';
import { KeyringError } from '../../src/core/errors.ts';
import { examineParts } from '../../src/keyring/chunked-store.ts';

test.each([
  [{ removed: 0, recent: 0 }, 'no parts of values are left over'],
  [{ removed: 3, recent: 0 }, 'parts that killed writes of large values had left were removed: 3'],
  [
    { removed: 0, recent: 2 },
    'no parts of values are left over; parts that a write may still be at work on: 2 (after 10 minutes they are removed)',
  ],
])('of %o it is told what became of them', async (swept, message) => {
  expect(await examineParts({ sweep: async () => swept })).toEqual([
    { id: 'parts', state: 'ok', message, hints: [] },
  ]);
});

test('where it cannot look it says nothing: why, whoever tries the keyring is told', async () => {
  const sweep = async () => {
    throw new KeyringError('ERR_KEYRING_LOCKED', 'locked');
  };
  expect(await examineParts({ sweep })).toEqual([]);
});
