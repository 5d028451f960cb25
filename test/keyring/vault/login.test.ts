import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host, RunResult } from '../../../src/host/host.ts';
import {
  startFakeVault,
  usual,
  type FakeAnswer,
  type FakeVault,
} from '../../support/fake-vault.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { fastClock, openTestVault, type VaultOptions } from '../../support/vault-keyring.ts';
import { expectError, rejectionOf } from '../file/rejection.ts';

const entry: FakeAnswer = { body: { data: { data: { value: 'x' }, metadata: { version: 1 } } } };
const denied: FakeAnswer = { status: 403, body: { errors: ['permission denied'] } };
const forbidden: FakeAnswer = {
  status: 403,
  body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] },
};
const granted = (token: string, more: object = {}): FakeAnswer => ({
  body: { auth: { client_token: token, lease_duration: 0, renewable: false, ...more } },
});

/** A server that knows these tokens. */
function startWith(tokens: Set<string>, logins: Readonly<Record<string, () => FakeAnswer>> = {}) {
  return startFakeVault(({ path, headers }) => {
    const login = logins[path];
    if (login !== undefined) return login();
    const isPublic = path === 'sys/health';
    if (!isPublic && !tokens.has(String(headers['x-vault-token']))) return denied;
    return usual[path] ?? entry;
  });
}

const open = ({ url }: FakeVault, { spec, host, token = null }: VaultOptions = {}) =>
  openTestVault({ spec: { address: url, ...spec }, token, host: { ...fastClock(), ...host } });

function write(name: string, content: string): string {
  const file = join(temporaryDirectory(), name);
  writeFileSync(file, content);
  return file;
}

