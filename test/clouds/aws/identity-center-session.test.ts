import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OpenContext, Opened } from '../../../src/clouds/contract.ts';
import { errorOf } from '../../support/error-of.ts';
import { startSts } from '../../support/sts-server.mjs';
import { testStart } from '../../support/fake-host.ts';
import { openPortalPlace, type PortalPlace } from './portal-place.ts';

let place: PortalPlace;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  place = await openPortalPlace();
});

afterEach(async () => {
  await place.center.close();
  for (const close of closing.splice(0).toReversed()) await close();
});

const required = (ended: string) => ({
  code: 'ERR_AUTH_SIGN_IN_REQUIRED',
  message: `provider corp needs a sign-in: ${ended}`,
  hints: ['atmos auth login --provider corp'],
});

/** A token by which a person has signed in. */
const signedIn = (settings = {}) =>
  place.plan(settings).open(place.context({ ask: { signIn: place.signIn() } }));

/** Opens it again without a person. */
const renew = (previous: Opened, isRefused = false, context: Partial<OpenContext> = {}) =>
  place.plan().open(place.context({ previous: { ...previous, isRefused }, ...context }));

describe('a first token', () => {
  test('needs a person', async () => {
    const error = await errorOf(place.plan().open(place.context()));
    expect(error).toMatchObject(required(`no one is signed in at ${place.center.startUrl}`));
    expect(place.center.calls).toEqual([]);
  });

  test('says that a new one was requested, where no one can be asked', async () => {
    const opened = await signedIn();
    const previous = { ...opened, isRefused: false };
    const forced = { previous, isForced: true };
    expect(await errorOf(place.plan().open(place.context(forced)))).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      message:
        'provider corp needs a sign-in: a new one was requested, and no one can be asked here',
      hints: ['in a terminal: atmos auth login --provider corp --force'],
    });
    const asked = { ...forced, ask: { whyNoSignIn: 'CI is set' } };
    expect(await errorOf(place.plan().open(place.context(asked)))).toMatchObject({
      message:
        'provider corp needs a sign-in: a new one was requested; CI is set, so no one is asked',
      hints: ['atmos auth login --provider corp --force --interactive'],
    });
  });

  test('says why no one is asked, and how the command asks nevertheless', async () => {
    const ask = { whyNoSignIn: 'CI is set' };
    expect(await errorOf(place.plan().open(place.context({ ask })))).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      message: `provider corp needs a sign-in: no one is signed in at ${place.center.startUrl}; CI is set, so no one is asked`,
      hints: ['atmos auth login --provider corp --interactive'],
    });
  });

  test('is opened by a person, and kept with what renews it', async () => {
    const { credentials, renewal, clockOffsetMs, limits } = await signedIn();
    expect({ ...credentials }).toMatchObject({
      type: 'sso',
      startUrl: place.center.startUrl,
      region: 'eu-west-1',
      expiresAt: new Date('2026-01-01T01:00:00Z'),
    });
    expect(Object.keys(renewal ?? {})).toEqual([
      'refresh_token',
      'client_id',
      'client_secret',
      'registration_expires_at',
      'flow',
      'sign_in',
    ]);
    expect({ clockOffsetMs, limits }).toEqual({ clockOffsetMs: 0, limits: [] });
    expect(place.center.problems()).toEqual([]);
  });

  test('expires by the clock of the service', async () => {
    place.center.setClock(3_600_000);
    const { credentials, clockOffsetMs } = await signedIn();
    expect(clockOffsetMs).toBe(3_600_000);
    expect(credentials).toMatchObject({ expiresAt: new Date('2026-01-01T02:00:00Z') });
  });

  test.each([
    [{}, {}, 'browser'],
    [{ openPage: undefined }, {}, 'device'],
    [{}, { flow: 'auto' }, 'browser'],
    [{}, { flow: 'device' }, 'device'],
    [{ flow: 'device' }, { flow: 'browser' }, 'device'],
    [{ flow: 'browser' }, { flow: 'device' }, 'browser'],
  ] as const)('with %j and %j is opened by the flow %s %s', async (ask, spec, flow) => {
    const signIn = place.signIn(ask as never);
    const approve = async (...args: Parameters<typeof signIn.showPage>) => {
      if (!('openPage' in signIn) || signIn.openPage === undefined) place.center.approve();
      return signIn.showPage(...args);
    };
    const context = place.context({ ask: { signIn: { ...signIn, showPage: approve } } });
    const { renewal } = await place.plan({ spec }).open(context);
    expect(renewal?.['flow']).toBe(flow);
  });
});

