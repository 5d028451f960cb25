import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openMachine, type Machine, type Result } from '../script/machine.ts';
import { startIdentityCenter } from '../support/aws/identity-center.mjs';
import type {
  CachedToken,
  IdentityCenter,
  IdentityCenterOptions,
} from '../support/aws/identity-center-types.ts';
import { peer } from '../support/peers.ts';

// The real clients of IAM Identity Center against our stand-in: what they send is in the API, and
// they accept what it answers. The AWS CLI of Debian cannot be sent to another endpoint.
const [aws, python, go] = [peer('awscli-v2'), peer('aws-python'), peer('go-sdk')];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const limitMs = 60_000;

/** A machine with a profile for a role of the portal, and the file of tokens that all clients share. */
interface PortalMachine extends Machine {
  readonly identityCenter: IdentityCenter;
  readToken(): CachedToken;
  writeToken(token: CachedToken): void;
}

async function openPortalMachine(options?: IdentityCenterOptions): Promise<PortalMachine> {
  const machine = await openMachine();
  const { home, sts, run } = machine;
  const identityCenter = await startIdentityCenter({
    onCredentials: sts.addSession,
    ...options,
  });
  onTestFinished(identityCenter.close);
  const directory = join(home, '.aws/sso/cache');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(home, '.aws/config'), configOf(identityCenter));
  const file = join(directory, `${createHash('sha1').update('corp').digest('hex')}.json`);
  const env = {
    AWS_PROFILE: 'dev',
    AWS_ENDPOINT_URL_SSO: identityCenter.url,
    AWS_ENDPOINT_URL_SSO_OIDC: identityCenter.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The SDK for JavaScript warns of Node 20.
    NODE_NO_WARNINGS: '1',
  };
  return {
    ...machine,
    identityCenter,
    run: (program, args, given) => run(program, args, { ...given, env: { ...env, ...given?.env } }),
    readToken: () => JSON.parse(readFileSync(file, 'utf8')) as CachedToken,
    writeToken: (token) => writeFileSync(file, JSON.stringify(token), { mode: 0o600 }),
  };
}

function configOf({ startUrl, region }: IdentityCenter): string {
  return `[profile dev]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = ReadOnly
region = ${region}
output = json

[sso-session corp]
sso_start_url = ${startUrl}
sso_region = ${region}
sso_registration_scopes = sso:account:access
`;
}

/** Expires the token for the stand-in and for the client. */
function expireToken({ identityCenter, readToken, writeToken }: PortalMachine): void {
  identityCenter.expireTokens();
  const hourAgo = new Date(Date.now() - 60 * 60 * 1000).toISOString();
  writeToken({ ...readToken(), expiresAt: hourAgo.replace(/\.\d+/, '') });
}

function expectCaller({ exitCode, stdout, stderr }: Result): void {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const arn = /"arn": ?"([^"]+)"/i.exec(stdout)?.[1];
  expect(arn).toMatch(
    /^arn:aws:sts::111111111111:assumed-role\/AWSReservedSSO_ReadOnly_[0-9a-f]{16}\/ada$/,
  );
}

/** @param command calls GetCallerIdentity with the profile that AWS_PROFILE names */
function testAsPortalClient(command: readonly [string, ...string[]]): void {
  const [program, ...args] = command;

  test('refreshes an expired token of the shared file, and stores the rotated refresh token', async () => {
    const machine = await openPortalMachine();
    const { identityCenter, readToken, writeToken, home } = machine;
    const first = identityCenter.signIn();
    writeToken(first);
    for (const count of [1, 2]) {
      const before = readToken();
      expireToken(machine);
      // The AWS CLI stores the credentials of roles.
      rmSync(join(home, '.aws/cli'), { recursive: true, force: true });
      expectCaller(await machine.run(program, args));
      expect(identityCenter.requests()).toEqual({
        'CreateToken refresh_token': count,
        GetRoleCredentials: count,
      });
      const { clientId, accessToken, refreshToken } = readToken();
      expect(clientId).toBe(first.clientId);
      expect(accessToken).not.toBe(before.accessToken);
      expect(refreshToken).not.toBe(before.refreshToken);
    }
    expect(identityCenter.problems()).toEqual([]);
  });

  test('uses a token that is valid as it is', async () => {
    const machine = await openPortalMachine();
    const { identityCenter, readToken, writeToken } = machine;
    const token = identityCenter.signIn();
    writeToken(token);
    expectCaller(await machine.run(program, args));
    expect(identityCenter.requests()).toEqual({ GetRoleCredentials: 1 });
    expect(readToken()).toEqual(token);
  });

  test('fails after the portal session has ended, and keeps the file', async () => {
    const machine = await openPortalMachine();
    const { identityCenter, readToken, writeToken } = machine;
    writeToken(identityCenter.signIn());
    expireToken(machine);
    const token = readToken();
    identityCenter.endPortalSessions();
    const { exitCode, stdout } = await machine.run(program, args);
    expect({ exitCode, stdout }).toEqual({
      exitCode: expect.not.toSatisfy((n) => n === 0),
      stdout: '',
    });
    expect(identityCenter.requests()).toMatchObject({ 'CreateToken refresh_token': 1 });
    expect(identityCenter.problems()).toEqual([]);
    expect(readToken()).toEqual(token);
  });
}

describe.skipIf(!aws)('the AWS CLI', { timeout: limitMs }, () => {
  testAsPortalClient([aws?.path ?? '', 'sts', 'get-caller-identity']);
});

