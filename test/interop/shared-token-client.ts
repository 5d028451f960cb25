import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atTerminal } from '../script/at-terminal.ts';
import { corpConfig } from '../script/corp.ts';
import { expectCaller, openPortalMachine, type PortalMachine } from './portal-machine.ts';

// Our program and a client with one token: `spec.share: aws-cli`.

/** Expires every token at the portal, and the one in the file for its readers. */
function expireTokens({ identityCenter, readToken, writeToken }: PortalMachine): void {
  identityCenter.expireTokens();
  const minuteAgo = new Date(Date.now() - 60_000);
  writeToken({ ...readToken(), expiresAt: minuteAgo.toISOString().replace(/\.\d+/, '') });
}

async function openSharing(): Promise<PortalMachine> {
  const machine = await openPortalMachine({ isPreauthorized: true });
  const { identityCenter, env, sts } = machine;
  Object.assign(env, {
    ATMOS_AUTH_TRUST: '1',
    AWS_ENDPOINT_URL_SSO: identityCenter.url,
    AWS_ENDPOINT_URL_SSO_OIDC: identityCenter.url,
    AWS_ENDPOINT_URL_STS: sts.url,
  });
  const spec = 'share: aws-cli\n        session: corp\n        flow: device';
  const config = corpConfig({ center: identityCenter }, { spec });
  machine.writeConfig(config.replace(/ +endpoint_url: .*\n/, ''));
  return machine;
}

/**
 * The tests of a client that shares the token of our program.
 *
 * @param command calls GetCallerIdentity with the profile that AWS_PROFILE names
 */
export function testAsSharedClient(command: readonly [string, ...string[]]): void {
  const [program, ...args] = command;

  test('uses the token of our program, and both renew it in turn without a sign-in', async () => {
    const machine = await openSharing();
    const { identityCenter, readToken, home } = machine;
    const callByClient = async () => {
      // The AWS CLI stores the credentials of roles.
      rmSync(join(home, '.aws/cli'), { recursive: true, force: true });
      expectCaller(await machine.run(program, args));
    };
    const loginByUs = async () => {
      const { exitCode, stderr } = await machine.atmos('auth login --force');
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr: expect.stringContaining('Logged in as dev until '),
      });
    };

    const signIn = atTerminal(machine, 'auth login --provider corp');
    await signIn.waitFor('Signed in to corp until ');
    expect(await signIn.ended).toMatchObject({ exitCode: 0 });
    const ours = readToken();
    await callByClient();
    expect(readToken()).toEqual(ours);

    // Neither reads the keyring of the other: what the client renews is in the file alone.
    for (const round of [1, 2]) {
      const before = readToken();
      expireTokens(machine);
      await callByClient();
      const theirs = readToken();
      expect(theirs.refreshToken).not.toBe(before.refreshToken);
      await loginByUs();
      expect(readToken()).toEqual(theirs);

      // What renews the token in the keyring was spent by the client.
      expireTokens(machine);
      await loginByUs();
      const renewed = readToken();
      expect(renewed).toMatchObject({ clientId: ours.clientId, startUrl: ours.startUrl });
      expect(renewed.refreshToken).not.toBe(theirs.refreshToken);
      await callByClient();
      expect({ round, token: readToken() }).toEqual({ round, token: renewed });
    }
    expect(identityCenter.requests()).toMatchObject({
      RegisterClient: 1,
      StartDeviceAuthorization: 1,
    });
    expect(identityCenter.problems()).toEqual([]);
  });

  test('fails after our program has signed out', async () => {
    const machine = await openSharing();
    const signIn = atTerminal(machine, 'auth login --provider corp');
    expect(await signIn.ended).toMatchObject({ exitCode: 0 });
    expectCaller(await machine.run(program, args));
    rmSync(join(machine.home, '.aws/cli'), { recursive: true, force: true });
    const { exitCode } = await machine.atmos('auth logout --provider corp');
    expect(exitCode).toBe(0);
    expect(() => machine.readToken()).toThrow('ENOENT');
    expect(await machine.run(program, args)).toMatchObject({ stdout: '' });
  });
}
