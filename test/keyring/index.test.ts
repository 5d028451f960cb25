import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openKeyring } from '../../src/keyring/index.ts';
import { testPassword } from '../support/file-keyring.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { expectError, rejectionOf } from './file/rejection.ts';
import { seedKeyring } from './file/seed.ts';

test('openKeyring opens the keyring that the options name', async () => {
  const directory = await seedKeyring({ key: 'value' });
  const passwordFile = join(temporaryDirectory(), 'password');
  writeFileSync(passwordFile, `${testPassword}\n`);
  const passwordEnv = 'ATMOS_AUTH_TEST_THAT_IS_NOT_SET';
  const keyring = await openKeyring({ type: 'file', directory, passwordEnv, passwordFile });
  expect(keyring.info).toEqual({ type: 'file', persistent: true, location: directory });
  expect(await keyring.get('key')).toBe('value');
  await keyring.close();
});

test('openKeyring calls promptPassword if no other source has the password', async () => {
  const directory = await seedKeyring({ key: 'value' });
  const keyring = await openKeyring({
    type: 'file',
    directory,
    passwordEnv: 'ATMOS_AUTH_TEST_THAT_IS_NOT_SET',
    promptPassword: async ({ location, isNew }) => {
      expect({ location, isNew }).toEqual({ location: directory, isNew: false });
      return testPassword;
    },
  });
  expect(await keyring.get('key')).toBe('value');
});

test('openKeyring accesses no file before the first call', async () => {
  const keyring = await openKeyring({ type: 'file', directory: '/absent/keyring' });
  expect(keyring.info.location).toBe('/absent/keyring');
});

test('openKeyring rejects an unknown type and names the option', async () => {
  expectError(
    await rejectionOf(openKeyring({ type: 'files' })),
    'ERR_KEYRING_UNKNOWN_TYPE',
    'unknown keyring type "files" (from options.type): expected one of system, file, memory, vault',
    'did you mean file?',
  );
});

test('openKeyring rejects an invalid variable name and names the option', async () => {
  await expect(openKeyring({ type: 'file', passwordEnv: 'X;Y' })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message:
      'the password variable "X;Y" (from options.passwordEnv) is not a name for an environment variable',
  });
});
