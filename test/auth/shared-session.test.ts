import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { storedSessionsIn } from '../../src/app/stored-sessions.ts';
import { createAuthManager } from '../../src/app/open.ts';
import { planChain } from '../../src/auth/chain.ts';
import type { SignIn } from '../../src/clouds/contract.ts';
import { AtmosError } from '../../src/core/errors.ts';
import type { Identity, Provider } from '../../src/core/kind-config.ts';
import { cliTokenPath, putCliToken, readCliFile } from '../clouds/aws/cli-token-files.ts';
import { startIdentityCenter } from '../support/aws/identity-center.mjs';
import { errorOf } from '../support/error-of.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { awsUserIdentity, minutes, openPlace, testStart, type Place } from './place.ts';

// The tokens that the AWS CLI keeps in plain files: when they are used instead of our own.

interface Options {
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Whether a person can be asked. Default: no. */
  readonly isAsked?: boolean;
}

async function openDesk({ spec = {}, isAsked = false }: Options = {}) {
  const time = { now: testStart };
  const now = () => time.now;
  const pending: { addSession?: Place['server']['addSession'] } = {};
  const center = await startIdentityCenter({
    now,
    pollIntervalSeconds: 0,
    onCredentials: (session) => pending.addSession?.(session),
  });
  onTestFinished(() => center.close());
  const root = temporaryDirectory();
  const logged: string[] = [];
  const place = await openPlace({
    host: {
      now,
      homeDirectory: root,
      env: {
        XDG_STATE_HOME: join(root, 'state'),
        AWS_ENDPOINT_URL_SSO: center.url,
        AWS_ENDPOINT_URL_SSO_OIDC: center.url,
      },
      log: (event) => void logged.push(event),
    },
    sts: { now },
    configured: () => ({
      providers: [providerWith({ start_url: center.startUrl, region: center.region, spec })],
      identities: [
        awsUserIdentity({
          kind: 'aws/permission-set',
          via: { provider: 'corp' },
          principal: { name: 'ReadOnly', account: { id: '111111111111' } },
        }),
      ],
    }),
  });
  pending.addSession = place.server.addSession;
  const asked = { count: 0 };
  const person: SignIn = {
    flow: 'device',
    async showPage() {
      asked.count++;
      center.approve();
    },
  };
  const context = { ...place.context, ask: isAsked ? { signIn: person } : {} };
  const { configured = { providers: [], identities: [] } } = context;
  const [provider, identity] = [configured.providers[0], configured.identities[0]] as [
    Provider,
    Identity,
  ];
  const manager = createAuthManager(context);
  return {
    ...place,
    context,
    center,
    time,
    asked,
    logged,
    home: root,
    manager,
    provider,
    identity,
    /** What another program signs in, and keeps. */
    otherSignsIn(changes = {}) {
      const token = { ...center.signIn(), ...changes };
      putCliToken(root, token, 'corp');
      return token;
    },
    tokenState: async () => {
      const chain = await planChain(provider, configured, place.host.env);
      return (await storedSessionsIn(context)).of(chain.target, chain);
    },
  };
}

function providerWith(settings: Readonly<Record<string, unknown>>): Provider {
  return {
    name: 'corp',
    kind: 'aws/iam-identity-center',
    settings,
    locate: (path = []) => ['/p/atmos.yaml', ...path].join(':'),
    tagAt: () => undefined,
    besideFile: (said) => said,
  };
}

const shared = { share: 'aws-cli', session: 'corp' };
const isTokenEvent = (event: string) => event.startsWith('token.');

