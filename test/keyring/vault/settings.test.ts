import { describe, expect, test } from 'vitest';
import {
  pinVault,
  settleVault,
  unpinVault,
  type VaultSettings,
} from '../../../src/keyring/vault/settings.ts';
import { thrownBy } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { openTestVault, vaultSpec } from '../../support/vault-keyring.ts';

const address = 'https://vault.example.com:8200';

function settle(
  spec: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): VaultSettings {
  const host = fakeHost({ env, homeDirectory: '/home/me', workingDirectory: () => '/p' });
  return settleVault(vaultSpec(spec), host);
}

function refusal(spec: Readonly<Record<string, string>>) {
  return thrownBy(() => settle(spec));
}

test('the defaults are the engine at secret and an existing token', () => {
  expect(settle({})).toEqual({
    mount: 'secret',
    prefix: 'atmos/keyring',
    login: { method: 'token', mount: 'token' },
    said: {},
  });
});

test('a key wins over BAO_ADDR, and that over VAULT_ADDR', () => {
  const env = { BAO_ADDR: 'https://bao', VAULT_ADDR: 'https://vault', VAULT_NAMESPACE: 'team' };
  expect(settle({ address }, env).address?.value).toBe(address);
  expect(settle({}, env).address).toMatchObject({ value: 'https://bao', source: 'BAO_ADDR' });
  const { address: last, namespace } = settle({}, { ...env, BAO_ADDR: '' });
  expect(last).toMatchObject({ value: 'https://vault', source: 'VAULT_ADDR' });
  expect(namespace).toMatchObject({ value: 'team', source: 'VAULT_NAMESPACE' });
});

test('paths of files start from the home or the working directory', () => {
  const { caCert, login } = settle({
    ca_cert: '~/ca.pem',
    'auth.method': 'approle',
    'auth.role_id': 'role-1',
    'auth.secret_id_file': 'secret-id',
  });
  expect(caCert?.value).toBe('/home/me/ca.pem');
  expect(login.secretIdFile?.value).toBe('/p/secret-id');
});

