import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectError, rejectionOf } from '../keyring/file/rejection.ts';
import { rootToken, startOpenBao, type OpenBao } from '../support/openbao.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { openTestVault, type VaultOptions } from '../support/vault-keyring.ts';

const bao = peer('openbao');
const prefix = 'atmos/keyring';
const source = 'auth.keyring.spec.address (/p/atmos.yaml:3:5)';
const bothPaths = (capabilities: string) =>
  ['data', 'metadata']
    .map((kind) => `path "secret/${kind}/${prefix}/*" { capabilities = [${capabilities}] }`)
    .join('\n');
const everything = bothPaths('"create", "read", "update", "delete", "list"');

describe.skipIf(!bao)('a server of OpenBao', { timeout: 60_000 }, () => {
  let server: OpenBao;
  beforeAll(async () => {
    server = await startOpenBao(bao?.path ?? '');
  });
  afterAll(() => server?.stop());

  const open = (
    token: string | null,
    spec: VaultOptions['spec'] = {},
    host: VaultOptions['host'] = {},
  ) => openTestVault({ spec: { address: server.url, ...spec }, token, host });

  test('has one secret for each entry, as the store of Atmos writes it', async () => {
    await open(rootToken).set('atmos_prod_admin', '{"type":"aws","data":{}}');
    const { body } = await server.call('GET', `secret/data/${prefix}/atmos_prod_admin`);
    expect(body.data.data).toEqual({ value: '{"type":"aws","data":{}}' });
    await server.call('PUT', `secret/data/${prefix}/by-atmos`, { data: { value: 'text' } });
    expect(await open(rootToken).get('by-atmos')).toBe('text');
  });

  test('keeps no version of a deleted entry', async () => {
    const keyring = open(rootToken);
    await keyring.set('gone', 'first');
    await keyring.set('gone', 'second');
    expect(await keyring.delete('gone')).toBe(true);
    expect((await server.call('GET', `secret/metadata/${prefix}/gone`)).status).toBe(404);
  });

  test('lists more entries than a page has', async () => {
    const names = Array.from({ length: 1_100 }, (_, at) => `entry-${1000 + at}`);
    const write = (name: string) =>
      server.call('PUT', `secret/data/many/${name}`, { data: { value: 'x' } });
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map(write));
    }
    expect(await open(rootToken, { prefix: 'many' }).keys()).toEqual(names);
  });

  test('keeps namespaces apart', async () => {
    await server.call('POST', 'sys/namespaces/team', {});
    const engine = { type: 'kv', options: { version: '2' } };
    await server.call('POST', 'sys/mounts/secret', engine, { namespace: 'team' });
    const keyring = open(rootToken, { namespace: 'team' });
    await keyring.set('of-team', 'value');
    expect(await keyring.get('of-team')).toBe('value');
    expect(await open(rootToken).get('of-team')).toBeNull();
    expect(keyring.info.location).toBe(`${server.url}, secret/atmos/keyring in the namespace team`);
    expectError(
      await rejectionOf(open(rootToken, { namespace: 'other' }).keys()),
      'ERR_KEYRING_UNAVAILABLE',
      `the vault server ${server.url} (from ${source}) has no namespace other`,
    );
  });

  describe('policies', () => {
    const denial = (what: string) =>
      `the vault server ${server.url} (from ${source}) denies permission: the token's policies do not allow ${what}`;

    test('without list: entries are read and written, and not listed', async () => {
      const policy = bothPaths('"create", "read", "update", "delete"');
      const keyring = open(await server.createToken(policy));
      await keyring.set('key', 'value');
      expect(await keyring.get('key')).toBe('value');
      const error = await rejectionOf(keyring.keys());
      expectError(error, 'ERR_KEYRING_PERMISSIONS', denial('listing entries'));
      expect(error.hints[0]).toMatch(/^ask an administrator for a policy with create, read and/);
    });

    test('without write: entries are read and listed, and not changed', async () => {
      await open(rootToken).set('key', 'value');
      const keyring = open(await server.createToken(bothPaths('"read", "list"')));
      expect(await keyring.get('key')).toBe('value');
      expect(await keyring.keys()).toContain('key');
      const write = await rejectionOf(keyring.set('key', 'other'));
      expectError(write, 'ERR_KEYRING_PERMISSIONS', denial('writing an entry'));
      const remove = await rejectionOf(keyring.delete('key'));
      expectError(remove, 'ERR_KEYRING_PERMISSIONS', denial('deleting an entry'));
      expect(await keyring.get('key')).toBe('value');
    });
  });

  test('a token that expires between two requests is an error that says so', async () => {
    const token = await server.createToken(everything);
    const keyring = open(token);
    await keyring.set('key', 'value');
    await server.call('POST', 'auth/token/revoke', { token });
    expectError(
      await rejectionOf(keyring.get('key')),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the vault server ${server.url} (from ${source}) does not accept the token from the variable VAULT_TOKEN: it is invalid, or has expired`,
    );
    expect((await keyring.probe()).state).toBe('ready');
    expect((await open(token).probe()).state).toBe('locked');
  });

  test('a login by AppRole, also when its token is revoked during the command', async () => {
    await server.call('POST', 'sys/auth/approle', { type: 'approle' });
    await server.call('PUT', 'sys/policies/acl/team', { policy: everything });
    await server.call('POST', 'auth/approle/role/team', {
      token_policies: 'team',
      token_ttl: '1h',
    });
    const { body: role } = await server.call('GET', 'auth/approle/role/team/role-id');
    const { body: secret } = await server.call('POST', 'auth/approle/role/team/secret-id');
    const spec = {
      'auth.method': 'approle',
      'auth.role_id': role.data.role_id,
      'auth.secret_id_env': 'SECRET_ID',
    };
    const keyring = open(null, spec, { env: { SECRET_ID: secret.data.secret_id } });
    await keyring.set('by-role', 'value');
    await server.call('POST', 'sys/leases/revoke-prefix/auth/approle', {});
    expect(await keyring.get('by-role')).toBe('value');
    const wrong = open(null, spec, { env: { SECRET_ID: 'wrong' } });
    expectError(
      await rejectionOf(wrong.get('by-role')),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the vault server ${server.url} (from ${source}) refused the login by approle at auth/approle (status 400): "invalid role or secret ID"`,
    );
  });

  test('a login by a JSON Web Token in a file', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    await server.call('POST', 'sys/auth/ci', { type: 'jwt' });
    await server.call('POST', 'auth/ci/config', { jwt_validation_pubkeys: [pem] });
    await server.call('PUT', 'sys/policies/acl/team', { policy: everything });
    await server.call('POST', 'auth/ci/role/runner', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      token_policies: 'team',
    });
    const seconds = Math.floor(Date.now() / 1000);
    const part = (object: object) => Buffer.from(JSON.stringify(object)).toString('base64url');
    const claims = { sub: 'job-1', aud: 'vault', iat: seconds, exp: seconds + 600 };
    const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
    const file = join(temporaryDirectory(), 'token');
    writeFileSync(file, `${signed}.${signature}\n`);
    const spec = {
      'auth.method': 'jwt',
      'auth.mount': 'ci',
      'auth.role': 'runner',
      'auth.token_file': file,
    };
    const keyring = open(null, spec);
    await keyring.set('by-job', 'value');
    expect(await keyring.get('by-job')).toBe('value');
  });

  test('an engine that is missing, and one of version 1', async () => {
    await server.call('POST', 'sys/mounts/one', { type: 'kv', options: { version: '1' } });
    expectError(
      await rejectionOf(open(rootToken, { mount: 'none' }).keys()),
      'ERR_KEYRING_UNAVAILABLE',
      `the vault server ${server.url} (from ${source}) has no secrets engine at none`,
      `as an administrator of the server, to create it: bao secrets enable -address=${server.url} -path=none -version=2 kv`,
    );
    const one = open(rootToken, { mount: 'one' });
    const message = `one of the vault server ${server.url} (from ${source}) is a KV secrets engine of version 1, and the vault keyring needs a KV secrets engine of version 2`;
    for (const call of [() => one.keys(), () => one.get('key'), () => one.set('key', 'value')])
      expectError(
        await rejectionOf(call()),
        'ERR_KEYRING_VERSION',
        message,
        `as an administrator of the server, to upgrade it: bao kv enable-versioning -address=${server.url} one/`,
      );
    await server.call('POST', 'sys/mounts/two', { type: 'transit' });
    const { hints } = await rejectionOf(open(rootToken, { mount: 'two' }).keys());
    expect(hints).toEqual(['set auth.keyring.spec.mount to another engine']);
    expect((await server.call('GET', 'one/data/atmos/keyring/key')).status).toBe(404);
  });

  test('sealed in the middle of a command, and opened again', async () => {
    const keyring = open(rootToken);
    await keyring.set('key', 'before');
    await server.call('PUT', 'sys/seal');
    const message = `the vault server ${server.url} (from ${source}) is sealed`;
    const hint = 'ask an administrator of the server to unseal it';
    expectError(
      await rejectionOf(keyring.set('key', 'after')),
      'ERR_KEYRING_LOCKED',
      message,
      hint,
    );
    expect(await keyring.probe()).toEqual({ state: 'locked', reason: message });
    await server.call('PUT', 'sys/unseal', { key: server.unsealKey });
    await expect.poll(() => keyring.get('key')).toBe('before');
  });
});

describe.skipIf(!bao)('a server of OpenBao with TLS', () => {
  let server: OpenBao;
  beforeAll(async () => {
    server = await startOpenBao(bao?.path ?? '', true);
  });
  afterAll(() => server?.stop());

  const open = (spec: Readonly<Record<string, string>> = {}) =>
    openTestVault({ spec: { address: server.url, ...spec }, token: rootToken });

  test('is trusted by the certificate of its private authority, and only by it', async () => {
    const keyring = open({ ca_cert: server.caFile });
    await keyring.set('key', 'value');
    expect(await keyring.get('key')).toBe('value');
    expectError(
      await rejectionOf(open().get('key')),
      'ERR_KEYRING_UNAVAILABLE',
      /cannot be verified: TLS failed \((UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|SELF_SIGNED_CERT_IN_CHAIN)\)$/,
    );
  });

  test('is refused under another name', async () => {
    const spec = { ca_cert: server.caFile, tls_server_name: 'vault.example.com' };
    expectError(
      await rejectionOf(open(spec).get('key')),
      'ERR_KEYRING_UNAVAILABLE',
      `the vault server ${server.url} (from ${source}) cannot be verified: TLS failed (ERR_TLS_CERT_ALTNAME_INVALID)`,
    );
  });
});
