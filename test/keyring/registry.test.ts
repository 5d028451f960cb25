import { describe, expect, test } from 'vitest';
import { keyringTypes, openBackend } from '../../src/keyring/registry.ts';
import { createTestContext } from '../support/file-keyring.ts';
import { expectError, rejectionOf } from './file/rejection.ts';

const open = (type: string) =>
  openBackend(
    createTestContext({
      directory: '/home/somebody/keyring',
      settings: { type: { value: type, source: 'auth.keyring.type (/p/atmos.yaml:3:11)' } },
    }),
  );

test('each known type opens as itself', async () => {
  expect(keyringTypes).toEqual(['system', 'file', 'memory']);
  for (const type of keyringTypes) expect((await open(type)).info.type).toBe(type);
});

test.each([
  ['fille', 'did you mean file?'],
  ['Memory', 'did you mean memory?'],
  ['keychain', 'set auth.keyring.type to system, file or memory'],
  ['constructor', 'set auth.keyring.type to system, file or memory'],
  ['__proto__', 'set auth.keyring.type to system, file or memory'],
])('the unknown type %s is an error, never another type', async (type, hint) => {
  expectError(
    await rejectionOf(open(type)),
    'ERR_KEYRING_UNKNOWN_TYPE',
    `unknown keyring type "${type}" (from auth.keyring.type (/p/atmos.yaml:3:11)): it is one of system, file, memory`,
    hint,
  );
});

describe('the system keyring', () => {
  const message =
    'the system keyring is not supported by this version of atmos-auth yet (type system from auth.keyring.type (/p/atmos.yaml:3:11))';

  test('says at every call that it is not there yet, and what else there is', async () => {
    const keyring = await open('system');
    for (const refused of [
      () => keyring.get('key'),
      () => keyring.set('key', 'value'),
      () => keyring.delete('key'),
      () => keyring.keys(),
    ]) {
      const error = await rejectionOf(refused());
      expectError(error, 'ERR_KEYRING_UNAVAILABLE', message);
      expect(error.hints.join('\n')).toMatch(
        /ATMOS_KEYRING_TYPE=file[^]*ATMOS_KEYRING_TYPE=memory/,
      );
    }
    expect((await keyring.probe()).state).toBe('unavailable');
    await keyring.close();
  });

  test('checks keys and values all the same', async () => {
    const keyring = await open('system');
    expect((await rejectionOf(keyring.get('.hidden'))).code).toBe('ERR_KEYRING_INVALID_KEY');
    const large = 'x'.repeat(64 * 1024 + 1);
    expect((await rejectionOf(keyring.set('key', large))).code).toBe('ERR_KEYRING_TOO_LARGE');
  });
});