describe('a token is renewed', () => {
  test('without a person, with a new refresh token', async () => {
    const first = await signedIn();
    const second = await renew(first);
    const third = await renew(second, true);
    const tokens = [first, second, third].map(({ renewal }) => renewal?.['refresh_token']);
    expect(new Set(tokens).size).toBe(3);
    const signIns = [first, second, third].map(({ renewal }) => renewal?.['sign_in']);
    expect(signIns).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^[\da-f-]{36}$/)),
    );
    expect(new Set(signIns).size).toBe(1);
    expect(place.center.requests()).toMatchObject({
      RegisterClient: 1,
      'CreateToken refresh_token': 2,
    });
  });

  test('with the refresh token that it has, if the service gives no new one', async () => {
    const first = await signedIn();
    const body = JSON.stringify({ accessToken: 'next', tokenType: 'Bearer', expiresIn: 60 });
    place.center.script({ action: 'CreateToken refresh_token', raw: { body } });
    const { renewal } = await renew(first);
    expect(renewal).toEqual(first.renewal);
  });

  test.each(['TooManyRequestsException', 'SlowDownException'] as const)(
    'after a while if the service says %s',
    async (name) => {
      const first = await signedIn();
      place.center.script({ action: 'CreateToken refresh_token', fail: { name }, times: 3 });
      await renew(first);
      expect(place.clock.slept).toHaveLength(3);
    },
  );

  test.each(['TooManyRequestsException', 'InternalServerException'] as const)(
    'never by a sign-in because of %s',
    async (name) => {
      const first = await signedIn();
      place.center.script({ action: 'CreateToken refresh_token', fail: { name }, times: 50 });
      const error = await errorOf(renew(first, false, { ask: { signIn: place.signIn() } }));
      expect(error.code).toBe('ERR_AWS');
      expect(place.pages).toHaveLength(1);
    },
  );

  test('never by a sign-in because of the network', async () => {
    const first = await signedIn();
    const { port } = new URL(place.center.url);
    await place.center.close();
    const error = await errorOf(renew(first, false, { ask: { signIn: place.signIn() } }));
    expect(error).toMatchObject({
      code: 'ERR_NETWORK',
      message: `cannot reach http://127.0.0.1:${port}: connection refused (ECONNREFUSED)`,
    });
    expect(place.pages).toHaveLength(1);
    place = await openPortalPlace();
  });
});

describe('a token that cannot be renewed says what has ended:', () => {
  test('the session at the portal', async () => {
    const first = await signedIn();
    place.center.endPortalSessions();
    const url = place.center.startUrl;
    expect(await errorOf(renew(first))).toMatchObject(required(`the session at ${url} has ended`));
  });

  test.each(['InvalidClientException', 'UnauthorizedClientException'] as const)(
    'the registration, by %s',
    async (name) => {
      const first = await signedIn();
      place.center.script({ action: 'CreateToken refresh_token', fail: { name } });
      expect(await errorOf(renew(first))).toMatchObject(
        required(`the registration of this program at ${place.center.startUrl} has ended`),
      );
    },
  );

  test('the registration, by its time', async () => {
    const { renewal, ...first } = await signedIn();
    const ended = { ...renewal, registration_expires_at: '2026-01-01T00:00:30Z' };
    expect(await errorOf(renew({ ...first, renewal: ended }))).toMatchObject(
      required(`the registration of this program at ${place.center.startUrl} has ended`),
    );
    expect(place.center.requests()).not.toHaveProperty('CreateToken refresh_token');
  });

  test('the token, if it has no refresh token', async () => {
    const { renewal: _, ...first } = await signedIn();
    expect(await errorOf(renew(first))).toMatchObject(
      required(`the token of ${place.center.startUrl} has expired and cannot be renewed`),
    );
  });

  test('and a person signs in again', async () => {
    const first = await signedIn();
    place.center.endPortalSessions();
    const signIn = place.signIn();
    const { credentials } = await renew(first, true, { ask: { signIn } });
    expect(credentials).not.toEqual(first.credentials);
    expect(place.pages).toHaveLength(2);
  });
});

