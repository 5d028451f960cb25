import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { manyAccounts } from '../support/aws/many-accounts.mjs';
import { atTerminal } from './at-terminal.ts';
import {
  editList,
  inTerminal,
  listedNames,
  listFile,
  openProvisioning,
  signIn,
} from './provisioning.ts';

const limitMs = 120_000;

function account(id: string, name: string, ...roles: string[]) {
  return { id: id.padStart(12, '0'), name, email: `a${id}@example.com`, roles };
}

describe('after a sign-in', { timeout: limitMs }, () => {
  test('accounts and permission sets are identities of every command', async () => {
    const machine = await openProvisioning();
    const before = await machine.atmos('auth whoami -i dev/ReadOnly');
    expect(before.exitCode).toBe(2);
    expect(before.stderr).toContain('atmos auth login --provider corp');
    const { exitCode, shown } = await inTerminal(machine, 'auth login --provider corp');
    expect(exitCode).toBe(0);
    expect(shown).toContain('Listed 4 identities in 2 accounts of corp');
    expect(await listedNames(machine)).toEqual([
      'dev/Administrator',
      'dev/ReadOnly',
      'prod/Administrator',
      'prod/ReadOnly',
    ]);
    const completed = await machine.atmos(['__complete', '--', 'auth', 'exec', '-i', 'prod/']);
    expect(completed.stdout).toBe('prod/Administrator\nprod/ReadOnly\n');
    const tree = await machine.atmos('auth list');
    expect(tree.stdout).toMatch(/^corp \(.*4 identities, listed \d+s ago\n/);
    const run = await machine.atmos('auth exec -i DEV/readonly -- printenv AWS_ACCESS_KEY_ID');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ASIA/) });
    const env = await machine.atmos('auth env -i dev/ReadOnly');
    expect(env.exitCode).toBe(0);
    expect((await machine.atmos('auth validate')).stderr).toBe('ok: ~/project/atmos.yaml\n');
    expect(machine.center.problems()).toEqual([]);
  });

  test('only the user can read the list, and a second login asks for nothing', async () => {
    const machine = await openProvisioning();
    await signIn(machine);
    expect(statSync(listFile(machine)).mode & 0o777).toBe(0o600);
    const calls = machine.center.calls.length;
    await signIn(machine);
    expect(machine.center.calls).toHaveLength(calls);
  });

  test('a configured identity wins; without a kind it adds to the listed one', async () => {
    const machine = await openProvisioning(
      {},
      {
        identities: `
    DEV/readonly: { kind: aws/user, credentials: { region: eu-west-1 } }
    prod/readonly: { default: true }`,
      },
    );
    await signIn(machine);
    const { stdout } = await machine.atmos('auth list -o json');
    expect(JSON.parse(stdout).identities).toMatchObject({
      'DEV/readonly': { kind: 'aws/user', via: null },
      'prod/ReadOnly': { kind: 'aws/permission-set', default: true, via: { provider: 'corp' } },
    });
    const { exitCode, stderr } = await machine.atmos('auth exec -- true');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test('without the setting nothing is listed', async () => {
    const machine = await openProvisioning();
    machine.writeConfig(
      readFileSync(join(machine.project, 'atmos.yaml'), 'utf8').replace(
        'auto_provision_identities: true',
        'auto_provision_identities: false',
      ),
    );
    await signIn(machine);
    expect(machine.center.requests()).not.toHaveProperty('ListAccounts');
    const { exitCode, stderr } = await machine.atmos('auth list --refresh');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(
        /^error: no provider lists identities, so there is nothing to refresh\nhint: add auto_provision_identities: true/,
      ),
    });
  });
});

