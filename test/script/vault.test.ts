import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, rootToken, startOpenBao, type OpenBao } from '../support/openbao.ts';
import { peer } from '../support/peers.ts';
import { plant, setTrap, sprung } from './hostile.ts';
import {
  accessKey,
  configOf,
  keyOnStdin,
  openConfiguredMachine,
  openMachine,
  sessionCalls,
  type Machine,
} from './machine.ts';
import { expectRefusal } from './stored.ts';

const bao = peer('openbao');
const key = 'secret/data/atmos/keyring/atmos_script_emergency-user';

/** More of `spec`: the file keyring that the machine had before. */
const sessionsInFile = ', sessions_keyring: file';

const vaultAt = (address: string, more = '') =>
  `type: vault\nspec: { address: "${address}"${more} }`;

describe.skipIf(!bao)('the program with the vault keyring', { timeout: 60_000 }, () => {
  let server: OpenBao;
  beforeAll(async () => {
    server = await startOpenBao(bao?.path ?? '');
  });
  afterAll(() => server?.stop());

  async function openVaultMachine(): Promise<Machine> {
    const machine = await openConfiguredMachine();
    Object.assign(machine.env, { VAULT_TOKEN: rootToken, ATMOS_AUTH_TRUST: '1' });
    return machine;
  }

  /** @param more keys of `spec` */
  async function moveToVault(machine: Machine, more = ''): Promise<void> {
    const env = { VAULT_ADDR: server.url };
    const moved = await machine.atmos('auth keyring migrate --to vault --force', { env });
    expect(moved).toMatchObject({ exitCode: 0 });
    machine.writeConfig(configOf(machine, { keyring: vaultAt(server.url, more) }));
  }

  test('migrates from a file to the server and back, and each is used in between', async () => {
    const machine = await openVaultMachine();
    machine.env['VAULT_ADDR'] = server.url;
    const there = await machine.atmos('auth keyring migrate --to vault --delete-source');
    expect(there).toMatchObject({ exitCode: 0, stdout: '' });
    expect(there.stderr).toContain(
      `1 moved: from file (~/.local/share/atmos/keyring) to vault (${server.url}, secret/atmos/keyring)`,
    );
    expect((await server.call('GET', key)).status).toBe(200);

    machine.writeConfig(configOf(machine, { keyring: vaultAt(server.url, sessionsInFile) }));
    const login = await machine.atmos('auth login');
    expect(login).toMatchObject({ exitCode: 0 });
    expect(login.stderr).not.toContain('warning');
    expect((await server.call('GET', `${key}@session`)).status).toBe(404);
    const list = await machine.atmos('auth keyring list');
    expect(list.stdout).toMatch(/^key +emergency-user .*\nsession +emergency-user /m);

    const back = await machine.atmos('auth keyring migrate --to file --delete-source');
    expect(back).toMatchObject({ exitCode: 0, stdout: '' });
    expect(back.stderr).toContain('1 moved');
    expect((await server.call('GET', key)).status).toBe(404);
    machine.writeConfig(configOf(machine));
    expect(await machine.atmos('auth whoami -o json')).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(machine)).toHaveLength(1);
    for (const { stderr } of [there, back]) {
      expect(stderr).not.toContain(accessKey.secretAccessKey);
      expect(stderr).not.toContain(rootToken);
    }
  });

  test('status and doctor show the server, its version and the token', async () => {
    const machine = await openVaultMachine();
    machine.writeConfig(configOf(machine, { keyring: vaultAt(server.url, ', prefix: status') }));
    const token = await server.createToken(
      'path "secret/*" { capabilities = ["create", "read", "update", "delete", "list"] }',
      { ttl: '2h', policies: ['root'] },
    );
    machine.env['VAULT_TOKEN'] = token;
    const status = await machine.atmos('auth keyring status');
    expect(status.stderr).toContain(`Where       ${server.url}, secret/status`);
    expect(status.stderr).toMatch(/^ +Server +version \d+\.\d+\.\d+$/m);
    expect(status.stderr).toMatch(/^ +Token +expires .*, policies: root$/m);
    const { stdout } = await machine.atmos('auth keyring status -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'vault',
      state: 'ready',
      entries: 0,
      server: { address: server.url, namespace: null, policies: ['root'] },
    });
    const doctor = await machine.atmos('auth keyring doctor');
    expect(doctor).toMatchObject({ exitCode: 0 });
    expect(doctor.stdout + doctor.stderr).toMatch(/has version \d/);
    expect(doctor.stdout + doctor.stderr).toContain('the token has the policies root and expires');
    expect(doctor.stdout + doctor.stderr).not.toContain(token);
  });

  test('without the permission to list, status shows the keyring and a key can be stored', async () => {
    const machine = await openVaultMachine();
    machine.writeConfig(configOf(machine, { keyring: vaultAt(server.url, ', prefix: unlisted') }));
    const own = '{ capabilities = ["create", "read", "update"] }';
    machine.env['VAULT_TOKEN'] = await server.createToken(
      `path "secret/data/unlisted/*" ${own}\npath "secret/metadata/unlisted/*" { capabilities = ["read", "delete"] }`,
    );
    const denied = `the vault server ${server.url} (from auth.keyring.spec.address (~/project/atmos.yaml:5:22)) denies permission: the token's policies do not allow listing entries`;
    const status = await machine.atmos('auth keyring status');
    expect(status).toMatchObject({ exitCode: 0 });
    expect(status.stderr).toContain(`State       ready: ${denied}`);
    const stored = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
    expect(stored).toMatchObject({ exitCode: 0 });
    const { stdout } = await machine.atmos('auth keyring status -o json');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'vault', state: 'ready', entries: null });
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  });

  test('status shows a server that has no engine at the mount', async () => {
    const machine = await openVaultMachine();
    machine.writeConfig(configOf(machine, { keyring: vaultAt(server.url, ', mount: nowhere') }));
    const status = await machine.atmos('auth keyring status');
    expect(status.exitCode).not.toBe(0);
    expect(status.stderr).toContain('State       unavailable');
    expect(status.stderr).toContain('has no secrets engine at nowhere');
    const { stdout, exitCode } = await machine.atmos('auth keyring status -o json');
    expect(exitCode).toBe(status.exitCode);
    const reason = expect.stringContaining('has no secrets engine at nowhere');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'vault', state: 'unavailable', reason });
  });

  test('sessions are with the access keys only if that is configured and trusted', async () => {
    const machine = await openVaultMachine();
    await moveToVault(machine);
    Object.assign(machine.env, { ATMOS_AUTH_TRUST: '', VAULT_ADDR: server.url });
    const keyring = 'type: vault\nspec: { sessions: shared }';
    machine.writeConfig(configOf(machine, { keyring }));
    const untrusted = await machine.atmos('auth login');
    expect(untrusted.stderr).toContain('stores sessions and tokens in the shared keyring');
    expect((await server.call('GET', `${key}@session`)).status).toBe(404);
    machine.env['ATMOS_AUTH_TRUST'] = '1';
    const login = await machine.atmos('auth login');
    expect(login).toMatchObject({ exitCode: 0 });
    expect(login.stderr).not.toContain('warning');
    const { body: session } = await server.call('GET', `${key}@session`);
    expect(JSON.parse(session.data.data.value).type).toBe('aws');
    expect(await machine.atmos('auth logout')).toMatchObject({ exitCode: 0 });
    expect((await server.call('GET', `${key}@session`)).status).toBe(404);
  });

  test('without a keyring for sessions each process opens one, and says so', async () => {
    const machine = await openVaultMachine();
    await moveToVault(machine);
    for (const times of [1, 2]) {
      const { exitCode, stderr } = await machine.atmos('auth login');
      expect(exitCode).toBe(0);
      expect(stderr).toContain('warning: sessions are kept only until this process exits: ');
      expect(stderr).toContain('hint: choose a keyring for them: ');
      expect(sessionCalls(machine)).toHaveLength(times);
    }
    const status = await machine.atmos('auth keyring status');
    expect(status.stderr).toContain('Sessions    memory: only until this process exits');
  });

  test('one process opens the session for all processes that need it at the same time', async () => {
    const machine = await openVaultMachine();
    await moveToVault(machine, sessionsInFile);
    const all = await Promise.all(
      Array.from({ length: 8 }, () => machine.atmos('auth credential-process')),
    );
    expect(all.map(({ exitCode }) => exitCode)).toEqual(all.map(() => 0));
    expect(new Set(all.map(({ stdout }) => stdout)).size).toBe(1);
    expect(sessionCalls(machine)).toHaveLength(1);
  });

  test('a program does not get the secret id', async () => {
    const machine = await openVaultMachine();
    const policy = 'path "secret/*" { capabilities = ["create", "read", "update", "list"] }';
    await server.call('PUT', 'sys/policies/acl/keyring', { policy });
    await server.call('POST', 'sys/auth/approle', { type: 'approle' });
    await server.call('POST', 'auth/approle/role/team', { token_policies: 'keyring' });
    const { body: role } = await server.call('GET', 'auth/approle/role/team/role-id');
    const { body: secret } = await server.call('POST', 'auth/approle/role/team/secret-id');
    const auth = `{ method: approle, role_id: ${role.data.role_id}, secret_id_env: TEAM_SECRET_ID }`;
    await moveToVault(machine, `${sessionsInFile}, auth: ${auth}`);
    const print = [process.execPath, '-p', 'String(process.env.TEAM_SECRET_ID)'];
    const env = { TEAM_SECRET_ID: secret.data.secret_id };
    const run = await machine.atmos(['auth', 'exec', '--', ...print], { env });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'undefined\n' });
  });

  test('a profile of auth env keeps the server, in any directory and without VAULT_ADDR', async () => {
    const machine = await openVaultMachine();
    await moveToVault(machine);
    machine.writeConfig(
      configOf(machine, { keyring: 'type: vault\nspec: { sessions_keyring: file }' }),
    );
    const { stdout } = await machine.atmos('auth env -f json', {
      env: { VAULT_ADDR: server.url },
    });
    const file = readFileSync(JSON.parse(stdout).AWS_CONFIG_FILE, 'utf8');
    const [node = '', ...words] = /^credential_process = (.*)$/m.exec(file)?.[1]?.split(' ') ?? [];
    const env = { VAULT_ADDR: 'https://elsewhere.invalid' };
    const answer = await machine.run(node, words, { directory: '/', env });
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(answer.stdout)).toMatchObject({ Version: 1 });
  });

  test('doctor does not touch a server that is only named by a variable', async () => {
    const machine = await openVaultMachine();
    machine.env['VAULT_ADDR'] = server.url;
    const { stdout, stderr } = await machine.atmos('auth keyring doctor');
    expect(stdout + stderr).not.toContain(server.url);
  });

  test('a file keyring takes its place only while it is unavailable', async () => {
    const machine = await openVaultMachine();
    const url = `http://127.0.0.1:${await freePort()}`;
    const withFallback = (address: string) =>
      configOf(machine, { keyring: `${vaultAt(address)}\nfallback: [file]` });
    machine.writeConfig(withFallback(url));
    const login = await machine.atmos('auth login');
    expect(login).toMatchObject({ exitCode: 0 });
    expect(login.stderr).toContain(
      `the vault keyring is unavailable (the vault server ${url} (from auth.keyring.spec.address (`,
    );
    expect(login.stderr).toContain('): using file, as configured in auth.keyring.fallback (');
    machine.writeConfig(withFallback(server.url));
    machine.env['VAULT_TOKEN'] = 's.unknown';
    const refused = await machine.atmos('auth login');
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain('does not accept the token from the variable VAULT_TOKEN');
    expect(refused.stderr).not.toContain('using file');
  });
});