describe('who signs in is compared', () => {
  let env: Record<string, string>;
  const expecting = (expected: Readonly<Record<string, string>>) =>
    place.plan({ spec: { expect: expected } }, env);
  const open = (expected: Readonly<Record<string, string>>, context: Partial<OpenContext> = {}) =>
    expecting(expected).open(
      place.context({ ask: { signIn: place.signIn() }, ...context }, { env }),
    );

  beforeEach(async () => {
    await place.center.close();
    const sts = await startSts({ keys: [], now: () => testStart });
    closing.push(() => sts.close());
    env = { AWS_ENDPOINT_URL_STS: sts.url };
    place = await openPortalPlace({ onCredentials: sts.addSession });
  });

  test('with the account', async () => {
    const { renewal } = await open({ account: '111111111111' });
    expect(renewal).toMatchObject({ expected_account: '111111111111' });
    const error = await errorOf(open({ account: '999999999999' }));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_OTHER_USER',
      message:
        'provider corp expects access to the account "999999999999" (/p/atmos.yaml:spec:expect:account), but the person who signed in has "dev (111111111111)", "prod (222222222222)"',
    });
    expect(error.hints[0]).toContain('atmos auth login --provider corp --force');
  });

  test('with the user, whom a session of a role names', async () => {
    const { renewal } = await open({ user: 'Ada' });
    expect(renewal).toMatchObject({ expected_user: 'Ada' });
    const error = await errorOf(open({ user: 'bob', account: '222222222222' }));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_OTHER_USER',
      message:
        'provider corp expects the user "bob" (/p/atmos.yaml:spec:expect:user), but "ada" signed in',
    });
  });

  // docs/security.md: another user of the machine can read the address of the page.
  test('with the user, although another person has completed the sign-in', async () => {
    await place.center.close();
    const sts = await startSts({ keys: [], now: () => testStart });
    closing.push(() => sts.close());
    env = { AWS_ENDPOINT_URL_STS: sts.url };
    const users = [{ name: 'ada' }, { name: 'bob' }];
    place = await openPortalPlace({ users, pages: 'ask', onCredentials: sts.addSession });
    const openPage = async (url: URL) => {
      const page = await (await fetch(url)).text();
      const request = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? '';
      const body = new URLSearchParams({ request, decision: 'allow', user: 'bob' });
      await fetch(new URL('/authorize', url), { method: 'POST', body });
      return true;
    };
    const ask = { signIn: place.signIn({ flow: 'browser', openPage }) };
    expect(await errorOf(open({ user: 'ada' }, { ask }))).toMatchObject({
      code: 'ERR_AUTH_OTHER_USER',
      message:
        'provider corp expects the user "ada" (/p/atmos.yaml:spec:expect:user), but "bob" signed in',
    });
  });

  test('which fails if the person has no role', async () => {
    place.center.accounts.length = 0;
    expect((await errorOf(open({ user: 'ada' }))).message).toBe(
      'provider corp expects the user "ada" (/p/atmos.yaml:spec:expect:user), but who signed in cannot be found out, because no role of the person can be opened',
    );
  });

  test('once, and not again when the token is renewed', async () => {
    const first = await open({ user: 'ada' });
    const previous = { ...first, isRefused: false };
    const { renewal } = await open({ user: 'ada' }, { previous });
    expect(renewal).toMatchObject({ expected_user: 'ada' });
    expect(place.center.requests()).toMatchObject({ ListAccounts: 1, GetRoleCredentials: 1 });
  });

  test('also for a token that another provider has opened', async () => {
    const other = await place.plan().open(place.context({ ask: { signIn: place.signIn() } }));
    const previous = { ...other, isRefused: false };
    const same = await open({ user: 'ada' }, { previous, ask: {} });
    expect(same.credentials).toBe(other.credentials);
    expect(same.renewal).toEqual({ ...other.renewal, expected_user: 'ada' });
    const error = await errorOf(open({ user: 'bob' }, { previous, ask: {} }));
    expect(error.code).toBe('ERR_AUTH_OTHER_USER');
    expect(place.pages).toHaveLength(1);
  });

  describe('and a token is not lost by that:', () => {
    const mismatched = { account: '999999999999' };
    const account = { account: '111111111111' };
    const throttle = () =>
      place.center.script({
        action: 'ListAccounts',
        fail: { name: 'TooManyRequestsException' },
        times: 6,
      });
    const keeping = () => {
      const kept: Opened[] = [];
      return { kept, keep: async (opened: Opened) => void kept.push(opened) };
    };
    const openOther = () => place.plan().open(place.context({ ask: { signIn: place.signIn() } }));
    /** It is renewed when it is used. */
    const expired = (opened: Opened) => ({
      ...opened,
      credentials: { ...opened.credentials, expiresAt: testStart } as Opened['credentials'],
      isRefused: false,
    });

    test('one that was renewed is kept before the person is compared', async () => {
      const other = await openOther();
      const { kept, keep } = keeping();
      const error = await errorOf(open(mismatched, { previous: expired(other), keep, ask: {} }));
      expect(error.code).toBe('ERR_AUTH_OTHER_USER');
      expect(kept).toHaveLength(1);
      const renewal = kept[0]?.renewal;
      expect(renewal?.['refresh_token']).not.toBe(other.renewal?.['refresh_token']);
      expect(Object.keys(renewal ?? {}).sort()).toEqual(Object.keys(other.renewal ?? {}).sort());
    });

    test('one by which a person has signed in is kept if it cannot be compared', async () => {
      const { kept, keep } = keeping();
      throttle();
      expect((await errorOf(open(account, { keep }))).code).toBe('ERR_AWS');
      const [first] = kept;
      expect(first?.renewal).toHaveProperty('refresh_token');
      expect(first?.renewal).not.toHaveProperty('expected_account');
      const previous = first && { ...first, isRefused: false };
      const { renewal } = await open(account, { ...(previous && { previous }), ask: {} });
      expect(renewal).toEqual({ ...first?.renewal, expected_account: '111111111111' });
    });

    test('one of another person who has signed in is not kept', async () => {
      const { kept, keep } = keeping();
      expect((await errorOf(open(mismatched, { keep }))).code).toBe('ERR_AUTH_OTHER_USER');
      expect(kept).toEqual([]);
    });

    test('one that the portal does not accept any longer is renewed', async () => {
      const other = await openOther();
      place.center.expireTokens();
      const previous = { ...other, isRefused: false };
      const { credentials, renewal } = await open({ user: 'ada' }, { previous, ask: {} });
      expect(credentials).not.toEqual(other.credentials);
      expect(renewal).toMatchObject({ expected_user: 'ada' });
    });

    test('one whose session has ended needs a person', async () => {
      const previous = { ...(await openOther()), isRefused: false };
      place.center.endPortalSessions();
      const error = await errorOf(open(account, { previous, ask: {} }));
      expect(error).toMatchObject(required(`the session at ${place.center.startUrl} has ended`));
      expect(await open(account, { previous })).toHaveProperty('renewal.expected_account');
    });

    test('one that is refused while a role is opened is renewed', async () => {
      const previous = { ...(await openOther()), isRefused: false };
      place.center.script({
        action: 'GetRoleCredentials',
        fail: { name: 'UnauthorizedException' },
      });
      const { renewal } = await open({ user: 'ada' }, { previous, ask: {} });
      expect(renewal).toMatchObject({ expected_user: 'ada' });
      expect(place.center.requests()).toMatchObject({ 'CreateToken refresh_token': 1 });
    });
  });
});