test('a login by JWT has the token of Kubernetes by default', () => {
  expect(
    settle({ 'auth.method': 'jwt', 'auth.role': 'r', 'auth.mount': '/kubernetes/' }).login,
  ).toMatchObject({
    method: 'jwt',
    mount: 'kubernetes',
    tokenFile: { value: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
  });
});

describe('invalid settings', () => {
  test.each([
    ['address', 'vault.example.com', 'is not the URL of a server'],
    ['address', 'ftp://vault.example.com', 'is not the URL of a server'],
    ['address', 'https://vault.example.com/?x=1', 'has more than scheme, host, port and path'],
    ['address', 'http://vault.example.com', 'would send entries to another machine without TLS'],
    [
      'address',
      'http://127.0.0.1.example.com',
      'would send entries to another machine without TLS',
    ],
    ['mount', 'a//b', 'is not a path on the server'],
    ['mount', '/', 'is not a path on the server'],
    ['prefix', 'a/../b', 'is not a path on the server'],
    ['prefix', 'a\nb', 'is not a path on the server'],
    ['namespace', '日本', 'is not the path of a namespace'],
    ['namespace', 'x☃', 'is not the path of a namespace'],
    ['namespace', 'a\r\nb', 'is not the path of a namespace'],
    ['namespace', 'a b', 'is not the path of a namespace'],
    ['auth.method', 'aprole', 'is no login method: expected one of token, approle, jwt'],
    ['auth.secret_id_env', 'A-B', 'is not a name for an environment variable'],
  ])('%s: %s', (key, value, message) => {
    const spec = key === 'auth.secret_id_env' ? { 'auth.method': 'approle' } : {};
    const error = refusal({ ...spec, [key]: value });
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      `the value ${JSON.stringify(value)} (from auth.keyring.spec.${key} (/p/atmos.yaml:3:5)) ${message}`,
    );
  });

  test.each(['BAO_NAMESPACE', 'VAULT_NAMESPACE'])('a namespace in %s', (name) => {
    expect(thrownBy(() => settle({}, { [name]: 'x☃' }))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `the value "x☃" (from ${name}) is not the path of a namespace`,
      hints: ['use printable ASCII characters without spaces'],
    });
  });

  test('an address of the API', () => {
    for (const end of ['/v1', '/v1/', '/behind/a/proxy/v1']) {
      const error = refusal({ address: `${address}${end}` });
      expect(error.code).toBe('ERR_CONFIG_INVALID');
      expect(error.message).toBe(
        `the value "${address}${end}" (from auth.keyring.spec.address (/p/atmos.yaml:3:5)) ends with /v1`,
      );
      expect(error.hints).toEqual(['use the address without /v1']);
    }
    expect(thrownBy(() => settle({}, { VAULT_ADDR: `${address}/v1` })).hints).toEqual([
      'use the address without /v1',
    ]);
    expect(settle({ address: `${address}/v1/vault` }).address?.value).toBe(`${address}/v1/vault`);
  });

  test('a password in the address is not shown', () => {
    for (const slashes of ['//', '/', '', '\\\\']) {
      expect(refusal({ address: `https:${slashes}me:pw@vault.example.com` }).message).toBe(
        'the value "https://…@vault.example.com" (from auth.keyring.spec.address (/p/atmos.yaml:3:5)) has more than scheme, host, port and path',
      );
    }
  });

  test('a method that is misspelled has a hint', () => {
    expect(refusal({ 'auth.method': 'aprole' }).hints).toEqual(['did you mean approle?']);
  });

  test('the method kubernetes has a hint', () => {
    expect(refusal({ 'auth.method': 'kubernetes' }).hints).toEqual([
      'write method: jwt and mount: kubernetes',
    ]);
  });

  test('two sources of the secret id', () => {
    const spec = {
      'auth.method': 'approle',
      'auth.secret_id_env': 'SECRET_ID',
      'auth.secret_id_file': 'f',
    };
    expect(refusal(spec)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message:
        'the secret id comes from auth.keyring.spec.auth.secret_id_env (/p/atmos.yaml:3:5) and from auth.keyring.spec.auth.secret_id_file (/p/atmos.yaml:3:5)',
      hints: ['remove one of them'],
    });
  });

  test('settings of a method without a method', () => {
    const error = refusal({ 'auth.role_id': 'id' });
    expect(error.message).toBe(
      'auth.keyring.spec.auth.role_id (/p/atmos.yaml:3:5) is a setting of the login method approle, but no method is configured, and the default is token',
    );
    expect(error.hints).toEqual(['set auth.keyring.spec.auth.method to approle']);
  });

  test.each([
    ['approle', 'auth.role', 'jwt'],
    ['approle', 'auth.token_command', 'token'],
    ['jwt', 'auth.role_id', 'approle'],
    ['jwt', 'auth.secret_id_file', 'approle'],
    ['token', 'auth.secret_id_env', 'approle'],
  ])('settings of another method than %s: %s', (method, key, other) => {
    const error = refusal({ 'auth.method': method, [key]: 'x' });
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      `auth.keyring.spec.${key} (/p/atmos.yaml:3:5) is a setting of the login method ${other}, but the method is ${method} (from auth.keyring.spec.auth.method (/p/atmos.yaml:3:5))`,
    );
    expect(error.hints).toEqual([`remove it, or set auth.keyring.spec.auth.method to ${other}`]);
  });

  test.each([
    ['approle', 'role_id'],
    ['jwt', 'role'],
  ])('the method %s without %s', (method, key) => {
    expect(refusal({ 'auth.method': method })).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `the login method ${method} (from auth.keyring.spec.auth.method (/p/atmos.yaml:3:5)) has no ${key}`,
      hints: [`set auth.keyring.spec.auth.${key}`],
    });
  });

  test('a missing address', () => {
    expect(thrownBy(() => openTestVault({}))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message:
        'the vault keyring (from auth.keyring.type (/p/atmos.yaml:2:9)) has no address of a server',
      hints: [
        'set auth.keyring.spec.address to the URL of the server',
        'export VAULT_ADDR=<https://vault.example.com:8200>',
      ],
    });
  });

  test.each(['http://localhost:8200', 'http://127.0.0.1:8200', 'http://[::1]:8200'])(
    'accepts %s, which is this machine',
    (local) => {
      expect(settle({ address: local }).address?.value).toBe(local);
    },
  );
});

test('a handle pins everything but the command, with its sources', () => {
  const spec = {
    address,
    prefix: 'team/keys',
    'auth.token_file': '/run/token',
    'auth.token_command': 'print-token',
  };
  const pinned = pinVault(settle(spec, { VAULT_NAMESPACE: 'team' }));
  expect(JSON.stringify(pinned)).not.toContain('print-token');
  const host = fakeHost({ env: {}, workingDirectory: () => '/elsewhere' });
  const { 'auth.token_command': _, ...said } = settle(spec, { VAULT_NAMESPACE: 'team' }).said;
  expect(settleVault(unpinVault(pinned), host).said).toEqual(said);
});
