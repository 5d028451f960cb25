import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { openKeyring } from '../../src/keyring/index.ts';
import { startFakeVault, usual } from '../support/fake-vault.ts';
import { testPassword } from '../support/file-keyring.ts';
import { createTeam } from '../support/team.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { expectError, rejectionOf } from './file/rejection.ts';
import { seedKeyring } from './file/seed.ts';

// A keyring with readers records on the machine which secret it accepts.
beforeEach(() => {
  vi.stubEnv('XDG_STATE_HOME', temporaryDirectory());
  return () => vi.unstubAllEnvs();
});

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

test('openKeyring creates a file keyring for its readers', async () => {
  const { directory, machine } = createTeam(temporaryDirectory());
  const { recipient, identityFile } = await machine('ann');
  const keyring = await openKeyring({
    type: 'file',
    directory,
    recipients: [recipient],
    identityFile,
  });
  await keyring.set('key', 'value');
  await keyring.close();
  const again = await openKeyring({ type: 'file', directory, identityFile });
  expect(await again.get('key')).toBe('value');
  await again.close();
  await expect(openKeyring({ type: 'file', directory, recipients: [] })).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: 'the list of recipients (from options.recipients) is empty',
  });
});

test('openKeyring logs in to the server that the options name', async () => {
  const login = { body: { auth: { client_token: 's.one', lease_duration: 60 } } };
  const entry = { body: { data: { data: { value: 'x' }, metadata: { version: 1 } } } };
  const vault = await startFakeVault(({ path }) =>
    path === 'auth/ci/login' ? login : (usual[path] ?? entry),
  );
  const secretIdFile = join(temporaryDirectory(), 'secret-id');
  writeFileSync(secretIdFile, 'secret-1\n');
  const keyring = await openKeyring({
    type: 'vault',
    address: vault.url,
    namespace: 'team',
    mount: 'kv',
    prefix: 'keys',
    auth: { method: 'approle', mount: 'ci', roleId: 'role-1', secretIdFile },
  });
  expect(keyring.info.location).toBe(`${vault.url}, kv/keys in the namespace team`);
  expect(await keyring.get('key')).toBe('x');
  await keyring.close();
  expect(vault.requests[0]).toMatchObject({
    path: 'auth/ci/login',
    body: { role_id: 'role-1', secret_id: 'secret-1' },
    headers: { 'x-vault-namespace': 'team' },
  });
  expect(vault.requests.at(-1)).toMatchObject({
    path: 'kv/data/keys/key',
    headers: { 'x-vault-token': 's.one' },
  });
});