describe('an existing token', () => {
  test.each(['BAO_TOKEN', 'VAULT_TOKEN'])('is in %s', async (variable) => {
    const vault = await startWith(new Set(['s.one']));
    expect(await open(vault, { host: { env: { [variable]: 's.one' } } }).get('key')).toBe('x');
  });

  test('is in a file, or in the file that bao login writes', async () => {
    const vault = await startWith(new Set(['s.one']));
    const file = write('token', 's.one\n');
    expect(await open(vault, { spec: { 'auth.token_file': file } }).get('key')).toBe('x');
    const homeDirectory = join(write('.vault-token', 's.one'), '..');
    expect(await open(vault, { host: { homeDirectory } }).get('key')).toBe('x');
  });

  test('is printed by a command, which is not run to look', async () => {
    const vault = await startWith(new Set(['s.one']));
    const run: string[] = [];
    const host = { runShell: shell({ stdout: Buffer.from('s.one\nnotes\n') }, run) };
    const keyring = open(vault, { spec: { 'auth.token_command': 'print-token' }, host });
    const reason = 'the token command has not been run yet';
    expect(await keyring.probe()).toEqual({ state: 'locked', reason });
    expect(run).toEqual([]);
    expect(await keyring.get('key')).toBe('x');
    expect(run).toEqual(['print-token']);
    expect(await keyring.probe()).toEqual({ state: 'ready' });
  });

  test('that is missing is an error with every place', async () => {
    const vault = await startWith(new Set());
    expectError(
      await rejectionOf(open(vault).get('key')),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `no token for the vault server ${vault.url} (from auth.keyring.spec.address (/p/atmos.yaml:3:5)): BAO_TOKEN and VAULT_TOKEN are not set, and ~/.vault-token does not exist`,
      `to write a new token to ~/.vault-token: bao login -address=${vault.url}`,
    );
    expect((await open(vault).probe()).state).toBe('locked');
  });

  test('that is missing is not the reason if the server cannot be used', async () => {
    const sealed = await startFakeVault(() => ({ body: { initialized: true, sealed: true } }));
    const { code, message } = await rejectionOf(open(sealed).get('key'));
    expect(code).toBe('ERR_KEYRING_LOCKED');
    expect(message).toMatch(/ is sealed$/);
  });

  test('that the server refuses is an error with its source', async () => {
    const vault = await startWith(new Set());
    expectError(
      await rejectionOf(open(vault, { token: 's.old' }).get('key')),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the vault server ${vault.url} (from auth.keyring.spec.address (/p/atmos.yaml:3:5)) does not accept the token from the variable VAULT_TOKEN: it is invalid, or has expired`,
      'unset VAULT_TOKEN',
    );
    expect((await open(vault, { token: 's.old' }).probe()).state).toBe('locked');
  });

  test('that expires is read again from its file', async () => {
    const tokens = new Set(['s.one']);
    const vault = await startWith(tokens);
    const file = write('token', 's.one');
    const keyring = open(vault, { spec: { 'auth.token_file': file } });
    expect(await keyring.get('key')).toBe('x');
    tokens.clear();
    tokens.add('s.two');
    writeFileSync(file, 's.two');
    expect(await keyring.get('key')).toBe('x');
  });

  test('without a policy is another error than an expired one', async () => {
    const vault = await startFakeVault(() => forbidden);
    const { code, message } = await rejectionOf(open(vault, { token: 's.one' }).get('key'));
    expect(code).toBe('ERR_KEYRING_PERMISSIONS');
    expect(message).toMatch(
      /denies permission: the token's policies do not allow reading an entry$/,
    );
    expect(vault.requests).toHaveLength(1);
  });

  test.each([
    [
      'a missing file',
      '/nonexistent/token',
      /^the token file \/nonexistent\/token \(from .*\) does not exist$/,
      'write a token of the server to it, or configure another login under auth.keyring.spec.auth',
    ],
    ['a directory', '/', /^the token file \/ \(from .*\) is a directory$/, 'ls -l /'],
  ])('%s is an error', async (_, file, message, hint) => {
    const vault = await startWith(new Set());
    const call = open(vault, { spec: { 'auth.token_file': file } }).get('key');
    expectError(await rejectionOf(call), 'ERR_KEYRING_PASSWORD_REQUIRED', message, hint);
  });

  test.each([
    ['is empty', '\n', /^the token file .* is empty$/],
    ['has lines', 'a\nb', /does not hold one line of printable characters$/],
    ['would end the header', 'a\r\nx: y', /does not hold one line of printable characters$/],
  ])('a file that %s is an error that does not show it', async (_, content, message) => {
    const vault = await startWith(new Set());
    const spec = { 'auth.token_file': write('token', content) };
    const error = await rejectionOf(open(vault, { spec }).get('key'));
    expectError(error, 'ERR_KEYRING_PASSWORD_REQUIRED', message);
  });

  test.each([
    ['fails', { exitCode: 3 }, 'PASSWORD_REQUIRED', / failed with exit code 3$/],
    ['is killed', { exitCode: null }, 'PASSWORD_REQUIRED', / was killed$/],
    ['does not end', { timedOut: true }, 'TIMEOUT', / did not exit within 30 seconds$/],
    ['prints nothing', {}, 'PASSWORD_REQUIRED', / is empty$/],
    [
      'prints too much',
      { wroteTooMuch: true },
      'PASSWORD_REQUIRED',
      / printed too much for a token$/,
    ],
  ] as const)('a command that %s is an error', async (_, result, code, message) => {
    const vault = await startWith(new Set());
    const spec = { 'auth.token_command': 'print-token' };
    const error = await rejectionOf(
      open(vault, { spec, host: { runShell: shell(result) } }).get('k'),
    );
    expectError(error, `ERR_KEYRING_${code}`, message);
  });
});

function shell(result: Partial<RunResult>, run: string[] = []): Host['runShell'] {
  return async (command) => {
    run.push(command);
    return {
      exitCode: 0,
      stdout: Buffer.alloc(0),
      timedOut: false,
      wroteTooMuch: false,
      ...result,
    };
  };
}

describe('a login by AppRole', () => {
  const approle = { 'auth.method': 'approle', 'auth.role_id': 'role-1' };

  test('sends the role and the secret id, and is shared by requests at the same time', async () => {
    const vault = await startWith(new Set(['s.one']), {
      'auth/approle/login': () => granted('s.one'),
    });
    const spec = { ...approle, 'auth.secret_id_env': 'SECRET_ID' };
    const keyring = open(vault, { spec, host: { env: { SECRET_ID: 'secret-1' } } });
    await Promise.all([keyring.get('a'), keyring.get('b'), keyring.get('c')]);
    const logins = vault.requests.filter(({ path }) => path === 'auth/approle/login');
    expect(logins.map(({ body }) => body)).toEqual([{ role_id: 'role-1', secret_id: 'secret-1' }]);
  });

  test('that is refused is an error with the reason of the server, without the secret', async () => {
    const reason = { errors: ['invalid role or secret ID'] };
    const vault = await startWith(new Set(), {
      'auth/approle/login': () => ({ status: 400, body: reason }),
    });
    const spec = { ...approle, 'auth.secret_id_file': write('secret-id', 'secret-1\n') };
    expectError(
      await rejectionOf(open(vault, { spec }).get('key')),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the vault server ${vault.url} (from auth.keyring.spec.address (/p/atmos.yaml:3:5)) refused the login by approle at auth/approle (status 400): "invalid role or secret ID"`,
    );
    reason.errors = ['no secret-2 here'];
    writeFileSync(spec['auth.secret_id_file'], 'secret-2\n');
    const { message } = await rejectionOf(open(vault, { spec }).get('key'));
    expect(message).toMatch(/\(status 400\)$/);
  });

  test('that is refused is not sent again by the same process, unless the secret has changed', async () => {
    const vault = await startWith(new Set(), {
      'auth/approle/login': () => ({ status: 400, body: { errors: ['invalid secret id'] } }),
    });
    const spec = { ...approle, 'auth.secret_id_file': write('secret-id', 'secret-1\n') };
    const logins = () => vault.requests.filter(({ path }) => path === 'auth/approle/login').length;
    const keyring = open(vault, { spec });
    await rejectionOf(keyring.get('key'));
    await rejectionOf(keyring.keys());
    const { message } = await rejectionOf(open(vault, { spec }).get('key'));
    expect(message).toMatch(/\(status 400\): "invalid secret id"$/);
    expect(logins()).toBe(1);
    writeFileSync(spec['auth.secret_id_file'], 'secret-2\n');
    await rejectionOf(keyring.get('key'));
    expect(logins()).toBe(2);
  });

  test('that is denied may be locked, or there is no login method', async () => {
    const vault = await startWith(new Set(), { 'auth/ci/login': () => denied });
    const { code, message, hints } = await rejectionOf(
      open(vault, { spec: { ...approle, 'auth.mount': 'ci' } }).get('key'),
    );
    expect(code).toBe('ERR_KEYRING_PASSWORD_REQUIRED');
    expect(message).toMatch(
      /refused the login by approle at auth\/ci \(status 403\): "permission denied"$/,
    );
    const check =
      'check the settings in auth.keyring.spec.auth, and on the server the role and its login method at auth/';
    expect(hints).toEqual([
      'after five refused logins the server refuses the role for 15 minutes by default: wait, or ask an administrator to unlock it',
      `${check}ci`,
    ]);
    const spec = {
      'auth.method': 'jwt',
      'auth.role': 'r',
      'auth.token_file': write('jwt', 'a.b.c'),
    };
    const ofJwt = await rejectionOf(open(vault, { spec }).get('key'));
    expect(ofJwt.hints).toEqual([`${check}jwt`]);
  });

  test('names the role that the server does not have, but never the token', async () => {
    const reason = { errors: ['role "dev" could not be found'] };
    const vault = await startWith(new Set(), {
      'auth/jwt/login': () => ({ status: 400, body: reason }),
    });
    const file = write('jwt', 'a.b.c');
    const spec = { 'auth.method': 'jwt', 'auth.role': 'dev', 'auth.token_file': file };
    const { message } = await rejectionOf(open(vault, { spec }).get('key'));
    expect(message).toMatch(/\(status 400\): "role \\"dev\\" could not be found"$/);
    reason.errors = ['a.b.d is no token'];
    writeFileSync(file, 'a.b.d');
    expect((await rejectionOf(open(vault, { spec }).get('key'))).message).toMatch(
      /\(status 400\)$/,
    );
  });

  test.each([
    ['that is not set', 'secret_id_env', {}, /^the variable SECRET_ID \(named by .*\) is not set$/],
    ['that is empty', 'secret_id_env', { SECRET_ID: ' ' }, /^the variable SECRET_ID .* is empty$/],
    ['of a file that does not exist', 'secret_id_file', {}, /does not exist$/],
    ['of an empty file', 'secret_id_file', {}, / is empty$/],
  ])('without a secret id %s is an error', async (named, key, env, message) => {
    const vault = await startWith(new Set());
    const file = named.includes('empty') ? write('secret-id', '\n') : '/nonexistent';
    const value = key === 'secret_id_env' ? 'SECRET_ID' : file;
    const spec = { ...approle, 'auth.mount': 'ci', [`auth.${key}`]: value };
    const error = await rejectionOf(open(vault, { spec, host: { env } }).get('key'));
    expectError(
      error,
      'ERR_KEYRING_PASSWORD_REQUIRED',
      message,
      `as an administrator of the server, to create one for the role: bao write -force -field=secret_id -address=${vault.url} auth/ci/role/NAME/secret-id`,
    );
  });

  test('without the token of the issuer is an error', async () => {
    const vault = await startWith(new Set());
    const spec = { 'auth.method': 'jwt', 'auth.role': 'r', 'auth.token_file': '/nonexistent' };
    const error = await rejectionOf(open(vault, { spec }).get('key'));
    expectError(error, 'ERR_KEYRING_PASSWORD_REQUIRED', /does not exist$/);
  });

  test.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['has a line break', 'canary\ncanary'],
    ['has a space', 'canary canary'],
    ['is not ASCII', 'canary-日本'],
  ])('whose token %s is an error that does not show it', async (_, token) => {
    const body = { auth: { client_token: token, lease_duration: 60, renewable: true } };
    const vault = await startWith(new Set(), { 'auth/approle/login': () => ({ body }) });
    expectError(
      await rejectionOf(open(vault, { spec: approle }).get('key')),
      'ERR_KEYRING_IO',
      `the vault server ${vault.url} (from auth.keyring.spec.address (/p/atmos.yaml:3:5)) returned an answer to the login without a token that can be sent`,
    );
  });

  test('is repeated when the server no longer knows the token', async () => {
    const tokens = new Set<string>();
    let logins = 0;
    const vault = await startWith(tokens, {
      'auth/approle/login': () => {
        tokens.clear();
        tokens.add(`s.${++logins}`);
        return granted(`s.${logins}`);
      },
    });
    const keyring = open(vault, { spec: approle });
    expect(await keyring.get('key')).toBe('x');
    tokens.clear();
    expect(await keyring.get('key')).toBe('x');
    expect(logins).toBe(2);
  });
});

