import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type {
  IdentityCenter,
  IdentityCenterOptions,
} from '../support/aws/identity-center-types.ts';
import { peer } from '../support/peers.ts';
import { testAsPortalClient } from './portal-client.ts';
import { expectCaller, openPortalMachine } from './portal-machine.ts';
import { testAsSharedClient } from './shared-token-client.ts';

// The AWS CLI signs in at our stand-in for IAM Identity Center, and reads the portal.
const aws = peer('awscli-v2');
const limitMs = 120_000;

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
    expect(identityCenter.calls[0]?.params).toEqual({
      clientName: 'botocore-client-corp',
      clientType: 'public',
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: ['http://127.0.0.1/oauth/callback'],
      issuerUrl: identityCenter.startUrl,
      scopes: ['sso:account:access'],
    });
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
    expect(identityCenter.calls[0]?.params).toEqual({
      clientName: 'botocore-client-corp',
      clientType: 'public',
      scopes: ['sso:account:access'],
    });
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

describe.skipIf(!aws)('the AWS CLI, with a file of tokens', { timeout: limitMs }, () => {
  testAsPortalClient([aws?.path ?? '', 'sts', 'get-caller-identity']);
});

describe.skipIf(!aws)('the AWS CLI, with the token of our program', { timeout: limitMs }, () => {
  testAsSharedClient([aws?.path ?? '', 'sts', 'get-caller-identity']);
});