describe('a listing that does not end well', { timeout: limitMs }, () => {
  test.each(['SIGINT', 'SIGKILL'] as const)(
    'is continued after %s, and asks for no account twice',
    async (signal) => {
      const machine = await openProvisioning({ accounts: manyAccounts(100) });
      const session = atTerminal(machine, 'auth login --provider corp');
      // The list is written every two seconds.
      const wanted = signal === 'SIGINT' ? 12 : 50;
      await expect
        .poll(() => machine.center.requests()['ListAccountRoles'] ?? 0, { timeout: 60_000 })
        .toBeGreaterThan(wanted);
      process.kill(session.pid, signal);
      await session.ended;
      const asked = machine.center.calls.flatMap(({ params }) => params['account_id'] ?? []);
      const { stdout } = await machine.atmos('auth list');
      expect(stdout).toMatch(/listed \d+s ago, not completely\n/);
      const from = machine.center.calls.length;
      const { exitCode, stderr } = await machine.atmos('auth list --refresh');
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: '✓ Listed 300 identities in 100 accounts of corp\n',
      });
      const again = machine.center.calls
        .slice(from)
        .flatMap((one) => one.params['account_id'] ?? []);
      // At most what was in flight, or not written yet.
      const lost = signal === 'SIGINT' ? 7 : 45;
      expect(again.length).toBeLessThanOrEqual(100 - asked.length + lost);
      expect(again.length).toBeGreaterThanOrEqual(100 - asked.length);
      expect(machine.center.requests()).toMatchObject({ ListAccounts: 2 });
    },
  );

  test('names one account that fails, which keeps what it had', async () => {
    const machine = await openProvisioning();
    await signIn(machine);
    machine.center.script({ fail: { name: 'ForbiddenException' }, action: 'ListAccountRoles' });
    const { exitCode, stderr } = await machine.atmos('auth list --refresh');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: [
        'warning: account 111111111111 ("dev") of provider corp could not be listed, so it keeps the identities that it had: sso:ListAccountRoles failed: ForbiddenException, status 403: No access',
        '✓ Listed 2 identities in 1 of 2 accounts of corp',
        '',
      ].join('\n'),
    });
    expect((await machine.atmos('auth list')).stdout).toContain(', not completely');
    const calls = machine.center.calls.length;
    await machine.atmos('auth list --refresh');
    expect(machine.center.calls.slice(calls).map(({ params }) => params['account_id'])).toEqual([
      undefined,
      '111111111111',
    ]);
  });

  test('fails where no account can be listed', async () => {
    const machine = await openProvisioning();
    await signIn(machine);
    const fail = { name: 'ForbiddenException' } as const;
    machine.center.script({ fail, action: 'ListAccountRoles', times: 2 });
    const { exitCode, stderr } = await machine.atmos('auth list --refresh');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /\nerror: no account of provider corp could be listed: sso:ListAccountRoles failed: ForbiddenException, status 403: No access\n/,
    );
    expect(stderr).not.toContain('Listed');
    expect(await listedNames(machine)).toHaveLength(4);
  });

  test('ends when the token is refused, and keeps what was listed', async () => {
    const machine = await openProvisioning({ accounts: manyAccounts(20, ['A']) });
    await signIn(machine);
    for (let count = 0; count < 10; count += 1) {
      machine.center.script({ delayMs: 0, action: 'ListAccountRoles' });
    }
    machine.center.script({
      fail: { name: 'UnauthorizedException' },
      action: 'ListAccountRoles',
    });
    const { exitCode, stderr } = await machine.atmos('auth list --refresh');
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(
      /^error: the portal does not accept the token of provider corp: UnauthorizedException, status 401.*\nhint: atmos auth login --provider corp --force\n$/,
    );
    expect(await listedNames(machine)).toHaveLength(20);
    expect((await machine.atmos('auth list')).stdout).toContain(', not completely');
    expect(machine.center.requests()).toMatchObject({ StartDeviceAuthorization: 1 });
  });

  test('retries what is throttled, and never signs in again', async () => {
    const machine = await openProvisioning({ accounts: manyAccounts(30, ['A']) });
    machine.center.script({
      fail: { name: 'TooManyRequestsException' },
      action: 'ListAccountRoles',
      times: 8,
    });
    await signIn(machine);
    expect(await listedNames(machine)).toHaveLength(30);
    const { StartDeviceAuthorization, ListAccountRoles } = machine.center.requests();
    expect({ StartDeviceAuthorization, ListAccountRoles }).toEqual({
      StartDeviceAuthorization: 1,
      ListAccountRoles: 38,
    });
  });
});

