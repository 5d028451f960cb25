import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { expectCaller, openPortalMachine, type PortalMachine } from './portal-machine.ts';

// The real clients of IAM Identity Center share a file of tokens at our stand-in: what they send is in
// the API, and they accept what it answers. The AWS CLI of Debian cannot be sent to another endpoint.
const [aws, python, go] = [peer('awscli-v2'), peer('aws-python'), peer('go-sdk')];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const limitMs = 120_000;

/** Expires the token for the stand-in and for the client. */
function expireToken({ identityCenter, readToken, writeToken }: PortalMachine): void {
  identityCenter.expireTokens();
  const hourAgo = new Date(Date.now() - 60 * 60 * 1000).toISOString();
  writeToken({ ...readToken(), expiresAt: hourAgo.replace(/\.\d+/, '') });
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

describe.skipIf(!python)('boto3', { timeout: limitMs }, () => {
  testAsPortalClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe('the AWS SDK for JavaScript', { timeout: limitMs }, () => {
  testAsPortalClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});

describe.skipIf(!go)('the AWS SDK for Go', { timeout: limitMs }, () => {
  testAsPortalClient([go?.path ?? '']);
});
