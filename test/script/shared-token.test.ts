import { existsSync, rmSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cliTokenPath, putCliToken, readCliFile } from '../clouds/aws/cli-token-files.ts';
import type { IdentityCenterOptions } from '../support/aws/identity-center-types.ts';
import { atTerminal } from './at-terminal.ts';
import { corpConfig, openPortal, type Corp } from './corp.ts';

// The tokens that the AWS CLI keeps in plain files, as a user of the program sees them.

const until = /until (\w{3} \d+ )?\d\d:\d\d \(in [\dhms ]+\)/.source;
const shared = ['share: aws-cli', 'session: corp', 'flow: device'];

async function openDesk(spec: readonly string[] = ['flow: device'], options = {}): Promise<Corp> {
  const given: IdentityCenterOptions = { isPreauthorized: true, ...options };
  const machine = await openPortal(given);
  Object.assign(machine.env, {
    ATMOS_AUTH_TRUST: '1',
    AWS_ENDPOINT_URL_SSO: machine.center.url,
    AWS_ENDPOINT_URL_SSO_OIDC: machine.center.url,
  });
  const config = corpConfig(machine, { spec: spec.join('\n        ') });
  machine.writeConfig(config.replace(/ +endpoint_url: .*\n/, ''));
  return machine;
}

/** What the AWS CLI signs in. */
function otherSignsIn({ center, home }: Corp, changes = {}) {
  const token = { ...center.signIn(), ...changes };
  putCliToken(home, token, 'corp');
  return token;
}

async function signIn(machine: Corp): Promise<void> {
  const session = atTerminal(machine, 'auth login --provider corp');
  await session.waitFor('Signed in to corp until ');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
}

test('a token of the AWS CLI is used without a sign-in, and every command says so', async () => {
  const machine = await openDesk();
  const theirs = otherSignsIn(machine);
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  const whoami = await machine.atmos('auth whoami');
  expect(whoami).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringMatching(
      new RegExp(`^dev in account 111111111111, realm r: valid ${until}, token of the AWS CLI\n$`),
    ),
  });
  const json = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(json.stdout)).toMatchObject({ source: 'keyring', token_source: 'aws-cli' });
  const list = await machine.atmos('auth list');
  expect(list.stdout).toContain(', token of the AWS CLI\n');
  const login = await machine.atmos('auth login --provider corp');
  expect(login.stderr).toMatch(
    new RegExp(`^Already signed in to corp ${until}, token of the AWS CLI\n$`),
  );
  const entries = await machine.atmos('auth keyring list -o json');
  expect(JSON.parse(entries.stdout)).toMatchObject([{ key: 'atmos_r_dev@session' }]);
  expect(readCliFile(machine.home, 'corp')).toEqual(theirs);
  // Only its own program may sign it out or remove it.
  expect((await machine.atmos('auth logout --provider corp')).stderr).toBe(
    'removed the session of dev: atmos_r_dev@session\n',
  );
  expect(readCliFile(machine.home, 'corp')).toEqual(theirs);
  expect(machine.center.requests()).not.toHaveProperty('Logout');
});

test('our own token wins over one of the AWS CLI', async () => {
  const machine = await openDesk(shared);
  await signIn(machine);
  otherSignsIn(machine, { expiresAt: '2099-01-01T00:00:00Z' });
  await machine.atmos('auth login');
  const json = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(json.stdout)).toMatchObject({ source: 'keyring', token_source: 'keyring' });
});

test('a shared token is in a private file, which doctor names and logout removes', async () => {
  const machine = await openDesk(shared);
  await signIn(machine);
  const path = cliTokenPath(machine.home, 'corp');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const doctor = await machine.atmos('auth keyring doctor');
  expect(doctor.stderr).toContain(
    `ok: session-files: ${path.replace(machine.home, '~')} holds a token of corp in plain text, as the AWS CLI writes it\n`,
  );
  const command = 'auth logout --provider corp';
  const said = (verb: string) => `${verb} the token of corp: ${path.replace(machine.home, '~')}\n`;
  expect((await machine.atmos(`${command} --dry-run`)).stderr).toContain(said('would remove'));
  expect(existsSync(path)).toBe(true);
  const { exitCode, stderr } = await machine.atmos(command);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining(said('removed')),
  });
  expect(stderr).toContain('ended the session at ');
  expect(existsSync(path)).toBe(false);
});

test('logout keeps the file of another portal that has the name of the session', async () => {
  const machine = await openDesk(shared);
  const other = otherSignsIn(machine, { startUrl: 'https://other.awsapps.com/start' });
  const login = atTerminal(machine, 'auth login --provider corp');
  await login.waitFor('is not shared with the AWS CLI: cannot write ');
  await login.waitFor('it holds the token of another portal');
  expect(await login.ended).toMatchObject({ exitCode: 0 });
  expect(await machine.atmos('auth logout --provider corp')).toMatchObject({ exitCode: 0 });
  expect(readCliFile(machine.home, 'corp')).toEqual(other);
});

