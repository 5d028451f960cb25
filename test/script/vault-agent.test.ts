import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy.ts';
import { startFakeVault, usual } from '../support/fake-vault.ts';
import { startOpenBao, type OpenBao } from '../support/openbao.ts';
import { peer } from '../support/peers.ts';
import { configOf, openMachine, type Machine, type RunOptions } from './machine.ts';

const bao = peer('openbao');
const login = '/v1/auth/approle/login';
const renewal = '/v1/auth/token/renew-self';
const revocation = '/v1/auth/token/revoke-self';

const policy = 'path "secret/*" { capabilities = ["create", "read", "update", "delete", "list"] }';

interface VaultMachine extends Machine {
  readonly proxy: CountingProxy;
  /** Writes atmos.yaml with more keys of `spec`, separated by commas. */
  configure(more?: string): void;
}

test('a login that gives no token that can be sent is an error of list and of unlock', async () => {
  const machine = await openMachine();
  const vault = await startFakeVault(({ path }) =>
    path.endsWith('/login') ? { body: { auth: { client_token: 'canary\ncanary' } } } : usual[path],
  );
  machine.env['ATMOS_AUTH_TRUST'] = '1';
  const spec = `{ address: "${vault.url}", auth: { method: approle, role_id: r } }`;
  machine.writeConfig(configOf(machine, { keyring: `type: vault\nspec: ${spec}` }));
  const results = ['auth keyring list', 'auth keyring unlock'].map((command) =>
    machine.atmos(command),
  );
  for (const { exitCode, stdout, stderr } of await Promise.all(results)) {
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(
      /^error: the vault server .* returned an answer to the login without a token that can be sent$/m,
    );
    expect(stderr).not.toContain('canary');
  }
});