describe('a token of the AWS CLI', () => {
  test('opens a session without a sign-in, and is not stored', async () => {
    const desk = await openDesk();
    const theirs = desk.otherSignsIn();
    expect(await desk.manager.login(desk.identity)).toMatchObject({ wasOpened: true });
    expect(await desk.keyring.keys()).toEqual(['atmos_r_dev@session']);
    expect(desk.center.requests()).toEqual({ GetRoleCredentials: 1 });
    expect(readCliFile(desk.home, 'corp')).toEqual(theirs);
    expect(await desk.manager.whoami(desk.identity)).toMatchObject({ tokenSource: 'aws-cli' });
    expect(await desk.tokenState()).toMatchObject({
      kind: 'valid',
      session: { source: 'aws-cli' },
    });
    expect(await desk.manager.signIn(desk.provider)).toMatchObject({
      wasOpened: false,
      source: 'aws-cli',
    });
  });

  test('is used until it expires, and what renews it never', async () => {
    const desk = await openDesk();
    const theirs = desk.otherSignsIn();
    desk.time.now = new Date(testStart.getTime() + 61 * minutes);
    const error = await errorOf(desk.manager.login(desk.identity));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      message: expect.stringContaining(`no one is signed in at ${desk.center.startUrl}`),
    });
    expect(desk.center.calls).toEqual([]);
    expect(readCliFile(desk.home, 'corp')).toEqual(theirs);
  });

  test('is not used, and not even read, while our own is valid', async () => {
    const desk = await openDesk({ isAsked: true });
    await desk.manager.signIn(desk.provider);
    putCliToken(desk.home, '{', 'corp');
    await desk.manager.login(desk.identity);
    expect(await desk.manager.whoami(desk.identity)).toMatchObject({ tokenSource: 'keyring' });
    expect(await desk.tokenState()).toMatchObject({ session: { savedAt: testStart } });
    expect(desk.logged.filter(isTokenEvent)).toEqual([]);
    expect(desk.asked.count).toBe(1);
  });

  test('is only used if our own, perhaps of another person, can no longer be renewed', async () => {
    const desk = await openDesk({ isAsked: true });
    await desk.manager.signIn(desk.provider);
    desk.time.now = new Date(testStart.getTime() + 61 * minutes);
    desk.otherSignsIn();
    expect(await desk.tokenState()).toMatchObject({ kind: 'expired' });
    expect(await desk.manager.login(desk.identity)).toMatchObject({ wasOpened: true });
    expect(desk.center.requests()).toMatchObject({ 'CreateToken refresh_token': 1 });
    expect(await desk.manager.whoami(desk.identity)).toMatchObject({ tokenSource: 'keyring' });
    // The day after, the session at the portal has ended.
    desk.time.now = new Date(testStart.getTime() + 24 * 60 * minutes);
    desk.otherSignsIn();
    desk.center.script({
      action: 'CreateToken refresh_token',
      fail: { name: 'InvalidGrantException' },
    });
    await desk.manager.login(desk.identity);
    expect(await desk.tokenState()).toMatchObject({ kind: 'expired' });
    expect(desk.center.requests()).toMatchObject({ GetRoleCredentials: 2 });
    expect(desk.asked.count).toBe(1);
  });

  test('that the portal does not accept leads to a sign-in, once', async () => {
    const desk = await openDesk({ isAsked: true });
    desk.otherSignsIn();
    desk.center.expireTokens();
    await desk.manager.login(desk.identity);
    expect(desk.asked.count).toBe(1);
    expect(desk.center.requests()).toMatchObject({ GetRoleCredentials: 2, RegisterClient: 1 });
    expect(desk.center.requests()).not.toHaveProperty('CreateToken refresh_token');
  });

  test('is not used if a new sign-in is wanted', async () => {
    const desk = await openDesk({ isAsked: true, spec: shared });
    desk.otherSignsIn();
    await desk.manager.signIn(desk.provider, { force: true });
    expect(desk.asked.count).toBe(1);
    expect(desk.center.requests()).not.toHaveProperty('CreateToken refresh_token');
  });

  test('that is broken changes nothing', async () => {
    const desk = await openDesk({ isAsked: true });
    putCliToken(desk.home, '{"startUrl":', 'corp');
    await desk.manager.login(desk.identity);
    expect(desk.asked.count).toBe(1);
    expect(desk.warnings).toEqual([]);
    expect(desk.logged).toContain('token.skipped');
  });

  test('is renewed if it is shared, and is then our own', async () => {
    const desk = await openDesk({ spec: shared });
    const theirs = desk.otherSignsIn();
    desk.time.now = new Date(testStart.getTime() + 61 * minutes);
    await desk.manager.login(desk.identity);
    expect(desk.center.requests()).toMatchObject({ 'CreateToken refresh_token': 1 });
    expect(readCliFile(desk.home, 'corp')['refreshToken']).not.toBe(theirs.refreshToken);
    expect(await desk.manager.whoami(desk.identity)).toMatchObject({ tokenSource: 'keyring' });
  });
});

describe('a shared token that was stored before', () => {
  test('is written to the missing file by a sign-in that finds it', async () => {
    const desk = await openDesk({ spec: shared, isAsked: true });
    await desk.manager.signIn(desk.provider);
    const written = readCliFile(desk.home, 'corp');
    rmSync(cliTokenPath(desk.home, 'corp'));
    await desk.manager.login(desk.identity);
    expect(() => readCliFile(desk.home, 'corp')).toThrow('ENOENT');
    expect(await desk.manager.signIn(desk.provider)).toMatchObject({ wasOpened: false });
    expect(readCliFile(desk.home, 'corp')).toEqual(written);
  });

  test('is found, with a warning, if it cannot be written', async () => {
    const desk = await openDesk({ spec: shared, isAsked: true });
    await desk.manager.signIn(desk.provider);
    const path = cliTokenPath(desk.home, 'corp');
    rmSync(path);
    symlinkSync('/dev/null', path);
    expect(await desk.manager.signIn(desk.provider)).toMatchObject({ wasOpened: false });
    expect(desk.warnings).toEqual([
      `the token of provider corp is not shared with the AWS CLI: cannot write ${path}: it is a symbolic link`,
    ]);
  });
});

describe('a token that was renewed, but cannot be stored', () => {
  test.each([
    ['needs', {}],
    ['may need', shared],
  ])('is used, with a warning that the next command %s a sign-in', async (needs, spec) => {
    const desk = await openDesk({ isAsked: true, spec });
    await desk.manager.signIn(desk.provider);
    desk.time.now = new Date(testStart.getTime() + 61 * minutes);
    const { store } = desk.context;
    const write = () => Promise.reject(new AtmosError('ERR_KEYRING_IO', 'cannot write the entry'));
    const full = { ...store, tokens: { ...store.tokens, write } };
    const manager = createAuthManager({ ...desk.context, store: full });
    expect(await manager.login(desk.identity)).toMatchObject({ wasOpened: true });
    expect(desk.warnings).toEqual([
      `the token of provider corp could not be stored, so the next command ${needs} a sign-in: cannot write the entry`,
    ]);
    expect(desk.asked.count).toBe(1);
  });
});

describe('signing out', () => {
  const all = { isDryRun: false, isLocal: false };

  test('ends the session of a shared token that only the file has', async () => {
    const desk = await openDesk({ spec: shared });
    desk.otherSignsIn();
    const { ended, failures } = await desk.manager.signOut(desk.provider, all);
    expect({ ended, failures }).toEqual({
      ended: { provider: 'corp', issuer: desk.center.startUrl },
      failures: [],
    });
    expect(desk.center.requests()).toEqual({ Logout: 1 });
  });

  test('does nothing with a token of the AWS CLI that is not shared', async () => {
    const desk = await openDesk();
    desk.otherSignsIn();
    expect(await desk.manager.signOut(desk.provider, all)).toMatchObject({ ended: undefined });
    expect(desk.center.calls).toEqual([]);
  });
});