describe('a token is revoked', () => {
  test('which ends the session at the portal', async () => {
    const opened = await signedIn();
    await place.plan().revoke?.(opened, place.context());
    expect(await errorOf(renew(opened))).toMatchObject({ code: 'ERR_AUTH_SIGN_IN_REQUIRED' });
  });

  test('also if the portal does not accept it any longer', async () => {
    const opened = await signedIn();
    place.center.endPortalSessions();
    await place.plan().revoke?.(opened, place.context());
    expect(place.center.requests()).toMatchObject({ Logout: 1 });
  });

  test('or the error of the portal is reported', async () => {
    const opened = await signedIn();
    place.center.script({ action: 'Logout', fail: { name: 'InternalServerException' }, times: 50 });
    const revoking = place.plan().revoke?.(opened, place.context()) ?? Promise.resolve();
    expect((await errorOf(revoking)).code).toBe('ERR_AWS');
  });
});

test('a variable with a wrong endpoint is reported before anything is sent', async () => {
  const env = { AWS_ENDPOINT_URL_SSO_OIDC: 'ftp://x' };
  const plan = place.plan({ spec: { endpoint_url: '' } }, env);
  const error = await errorOf(plan.open(place.context({}, { env })));
  expect(error).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: 'AWS_ENDPOINT_URL_SSO_OIDC is not an http or https URL without user and password',
  });
});