describe('the token of a login', () => {
  async function withLife(isRenewable: boolean, renewal: () => FakeAnswer) {
    let nowMs = 0;
    let logins = 0;
    const life = { lease_duration: 60, renewable: isRenewable };
    const vault = await startFakeVault(({ path }) => {
      if (path === 'auth/jwt/login') return granted(`s.${++logins}`, life);
      if (path === 'auth/token/renew-self') return renewal();
      return usual[path] ?? entry;
    });
    const jwt = {
      'auth.method': 'jwt',
      'auth.role': 'r',
      'auth.token_file': write('jwt', 'a.b.c'),
    };
    const host = { ...fastClock(), monotonicMs: () => nowMs };
    const keyring = open(vault, { spec: jwt, host });
    const pathsAt = async (ms: number) => {
      nowMs = ms;
      const { length } = vault.requests;
      await keyring.get('key');
      return vault.requests.slice(length).map(({ path }) => path);
    };
    return { pathsAt };
  }
  const data = 'secret/data/atmos/keyring/key';

  test('is renewed when less than a third of its life is left', async () => {
    const { pathsAt } = await withLife(true, () =>
      granted('s.1', { lease_duration: 60, renewable: true }),
    );
    expect(await pathsAt(0)).toEqual(['auth/jwt/login', data]);
    expect(await pathsAt(39_000)).toEqual([data]);
    expect(await pathsAt(41_000)).toEqual(['auth/token/renew-self', data]);
    expect(await pathsAt(80_000)).toEqual([data]);
  });

  test('is replaced by a new login if the renewal gives a token that cannot be sent', async () => {
    const { pathsAt } = await withLife(true, () => granted('s 1', { lease_duration: 60 }));
    await pathsAt(0);
    expect(await pathsAt(41_000)).toEqual(['auth/token/renew-self', 'auth/jwt/login', data]);
  });

  test('is replaced by a new login if it is not renewable, or not renewed', async () => {
    for (const isRenewable of [true, false]) {
      const { pathsAt } = await withLife(isRenewable, () => denied);
      await pathsAt(0);
      const renewal = isRenewable ? ['auth/token/renew-self'] : [];
      expect(await pathsAt(41_000)).toEqual([...renewal, 'auth/jwt/login', data]);
    }
  });
});