// The trap listens on this machine, as another user could.
describe('without trust, nothing is sent to a server that a project names', () => {
  async function openTrap() {
    const machine = await openMachine();
    const trap = await setTrap(machine);
    const address = trap.url.replace('0.0.0.0', '127.0.0.1');
    plant(machine, { 'atmos.yaml': configOf(machine, { keyring: vaultAt(address) }) });
    machine.env['VAULT_TOKEN'] = 's.secret-token';
    const message = `is not trusted: it sends a token and the entries of the keyring to ${address}`;
    return { machine, trap, message };
  }

  test.each([
    'auth login',
    'auth keyring status',
    'auth keyring list',
    'auth keyring migrate --to file',
    'auth whoami',
    'auth logout emergency-user',
  ])('%s', async (command) => {
    const { machine, trap, message } = await openTrap();
    const { exitCode, stdout, stderr } = await machine.atmos(command);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('hint: atmos auth trust');
    expect(sprung(trap)).toEqual([]);
  });

  test('auth list and doctor report it', async () => {
    const { machine, trap, message } = await openTrap();
    expect(await machine.atmos('auth list')).toMatchObject({ exitCode: 0 });
    const doctor = await machine.atmos('auth keyring doctor');
    expect(doctor).toMatchObject({ exitCode: 3 });
    expect(doctor.stdout + doctor.stderr).toContain(message);
    expect(sprung(trap)).toEqual([]);
  });

  test('auth trust shows it, and then it is sent', async () => {
    const { machine, trap, message } = await openTrap();
    const trusted = await machine.atmos('auth trust --yes');
    expect(trusted).toMatchObject({ exitCode: 0 });
    const { stderr } = await machine.atmos('auth keyring status');
    expect(stderr).not.toContain(message);
    expect(sprung(trap)).toEqual(['the server was called']);
  });
});

test('invalid settings are errors of the configuration', async () => {
  const machine = await openMachine();
  machine.writeConfig(configOf(machine, { keyring: vaultAt('http://vault.example.com') }));
  const { exitCode, stderr } = await machine.atmos('auth keyring status');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /^error: the value "http:\/\/vault\.example\.com" \(from auth\.keyring\.spec\.address \(.*\)\) would send entries to another machine without TLS\nhint: use https, or http with an address of this machine\n$/,
  );
  machine.writeConfig(configOf(machine, { keyring: 'type: vault' }));
  await expectRefusal(
    machine,
    'auth keyring status',
    {},
    {
      exitCode: 2,
      message: /^error: the vault keyring \(from .*\) has no address of a server$/,
      hints: [
        'set auth.keyring.spec.address to the URL of the server',
        'export VAULT_ADDR=<https://vault.example.com:8200>',
      ],
    },
  );
});
