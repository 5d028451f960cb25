import { expect, test } from 'vitest';
import {
  allBackends,
  backendOfKey,
  keyringTypes,
  openBackend,
} from '../../src/keyring/registry.ts';
import { createKeyringContext } from '../support/file-keyring.ts';
import { expectError, rejectionOf } from './file/rejection.ts';

const open = (type: string) => {
  const context = createKeyringContext({
    directory: '/home/somebody/keyring',
    type: { value: type, source: 'auth.keyring.type (/p/atmos.yaml:3:11)' },
  });
  const host = { ...context.host, env: { VAULT_ADDR: 'https://vault.example.com' } };
  return openBackend({ ...context, host });
};

test('each known type opens as itself', async () => {
  for (const type of keyringTypes) expect((await open(type)).info.type).toBe(type);
});

test('each key of auth.keyring.spec belongs to one backend', () => {
  const keys = allBackends().flatMap(({ schema = {} }) => Object.keys(schema));
  expect(new Set(keys).size).toBe(keys.length);
  expect(backendOfKey('path')?.type).toBe('file');
  expect(backendOfKey('auth.role_id')?.type).toBe('vault');
  expect(backendOfKey('pth')).toBeUndefined();
});

test.each([
  ['fille', 'did you mean file?'],
  ['Memory', 'did you mean memory?'],
  ['keychain', 'set auth.keyring.type to system, file, memory or vault'],
  ['constructor', 'set auth.keyring.type to system, file, memory or vault'],
  ['__proto__', 'set auth.keyring.type to system, file, memory or vault'],
])('the unknown type %s is an error, never another type', async (type, hint) => {
  expectError(
    await rejectionOf(open(type)),
    'ERR_KEYRING_UNKNOWN_TYPE',
    `unknown keyring type "${type}" (from auth.keyring.type (/p/atmos.yaml:3:11)): expected one of system, file, memory, vault`,
    hint,
  );
});