describe.skipIf(!bao)('the agent of a vault keyring', { timeout: 60_000 }, () => {
  let server: OpenBao;
  beforeAll(async () => {
    server = await startOpenBao(bao?.path ?? '');
    await server.call('POST', 'sys/auth/approle', { type: 'approle' });
    await server.call('PUT', 'sys/policies/acl/keyring', { policy });
  });
  afterAll(() => server?.stop());

  /** A machine that logs in by a role of its own, through a proxy. */
  async function openVaultMachine(tokenTtl = '1h', role: object = {}): Promise<VaultMachine> {
    const machine = await openMachine();
    const rolePath = `auth/approle/role/r${Math.random().toString(36).slice(2)}`;
    const settings = { token_policies: 'keyring', token_ttl: tokenTtl, ...role };
    await server.call('POST', rolePath, settings);
    const { body: roleId } = await server.call('GET', `${rolePath}/role-id`);
    const { body: secretId } = await server.call('POST', `${rolePath}/secret-id`);
    const proxy = await startCountingProxy(server.url);
    Object.assign(machine.env, {
      ATMOS_AUTH_TRUST: '1',
      TEAM_SECRET_ID: secretId.data.secret_id,
    });
    onTestFinished(async () => {
      await machine.atmos('auth keyring lock');
      await proxy.close();
    });
    const auth = `auth: { method: approle, role_id: ${roleId.data.role_id}, secret_id_env: TEAM_SECRET_ID }`;
    const configure = (more = '') => {
      const byRole = more.includes('auth:') ? '' : `, ${auth}`;
      const spec = `{ address: "${proxy.url}"${byRole}${more} }`;
      machine.writeConfig(configOf(machine, { keyring: `type: vault\nspec: ${spec}` }));
    };
    configure();
    return { ...machine, proxy, configure };
  }

  async function list(machine: Machine, env: RunOptions['env'] = {}): Promise<void> {
    const listed = await machine.atmos('auth keyring list', { env });
    expect(listed).toMatchObject({ exitCode: 0 });
    expect(listed.stderr).not.toMatch(/warning|error/);
  }

  test('thirty processes are one login, which ends with the agent', async () => {
    const machine = await openVaultMachine();
    const { proxy } = machine;
    const unlocked = await machine.atmos('auth keyring unlock');
    expect(unlocked).toMatchObject({ exitCode: 0, stdout: '' });
    expect(unlocked.stderr).toContain(
      `unlocked the keyring ${proxy.url}, secret/atmos/keyring until`,
    );
    const withoutSecret = { TEAM_SECRET_ID: undefined };
    await Promise.all(Array.from({ length: 30 }, () => list(machine, withoutSecret)));
    const status = await machine.atmos('auth keyring status');
    expect(status.stderr).toMatch(/^ +Agent +unlocked until .*, pid \d+$/m);
    expect(status.stderr).toMatch(/^ +Token +expires .*, policies: default, keyring$/m);
    expect(proxy.count(login)).toBe(1);

    const token = proxy.requests.find(({ path }) => path.startsWith('/v1/secret/'))?.token ?? '';
    const look = () => server.call('GET', 'auth/token/lookup-self', undefined, { token });
    expect((await look()).status).toBe(200);
    const locked = await machine.atmos('auth keyring lock');
    expect(locked.stderr).toBe(`locked the keyring ${proxy.url}, secret/atmos/keyring\n`);
    await proxy.requested(revocation, 1);
    expect((await look()).status).toBe(403);
    await list(machine);
    expect(proxy.count(login)).toBe(2);
  });

  test('a token is renewed, and replaced if it is revoked', async () => {
    const machine = await openVaultMachine('6s');
    const { proxy } = machine;
    expect(await machine.atmos('auth keyring unlock')).toMatchObject({ exitCode: 0 });
    await proxy.requested(renewal, 1);
    expect(proxy.count(login)).toBe(1);
    const token = proxy.requests.find(({ path }) => path === renewal)?.token ?? '';
    const { body } = await server.call('GET', 'auth/token/lookup-self', undefined, { token });
    const { issue_time: issued, expire_time: expires } = body.data;
    expect(Date.parse(expires) - Date.parse(issued)).toBeGreaterThan(6000);
    await server.call('POST', 'auth/token/revoke', { token });
    await list(machine);
    expect(proxy.count(login)).toBe(2);
  });

  test('without an agent of the same settings each process logs in', async () => {
    const machine = await openVaultMachine();
    const { proxy } = machine;
    await machine.atmos('auth keyring unlock');
    const { stdout } = await machine.atmos('auth keyring status -o json');
    const { agent } = JSON.parse(stdout);
    expect(agent).toMatchObject({ running: true });
    await list(machine, { ATMOS_KEYRING_AGENT: 'off' });
    expect(proxy.count(login)).toBe(2);
    machine.configure(', prefix: other');
    await list(machine);
    expect(proxy.count(login)).toBe(3);
    machine.configure();
    await list(machine);
    expect(proxy.count(login)).toBe(3);
    process.kill(agent.process_id, 'SIGKILL');
    await list(machine);
    expect(proxy.count(login)).toBe(4);
  });

  test('a refused login, and an existing token, are errors of unlock', async () => {
    const machine = await openVaultMachine();
    const refused = await machine.atmos('auth keyring unlock', {
      env: { TEAM_SECRET_ID: 'wrong-secret-id' },
    });
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
    expect(refused.stderr).toContain('refused the login by approle at auth/approle (status 400)');
    expect(refused.stderr).not.toContain('wrong-secret-id');
    const before = machine.proxy.count(login);
    for (const command of ['doctor', 'status', 'list']) {
      const env = { TEAM_SECRET_ID: `wrong-for-${command}` };
      await machine.atmos(`auth keyring ${command}`, { env });
    }
    expect(machine.proxy.count(login) - before).toBe(3);
    const { stdout } = await machine.atmos('auth keyring lock -o json');
    expect(JSON.parse(stdout)).toMatchObject({ was_unlocked: false, others: [] });
    machine.configure(', auth: { method: token }');
    const needless = await machine.atmos('auth keyring unlock');
    expect(needless).toMatchObject({ exitCode: 2, stdout: '' });
    expect(needless.stderr).toMatch(
      /^error: the keyring type is vault \(from .*\), but it uses an existing token and does not log in\nhint: continue without unlock: the other commands do not need it\n$/,
    );
    const idle = await machine.atmos('auth keyring lock');
    expect(idle.stderr).toBe(
      `the keyring ${machine.proxy.url}, secret/atmos/keyring was not unlocked: it uses an existing token and does not log in\n`,
    );
    const json = await machine.atmos('auth keyring lock -o json');
    expect(JSON.parse(json.stdout)).toEqual({
      location: `${machine.proxy.url}, secret/atmos/keyring`,
      was_unlocked: false,
      process_id: null,
      others: [],
    });
    machine.configure();
  });

  test('an engine that does not exist, and a sealed server, are errors of unlock', async () => {
    const machine = await openVaultMachine();
    expect(await machine.atmos('auth keyring unlock')).toMatchObject({ exitCode: 0 });
    machine.configure(', mount: nowhere');
    const elsewhere = await machine.atmos('auth keyring unlock');
    expect(elsewhere).toMatchObject({ exitCode: 3, stdout: '' });
    expect(elsewhere.stderr).toContain(
      "denies permission: the token's policies do not allow access to the secrets engine",
    );
    const locked = await machine.atmos('auth keyring lock -o json');
    expect(JSON.parse(locked.stdout)).toMatchObject({ was_unlocked: false });
    machine.configure();
    await server.call('POST', 'sys/seal');
    try {
      const renewed = await machine.atmos('auth keyring unlock');
      expect(renewed).toMatchObject({ exitCode: 3, stdout: '' });
      expect(renewed.stderr).toMatch(/^error: the vault server .* is sealed\n/);
    } finally {
      await server.call('POST', 'sys/unseal', { key: server.unsealKey });
    }
  });

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'an unlock that %s ends leaves no token and no agent',
    async (signal) => {
      const machine = await openVaultMachine();
      const { proxy, project: cwd, env } = machine;
      const logins = proxy.holdBack(login);
      const unlock = spawn(process.execPath, [builtCli(), 'auth', 'keyring', 'unlock'], {
        cwd,
        env,
      });
      const exited = once(unlock, 'exit');
      await logins.arrived;
      unlock.kill(signal);
      await exited;
      logins.send();
      await proxy.requested(revocation, 1);
      const token = proxy.requests.find(({ path }) => path === revocation)?.token ?? '';
      const look = await server.call('GET', 'auth/token/lookup-self', undefined, { token });
      expect(look.status).toBe(403);
      const files = () => readdirSync(join(machine.home, '.local/state/atmos/run'));
      await expect.poll(files).toEqual(['lock']);
      await list(machine);
      expect(proxy.count(login)).toBe(2);
    },
  );

  test('lock warns if the server does not let the token revoke itself', async () => {
    const machine = await openVaultMachine('1h', { token_no_default_policy: true });
    const { proxy } = machine;
    expect(await machine.atmos('auth keyring unlock')).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await machine.atmos('auth keyring lock');
    const location = `${proxy.url}, secret/atmos/keyring`;
    const named = `the vault server ${proxy.url} (from auth.keyring.spec.address (PLACE))`;
    expect({ exitCode, stderr: stderr.replace(/[^(]+atmos\.yaml:\d+:\d+/, 'PLACE') }).toEqual({
      exitCode: 0,
      stderr:
        `warning: the keyring ${location}: the token was not revoked, and is valid until it expires: ` +
        `${named} denies permission: the token's policies do not allow revoking the token\n` +
        `locked the keyring ${location}\n`,
    });
  });

  test('lock warns if the server does not answer in time', async () => {
    const machine = await openVaultMachine();
    expect(await machine.atmos('auth keyring unlock')).toMatchObject({ exitCode: 0 });
    const revocations = machine.proxy.holdBack(revocation);
    const { exitCode, stderr } = await machine.atmos('auth keyring lock');
    revocations.send();
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^warning: the keyring .*: the token was not revoked, and is valid until it expires: the vault server .* did not answer within 2 seconds\nlocked the keyring .*\n$/,
    );
  });

  test('lock does not warn of a token that is no longer valid', async () => {
    const machine = await openVaultMachine();
    const { proxy } = machine;
    expect(await machine.atmos('auth keyring unlock')).toMatchObject({ exitCode: 0 });
    await list(machine);
    const token = proxy.requests.find(({ path }) => path.startsWith('/v1/secret/'))?.token ?? '';
    await server.call('POST', 'auth/token/revoke', { token });
    const { stderr } = await machine.atmos('auth keyring lock');
    expect(stderr).toBe(`locked the keyring ${proxy.url}, secret/atmos/keyring\n`);
  });

  test('unlock also unlocks the keyring of sessions', async () => {
    const machine = await openVaultMachine();
    machine.configure(', sessions_keyring: file');
    const { stdout } = await machine.atmos('auth keyring unlock -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      location: `${machine.proxy.url}, secret/atmos/keyring`,
      others: [{ location: machine.keyring, new_keyring: true }],
    });
    const { stdout: locked } = await machine.atmos('auth keyring lock -o json');
    expect(JSON.parse(locked)).toMatchObject({
      was_unlocked: true,
      others: [{ location: machine.keyring, was_unlocked: true }],
    });
  });
});
