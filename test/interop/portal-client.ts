import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectCaller, openPortalMachine, type PortalMachine } from './portal-machine.ts';

/** Expires the token for the stand-in and for the client. */
function expireToken({ identityCenter, readToken, writeToken }: PortalMachine): void {
  identityCenter.expireTokens();
  const hourAgo = new Date(Date.now() - 60 * 60 * 1000).toISOString();
  writeToken({ ...readToken(), expiresAt: hourAgo.replace(/\.\d+/, '') });
}

/**
 * The tests of a client that shares a file of tokens.
 *
 * @param command calls GetCallerIdentity with the profile that AWS_PROFILE names
 */
export function testAsPortalClient(command: readonly [string, ...string[]]): void {
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