describe('auth list --refresh', { timeout: limitMs }, () => {
  test('without a token says how to sign in, and opens no page', async () => {
    const machine = await openProvisioning();
    const { exitCode, shown } = await inTerminal(machine, 'auth list --refresh');
    expect(exitCode).toBe(4);
    expect(shown).toContain('provider corp needs a sign-in: no one is signed in at ');
    expect(shown).toContain(' atmos auth login --provider corp\r\n');
    expect(machine.center.calls).toEqual([]);
  });

  test('with a token that the portal does not accept says how to sign in again', async () => {
    const machine = await openProvisioning();
    await signIn(machine);
    machine.center.endPortalSessions();
    const { exitCode, stderr } = await machine.atmos('auth list --refresh');
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(
      /^error: the portal does not accept the token of provider corp: .*\nhint: atmos auth login --provider corp --force\n$/,
    );
    const { shown } = await inTerminal(machine, 'auth login --provider corp --force');
    expect(shown).toContain('Signed in to corp until ');
    expect(await machine.atmos('auth list --refresh')).toMatchObject({ exitCode: 0 });
  });
});

describe('names', { timeout: limitMs }, () => {
  test('have only letters, digits, "-" and "_"; accounts of one name have their ids', async () => {
    const accounts = [
      account('1', 'Team.Data (EU)', 'Admin.Full', 'admin-full'),
      account('2', 'sand/box', 'A'),
      account('3', 'sand box', 'A'),
      account('4', '日本', 'A'),
      account('5', 'Zürich', 'A'),
    ];
    const machine = await openProvisioning({ accounts });
    await signIn(machine);
    expect(await listedNames(machine)).toEqual([
      '000000000004/A',
      'Team-Data-EU/Admin-Full-74e213',
      'Team-Data-EU/admin-full-b20b47',
      'Zurich/A',
      'sand-box-000000000002/A',
      'sand-box-000000000003/A',
    ]);
    machine.center.accounts.push(account('6', 'Sand  Box', 'A'), account('7', 'zurich', 'A'));
    machine.center.accounts.splice(1, 1);
    await machine.atmos('auth list --refresh');
    expect(await listedNames(machine)).toEqual([
      '000000000004/A',
      'Sand-Box-000000000006/A',
      'Team-Data-EU/Admin-Full-74e213',
      'Team-Data-EU/admin-full-b20b47',
      'Zurich/A',
      'sand-box-000000000003/A',
      'zurich-000000000007/A',
    ]);
  });
});

describe('a list that cannot be used', { timeout: limitMs }, () => {
  test.each([
    [
      'was cut short',
      (text: string) => text.slice(0, -40),
      'was cut short or changed after it was written',
    ],
    [
      'was edited',
      (text: string) => text.replace('prod', 'prid'),
      'was cut short or changed after it was written',
    ],
    ['is empty', () => '', 'was cut short or changed after it was written'],
    [
      'is of a newer version',
      (text: string) => text.replace('"version":2', '"version":3'),
      'was written by a newer version of atmos-auth',
    ],
  ])('because it %s is a warning, and breaks no other command', async (_, edit, fault) => {
    const machine = await openProvisioning({}, { identities: '{ me: { kind: ambient } }' });
    await signIn(machine);
    const path = editList(machine, edit);
    const warning = `warning: the identities that provider corp offers are not known: ${path} ${fault}: atmos auth list --refresh\n`;
    const exec = await machine.atmos('auth exec -i me -- true');
    expect(exec).toEqual({ exitCode: 0, stdout: '', stderr: warning });
    const unknown = await machine.atmos('auth exec -i dev/ReadOnly -- true');
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain(': atmos auth login --provider corp\n');
    const refreshed = await machine.atmos('auth list --refresh');
    expect(refreshed.exitCode).toBe(0);
    expect(await listedNames(machine)).toHaveLength(5);
  });
});

