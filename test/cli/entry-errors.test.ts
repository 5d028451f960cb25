import { expect, test } from 'vitest';
import { isOfEntry, joinErrors } from '../../src/cli/entry-errors.ts';
import { AtmosError, KeyringError, keyringErrorCodes } from '../../src/core/errors.ts';

test('some errors of a keyring are about one entry, the others would be the same for all', () => {
  const ofEntry = keyringErrorCodes.filter((code) => isOfEntry(new KeyringError(code, 'x')));
  expect(ofEntry).toEqual([
    'ERR_KEYRING_DAMAGED',
    'ERR_KEYRING_FOREIGN',
    'ERR_KEYRING_PERMISSIONS',
    'ERR_KEYRING_VERSION',
    'ERR_KEYRING_IO',
    'ERR_KEYRING_TOO_LARGE',
    'ERR_KEYRING_INVALID_KEY',
    'ERR_KEYRING_UNKNOWN_TYPE',
  ]);
  expect(isOfEntry(new AtmosError('ERR_NO_TERMINAL', 'x'))).toBe(false);
  expect(isOfEntry(new TypeError('x'))).toBe(false);
});

test('several are one, which says all of them', () => {
  const first = new KeyringError('ERR_KEYRING_DAMAGED', 'one', { hints: ['a'] });
  const second = new KeyringError('ERR_KEYRING_FOREIGN', 'two', { hints: ['b', 'a'] });
  expect(joinErrors([first])).toBe(first);
  expect(joinErrors([first, second])).toMatchObject({
    code: 'ERR_KEYRING_DAMAGED',
    message: 'one\ntwo',
    hints: ['a', 'b'],
  });
});