test('share in the file of a project needs trust', async () => {
  const machine = await openDesk(shared);
  delete machine.env['ATMOS_AUTH_TRUST'];
  otherSignsIn(machine);
  const { exitCode, stderr } = await machine.atmos('auth login');
  expect(exitCode).toBe(2);
  expect(stderr).toContain(
    'writes the token, and what renews it, to ~/.aws/sso/cache in plain text',
  );
  expect(machine.center.calls).toEqual([]);
});

test.each(['--provider corp --local', '--provider corp', '--all --local', '--all-realms'])(
  'logout %s in a project without trust removes our own token, and not the file',
  async (options) => {
    const machine = await openDesk(shared);
    await signIn(machine);
    delete machine.env['ATMOS_AUTH_TRUST'];
    const { exitCode, stderr } = await machine.atmos(`auth logout ${options}`);
    expect(exitCode).toBe(2);
    expect(stderr.match(/is not trusted/g)).toHaveLength(1);
    expect(stderr).toContain('removed the token of ');
    expect(existsSync(cliTokenPath(machine.home, 'corp'))).toBe(true);
    const { stdout } = await machine.atmos('auth keyring list -o json');
    expect(stdout).not.toContain('@token');
  },
);

test('a dead refresh token needs a sign-in, and says so in one line', async () => {
  const machine = await openDesk(shared);
  await signIn(machine);
  machine.center.endPortalSessions();
  const { startUrl } = machine.center;
  putCliToken(
    machine.home,
    { ...readCliFile(machine.home, 'corp'), expiresAt: '2026-01-01T00:00:00Z' },
    'corp',
  );
  const failed = await machine.atmos('auth login');
  expect(failed).toEqual({
    exitCode: 4,
    stdout: '',
    stderr: expect.stringMatching(/^error: .*\nhint: .*atmos auth login --provider corp\n$/),
  });
  expect(failed.stderr).toContain(`the session at ${startUrl} has ended`);
  const session = atTerminal(machine, 'auth login');
  await session.waitFor('Logged in as dev');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  expect(machine.center.requests()).toMatchObject({ StartDeviceAuthorization: 2 });
  const json = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(json.stdout)).toMatchObject({ valid: true, token_source: 'keyring' });
});

describe.each([
  ['a shared token', shared],
  ['another token', ['flow: device']],
])('%s of the AWS CLI that the portal no longer accepts', (_, spec) => {
  async function endedDesk(): Promise<Corp> {
    const machine = await openDesk(spec);
    await signIn(machine);
    otherSignsIn(machine);
    machine.center.endPortalSessions();
    return machine;
  }

  test('leads to a sign-in', async () => {
    const machine = await endedDesk();
    const session = atTerminal(machine, 'auth exec -- true');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(machine.center.requests()).toMatchObject({ StartDeviceAuthorization: 2 });
  });

  test('needs the sign-in whose command is shown, and this one signs in', async () => {
    const machine = await endedDesk();
    const failed = await machine.atmos('auth login');
    expect(failed).toEqual({
      exitCode: 4,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*\nhint: .*atmos auth login --provider corp\n$/),
    });
    expect(failed.stderr).toContain(' needs a sign-in: ');
    await signIn(machine);
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  });
});

test('a pipe in place of the file stops nothing', async () => {
  const machine = await openDesk(shared);
  const path = putCliToken(machine.home, '', 'corp');
  rmSync(path);
  expect(await machine.run('mkfifo', [path])).toMatchObject({ exitCode: 0 });
  const { exitCode, stderr } = await machine.atmos('auth login');
  expect(exitCode).toBe(4);
  expect(stderr).toContain('no one is signed in at ');
  await signIn(machine);
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  expect(statSync(path).isFIFO()).toBe(true);
});

test('processes that need the token at the same time renew that of the file once', async () => {
  const machine = await openDesk(shared);
  const theirs = otherSignsIn(machine, { expiresAt: '2026-01-01T00:00:00Z' });
  const logins = Array.from({ length: 8 }, () => machine.atmos('auth login'));
  for (const { exitCode, stderr } of await Promise.all(logins)) {
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  }
  expect(machine.center.requests()).toEqual({
    'CreateToken refresh_token': 1,
    GetRoleCredentials: 1,
  });
  expect(readCliFile(machine.home, 'corp')['refreshToken']).not.toBe(theirs.refreshToken);
  expect(machine.center.problems()).toEqual([]);
});