/** A machine whose browser opens the page of a sign-in, and follows where it leads. */
async function openBrowserMachine(options?: IdentityCenterOptions) {
  const machine = await openPortalMachine(options);
  const browser = join(machine.home, 'browser');
  const visit = `"${process.execPath}" -e 'fetch(process.argv[1])' "$1" >/dev/null 2>&1`;
  // The AWS CLI waits for the browser to return before it accepts the redirect.
  writeFileSync(browser, `#!/bin/sh\n${visit} &\n`, { mode: 0o755 });
  const runAws = (command: string) =>
    machine.run(aws?.path ?? '', command.split(' '), { env: { BROWSER: browser } });
  return { ...machine, runAws };
}

describe.skipIf(!aws)('aws sso login', { timeout: limitMs }, () => {
  test('signs in through the browser, and aws sso logout ends the session', async () => {
    const { identityCenter, runAws, readToken } = await openBrowserMachine({ pages: 'allow' });
    expect(await runAws('sso login')).toMatchObject({ exitCode: 0 });
    const { accessToken, refreshToken } = readToken();
    expect(refreshToken).toMatch(/^aor/);
    expectCaller(await runAws('sts get-caller-identity'));
    expect(await runAws('sso logout')).toMatchObject({ exitCode: 0 });
    expect(identityCenter.requests()).toEqual({
      RegisterClient: 1,
      Authorize: 1,
      'CreateToken authorization_code': 1,
      GetRoleCredentials: 1,
      Logout: 1,
    });
    const listed = await runAws(`sso list-accounts --access-token ${accessToken}`);
    expect(listed.stderr).toContain('(UnauthorizedException)');
    expect(identityCenter.problems()).toEqual([]);
  });

  test('reports that the user refused in the browser', async () => {
    const { identityCenter, runAws } = await openBrowserMachine({ pages: 'deny' });
    const { exitCode, stderr } = await runAws('sso login');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('Failed to retrieve an authorization code');
    expect(identityCenter.requests()).toEqual({ RegisterClient: 1, Authorize: 1 });
  });

  test('signs in with a device code while a person allows it, also when told to slow down', async () => {
    const { identityCenter, runAws } = await openBrowserMachine();
    // The first poll is before the page opens, and the second one at once.
    identityCenter.script({
      action: 'CreateToken device_code',
      fail: { name: 'SlowDownException' },
      times: 2,
    });
    const opened = identityCenter.answered('DevicePage');
    const login = runAws('sso login --use-device-code');
    await opened;
    identityCenter.approve();
    expect(await login).toMatchObject({ exitCode: 0 });
    expectCaller(await runAws('sts get-caller-identity'));
    expect(identityCenter.requests()).toEqual({
      RegisterClient: 1,
      StartDeviceAuthorization: 1,
      DevicePage: 1,
      'CreateToken device_code': 3,
      GetRoleCredentials: 1,
    });
    expect(identityCenter.problems()).toEqual([]);
  });

  test.each([
    ['was refused', ({ deny }: IdentityCenter) => deny(), 'AccessDeniedException'],
    ['has expired', ({ setClock }: IdentityCenter) => setClock(11 * 60_000), 'expired'],
  ])('reports that the device code %s', async (_, decide, message) => {
    const { identityCenter, runAws } = await openBrowserMachine();
    const opened = identityCenter.answered('DevicePage');
    const login = runAws('sso login --use-device-code');
    await opened;
    decide(identityCenter);
    const { exitCode, stderr } = await login;
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe.skipIf(!aws)('aws sso', { timeout: limitMs }, () => {
  test('reads every page of accounts and roles, and repeats throttled calls', async () => {
    const { identityCenter, runAws } = await openBrowserMachine({ pageSize: 1 });
    const { accessToken } = identityCenter.signIn();
    identityCenter.script({ fail: { name: 'TooManyRequestsException' } });
    const accounts = await runAws(`sso list-accounts --access-token ${accessToken}`);
    expect(JSON.parse(accounts.stdout)).toEqual({
      accountList: [
        { accountId: '111111111111', accountName: 'dev', emailAddress: 'dev@example.com' },
        { accountId: '222222222222', accountName: 'prod', emailAddress: 'prod@example.com' },
      ],
    });
    const list = `sso list-account-roles --account-id 222222222222 --access-token ${accessToken}`;
    expect(JSON.parse((await runAws(list)).stdout)).toEqual({
      roleList: [
        { roleName: 'Administrator', accountId: '222222222222' },
        { roleName: 'ReadOnly', accountId: '222222222222' },
      ],
    });
    expect(identityCenter.requests()).toEqual({ ListAccounts: 3, ListAccountRoles: 2 });
    expect(identityCenter.problems()).toEqual([]);
  });

  test('reports a role to which the user is not assigned', async () => {
    const { identityCenter, runAws } = await openBrowserMachine();
    const { accessToken } = identityCenter.signIn();
    const names = '--account-id 111111111111 --role-name Owner';
    const { stderr } = await runAws(
      `sso get-role-credentials ${names} --access-token ${accessToken}`,
    );
    expect(stderr).toContain('(ForbiddenException)');
    expect(stderr).toContain('No access');
  });
});

describe.skipIf(!python)('boto3', { timeout: limitMs }, () => {
  testAsPortalClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe('the AWS SDK for JavaScript', { timeout: limitMs }, () => {
  testAsPortalClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});

describe.skipIf(!go)('the AWS SDK for Go', { timeout: limitMs }, () => {
  testAsPortalClient([go?.path ?? '']);
});
