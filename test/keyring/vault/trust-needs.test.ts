import { expect, test } from 'vitest';
import { trustNeeds } from '../../../src/keyring/vault/trust-needs.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { vaultSpec } from '../../support/vault-keyring.ts';

const place = { isBeside: () => true, checkoutOf: () => undefined };

function needs(
  spec: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): string[] {
  const host = fakeHost({ env, homeDirectory: '/home/me' });
  return trustNeeds(vaultSpec(spec), place, host).map(({ what, occasion }) =>
    occasion === undefined ? what : `${occasion}: ${what}`,
  );
}

test.each([
  'https://vault.example.com',
  'http://127.0.0.1:8200',
  'http://localhost:8200',
  'https://[::1]:8200',
])('the address %s needs trust: another user can listen on this machine', (address) => {
  expect(needs({ address })).toEqual([
    `sends a token and the entries of the keyring to ${address}`,
  ]);
});

test('what the environment says needs none', () => {
  expect(needs({}, { VAULT_ADDR: 'https://vault.example.com' })).toEqual([]);
});

test('with an address of the user, a place on the server needs trust to store there', () => {
  const env = { VAULT_ADDR: 'https://vault.example.com' };
  expect(needs({ namespace: 'n', mount: 'm', prefix: 'p/q' }, env)).toEqual([
    'storing: stores entries in the namespace n of the vault server',
    'storing: stores entries in the mount m of the vault server',
    'storing: stores entries in the path p/q of the vault server',
  ]);
});

test('certificates and names that the connection accepts need trust', () => {
  const env = { VAULT_ADDR: 'https://vault.example.com' };
  expect(needs({ ca_cert: '/p/ca.pem', tls_server_name: 'evil.example.com' }, env)).toEqual([
    'trusts the certificates in /p/ca.pem for the vault server',
    'accepts the certificate of evil.example.com for the vault server',
  ]);
});

test('what is sent or run to log in needs trust, also with an address of the user', () => {
  const env = { VAULT_ADDR: 'http://127.0.0.1:8200' };
  expect(needs({ 'auth.token_command': 'print-token' }, env)).toEqual([
    'runs the token command print-token',
  ]);
  expect(needs({ 'auth.token_file': '~/.ssh/id_rsa' }, env)).toEqual([
    'sends the content of the file /home/me/.ssh/id_rsa to the vault server to log in',
  ]);
  const approle = { 'auth.method': 'approle', 'auth.role_id': 'id', 'auth.mount': 'team' };
  const file = { ...approle, 'auth.secret_id_file': '/s' };
  expect(needs(file, env)).toEqual([
    'sends the content of the file /s to the vault server to log in',
    'logs in with the secret id in /s at the login method team of the vault server',
  ]);
  const variable = { ...approle, 'auth.secret_id_env': 'SECRET' };
  expect(needs(variable, env)).toEqual([
    'sends the content of the variable SECRET to the vault server to log in',
    'logs in with the secret id in the variable SECRET at the login method team of the vault server',
  ]);
});

test('where the server gets a secret id of the user needs trust', () => {
  const env = { VAULT_ADDR: 'https://vault.example.com' };
  const ofProject = vaultSpec({ 'auth.mount': 'evil', namespace: 'n' });
  const approle = { 'auth.method': 'approle', 'auth.role_id': 'id' };
  const ofUser = (spec: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(vaultSpec(spec)).map(([key, { value, source }]) => [key, { value, source }]),
    );
  const whats = (spec: Readonly<Record<string, string>>) =>
    trustNeeds({ ...ofUser(spec), ...ofProject }, place, fakeHost({ env })).map(({ what }) => what);
  const stores = 'stores entries in the namespace n of the vault server';
  expect(whats({ ...approle, 'auth.secret_id_env': 'SECRET' })).toEqual([
    'logs in with the secret id in the variable SECRET at the login method evil of the vault server',
    'logs in with the secret id in the variable SECRET at the namespace n of the vault server',
    stores,
  ]);
  expect(whats(approle)).toEqual([stores]);
});

test('the role of a login needs none, and where the server passes its token on needs trust', () => {
  const env = { VAULT_ADDR: 'https://vault.example.com' };
  const jwt = { 'auth.method': 'jwt', 'auth.role': 'ci' };
  expect(needs(jwt, env)).toEqual([]);
  const token = 'the JSON Web Token in /var/run/secrets/kubernetes.io/serviceaccount/token';
  expect(needs({ ...jwt, 'auth.mount': 'kubernetes', namespace: 'n' }, env)).toEqual([
    `logs in with ${token} at the login method kubernetes of the vault server`,
    `logs in with ${token} at the namespace n of the vault server`,
    'storing: stores entries in the namespace n of the vault server',
  ]);
});
