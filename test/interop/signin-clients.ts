import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openMachine, type Machine, type Result } from '../script/machine.ts';
import { startSignin } from '../support/aws/signin.mjs';
import type { LoginCache, Signin, SigninOptions } from '../support/aws/signin-types.ts';

/** A machine with a profile for a sign-in, and the file that all clients share for it. */
export interface SigninMachine extends Machine {
  readonly signin: Signin;
  readCache(): LoginCache;
  writeCache(cache: LoginCache): void;
}

/** Its programs are sent to the stand-ins. They stop when the test ends. */
export async function openSigninMachine(options: SigninOptions = {}): Promise<SigninMachine> {
  const machine = await openMachine();
  const { home, sts, run } = machine;
  const signin = await startSignin({ onCredentials: sts.addUserSession, ...options });
  onTestFinished(signin.close);
  const directory = join(home, '.aws/login/cache');
  mkdirSync(directory, { recursive: true });
  const { principal } = signin;
  writeFileSync(
    join(home, '.aws/config'),
    `[profile dev]\nlogin_session = ${principal}\nregion = eu-west-1\noutput = json\n`,
  );
  const file = join(directory, `${createHash('sha256').update(principal).digest('hex')}.json`);
  const env = {
    AWS_PROFILE: 'dev',
    AWS_ENDPOINT_URL_SIGNIN: signin.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The SDK for JavaScript warns of Node 20.
    NODE_NO_WARNINGS: '1',
  };
  return {
    ...machine,
    signin,
    run: (program, args, given) => run(program, args, { ...given, env: { ...env, ...given?.env } }),
    readCache: () => JSON.parse(readFileSync(file, 'utf8')) as LoginCache,
    writeCache: (cache) => writeFileSync(file, JSON.stringify(cache), { mode: 0o600 }),
  };
}

/** The program called GetCallerIdentity with credentials of the sign-in. */
export function expectSignedIn({ exitCode, stdout, stderr }: Result, { signin }: SigninMachine) {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(/"arn": ?"([^"]+)"/i.exec(stdout)?.[1]).toBe(signin.principal);
}

const refresh = 'CreateOAuth2Token refresh_token';

/**
 * The tests of a client that shares the file of a sign-in.
 *
 * @param command calls GetCallerIdentity with the profile that AWS_PROFILE names
 */
export function testAsSigninClient(command: readonly [string, ...string[]]): void {
  const [program, ...args] = command;

  test('refreshes expired credentials with a proof of its key, and stores the rotated refresh token', async () => {
    const machine = await openSigninMachine();
    const { signin, readCache, writeCache } = machine;
    writeCache(signin.signIn(-60));
    const thumbprints = new Set<string | undefined>();
    for (const count of [1, 2]) {
      const before = readCache();
      const past = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, '');
      writeCache({ ...before, accessToken: { ...before.accessToken, expiresAt: past } });
      expectSignedIn(await machine.run(program, args), machine);
      expect(signin.requests()).toEqual({ [refresh]: count });
      thumbprints.add(signin.calls.at(-1)?.thumbprint);
      const { refreshToken, dpopKey } = readCache();
      expect(refreshToken).not.toBe(before.refreshToken);
      expect(dpopKey).toBe(before.dpopKey);
    }
    expect([...thumbprints]).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(signin.problems()).toEqual([]);
  });

  test('uses credentials that are valid as they are', async () => {
    const machine = await openSigninMachine();
    const { signin, readCache, writeCache } = machine;
    const cache = signin.signIn();
    writeCache(cache);
    expectSignedIn(await machine.run(program, args), machine);
    expect(signin.requests()).toEqual({});
    expect(readCache()).toEqual(cache);
  });

  test('is refused with the key of another sign-in', async () => {
    const machine = await openSigninMachine();
    const { signin, writeCache } = machine;
    const { dpopKey } = signin.signIn();
    writeCache({ ...signin.signIn(-60), dpopKey });
    expect(await machine.run(program, args)).toMatchObject({ stdout: '' });
    expect(signin.problems()).toContain(`${refresh}: the refresh token is bound to another key`);
  });

  test.each(['TOKEN_EXPIRED', 'USER_CREDENTIALS_CHANGED'] as const)(
    'fails after the sign-in has ended with %s, and keeps the file',
    async (code) => {
      const machine = await openSigninMachine();
      const { signin, readCache, writeCache } = machine;
      const cache = signin.signIn(-60);
      writeCache(cache);
      signin.endSessions(code);
      const { exitCode, stdout } = await machine.run(program, args);
      expect({ exitCode, stdout }).toEqual({
        exitCode: expect.not.toSatisfy((n) => n === 0),
        stdout: '',
      });
      expect(signin.problems()).toEqual([]);
      expect(readCache()).toEqual(cache);
    },
  );
}
