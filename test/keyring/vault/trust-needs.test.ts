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

test('an address of another machine needs trust, and one of this machine does not', () => {
  expect(needs({ address: 'https://vault.example.com' })).toEqual([
    'sends a token and the entries of the keyring to https://vault.example.com',
  ]);
  expect(needs({ address: 'http://127.0.0.1:8200', prefix: 'x', mount: 'y' })).toEqual([]);
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

test('what is sent or run to log in needs trust, also on this machine', () => {
  const local = { address: 'http://127.0.0.1:8200' };
  expect(needs({ ...local, 'auth.token_command': 'print-token' })).toEqual([
    'runs the token command print-token',
  ]);
  expect(needs({ ...local, 'auth.token_file': '~/.ssh/id_rsa' })).toEqual([
    'sends the content of the file /home/me/.ssh/id_rsa to the vault server to log in',
  ]);
  const approle = { ...local, 'auth.method': 'approle', 'auth.role_id': 'id' };
  expect(needs({ ...approle, 'auth.secret_id_file': '/s' })).toEqual([
    'sends the content of the file /s to the vault server to log in',
  ]);
  expect(needs({ ...approle, 'auth.secret_id_env': 'SECRET' })).toEqual([
    'sends the content of the variable SECRET to the vault server to log in',
  ]);
});