describe('Atmos', { timeout: limitMs }, () => {
  test('gets no file unless the configuration asks for one', async () => {
    const machine = await openProvisioning({ accounts: [account('1', 'a.b c', 'Read.Only')] });
    await signIn(machine);
    const path = join(machine.home, '.cache/atmos/auth/corp/provisioned-identities.yaml');
    expect(() => statSync(path)).toThrow('ENOENT');
    const config = readFileSync(join(machine.project, 'atmos.yaml'), 'utf8');
    machine.writeConfig(
      config.replace('flow: device', 'flow: device, write_identities_for_atmos: true'),
    );
    await machine.atmos('auth list --refresh');
    expect(load(readFileSync(path, 'utf8'))).toEqual({
      auth: {
        _metadata: { provisioned_at: expect.any(String), source: 'atmos-auth', provider: 'corp' },
        identities: {
          'a-b-c/Read-Only': {
            kind: 'aws/permission-set',
            provider: 'corp',
            via: { provider: 'corp' },
            principal: { name: 'Read.Only', account: { id: '000000000001' } },
          },
        },
      },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await listedNames(machine)).toEqual(['a-b-c/Read-Only']);
  });
});

test('write_identities_for_atmos in the file of a project needs trust', async () => {
  const machine = await openProvisioning({}, { spec: 'write_identities_for_atmos: true' });
  delete machine.env['ATMOS_AUTH_TRUST'];
  // An endpoint in the file needs trust too.
  const { url } = machine.center;
  Object.assign(machine.env, { AWS_ENDPOINT_URL_SSO: url, AWS_ENDPOINT_URL_SSO_OIDC: url });
  const config = readFileSync(join(machine.project, 'atmos.yaml'), 'utf8');
  machine.writeConfig(config.replace(`endpoint_url: "${url}", `, ''));
  const { exitCode, stderr } = await machine.atmos('auth list --refresh');
  expect(exitCode).toBe(2);
  expect(stderr).toContain(
    'writes identities to a file that is also read in other projects with a provider of this name',
  );
  expect(machine.center.calls).toEqual([]);
});

describe('auth login --all', { timeout: limitMs }, () => {
  test('signs in once and logs in to every identity of the portal', async () => {
    const machine = await openProvisioning(
      {},
      {
        identities: `
    other: { kind: aws/user, credentials: { region: eu-west-1 } }`,
      },
    );
    const { exitCode, shown } = await inTerminal(machine, 'auth login --all');
    expect({ exitCode, shown }).toEqual({ exitCode: 0, shown: expect.anything() });
    expect(shown).toContain('Logged in to 4 of 4 identities\r\n');
    expect(machine.center.requests()).toMatchObject({
      StartDeviceAuthorization: 1,
      GetRoleCredentials: 4,
    });
    const { exitCode: again, stderr } = await machine.atmos('auth login --all --provider corp');
    expect({ again, stderr }).toEqual({
      again: 0,
      stderr: expect.stringContaining('✓ Logged in to 4 of 4 identities; 4 of them before'),
    });
    expect(machine.center.requests()).toMatchObject({ GetRoleCredentials: 4 });
  });

  test('reports the identities that fail, and exits with 1', async () => {
    const machine = await openProvisioning();
    await signIn(machine);
    machine.center.accounts.shift();
    const { exitCode, stderr } = await machine.atmos('auth login --all');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'identity dev/ReadOnly (aws/permission-set): the person who signed in has no access to account 111111111111',
    );
    expect(stderr).toMatch(/\nLogged in to 2 of 4 identities\n$/);
  });

  test('opens no page when the token is refused meanwhile', async () => {
    const machine = await openProvisioning({ accounts: manyAccounts(20) });
    await signIn(machine);
    machine.center.endPortalSessions();
    const { exitCode, shown } = await inTerminal(machine, 'auth login --all');
    expect(exitCode).toBe(1);
    expect(shown).toMatch(/needs a sign-in/);
    expect(shown).toMatch(/\d+ identities were not tried/);
    expect(machine.center.requests()['StartDeviceAuthorization']).toBe(1);
  });

  test.each([
    ['auth login --all --plan', '--plan is only for identities, not for --all'],
    ['auth login --all --tags x', '--tags and --all cannot be combined'],
    ['auth login --all -i dev', '--all and --identity cannot be combined'],
  ])('%s is refused', async (command, message) => {
    const machine = await openProvisioning();
    const { exitCode, stderr } = await machine.atmos(command);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
  });
});
