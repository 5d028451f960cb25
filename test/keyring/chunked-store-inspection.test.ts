import { expect, test } from 'vitest';
import { KeyringError } from '../../src/core/errors.ts';
import { examineParts } from '../../src/keyring/chunked-store.ts';

test.each([
  [{ removed: 0, recent: 0 }, 'no leftover parts of values'],
  [{ removed: 3, recent: 0 }, 'removed leftover parts of interrupted writes: 3'],
  [
    { removed: 0, recent: 2 },
    'no leftover parts of values; parts that may belong to a running write: 2 (removed after 10 minutes)',
  ],
])('reports the result of the cleanup for %o', async (swept, message) => {
  expect(await examineParts({ sweep: async () => swept })).toEqual([
    { id: 'parts', state: 'ok', message, hints: [] },
  ]);
});

test('reports nothing if the store cannot be read', async () => {
  const sweep = async () => {
    throw new KeyringError('ERR_KEYRING_LOCKED', 'locked');
  };
  expect(await examineParts({ sweep })).toEqual([]);
});
