import { afterEach, describe, expect, it } from 'vitest';
import type {
  IdentityCenter,
  IdentityCenterOptions,
  IssuedToken,
} from './identity-center-types.ts';
import { startIdentityCenter } from './identity-center.mjs';
import {
  authorizePath,
  callPortal,
  post,
  redirectOf,
  registerForBrowser,
  registerForDevice,
  send,
  submit,
  verifier,
  type Client,
} from './sso-client.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const redirectUri = 'http://127.0.0.1:50000/oauth/callback';

let server: IdentityCenter;
let nowMs: number;

afterEach(() => server.close());

/** Starts the stand-in with a clock that only the test moves. */
async function start(options: IdentityCenterOptions = {}): Promise<void> {
  nowMs = Date.parse('2026-01-31T12:00:00Z');
  server = await startIdentityCenter({ now: () => new Date(nowMs), ...options });
}

function pass(seconds: number): void {
  nowMs += seconds * 1000;
}

describe('a registration', () => {
  const terms = { clientName: 'test', clientType: 'public', scopes: ['sso:account:access'] };
  const browser = {
    ...terms,
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: ['http://127.0.0.1/oauth/callback'],
    issuerUrl: 'https://d-9067000000.awsapps.com/start',
  };

  it('lasts 90 days', async () => {
    await start();
    const answer = (await post(server, '/client/register', terms)).json();
    expect(answer).toEqual({
      clientId: expect.stringMatching(/^[\w-]{32}$/),
      clientSecret: expect.stringMatching(/^eyJ/),
      clientIdIssuedAt: nowMs / 1000,
      clientSecretExpiresAt: nowMs / 1000 + 90 * 24 * 60 * 60,
    });
  });

  it.each([
    ['another type', { clientType: 'confidential' }, 'InvalidClientMetadataException'],
    ['an unknown scope', { scopes: ['Admin'] }, 'InvalidScopeException'],
    ['an unknown grant', { grantTypes: ['password'] }, 'UnsupportedGrantTypeException'],
    ['a port', { redirectUris: ['http://127.0.0.1:80/x'] }, undefined],
    ['another port', { redirectUris: ['http://127.0.0.1:8080/x'] }, 'InvalidRedirectUriException'],
    ['another host', { redirectUris: ['http://example.com/x'] }, 'InvalidRedirectUriException'],
    ['no redirect', { redirectUris: undefined }, 'InvalidRedirectUriException'],
    ['no issuer', { issuerUrl: undefined }, 'InvalidRequestException'],
    ['another portal', { issuerUrl: 'https://x.awsapps.com/start' }, 'InvalidRequestException'],
    ['a fragment', { issuerUrl: 'https://d-9067000000.awsapps.com/start/#/' }, undefined],
  ])('with %s is answered as by the service', async (_, difference, error) => {
    await start();
    expect((await post(server, '/client/register', { ...browser, ...difference })).error).toBe(
      error,
    );
  });

  it('expires', async () => {
    await start({ lifetimes: { registration: 100 } });
    const client = await registerForDevice(server);
    const authorize = () =>
      post(server, '/device_authorization', { ...client, startUrl: server.startUrl });
    pass(99);
    expect((await authorize()).status).toBe(200);
    pass(1);
    expect(await authorize()).toMatchObject({ status: 401, error: 'InvalidClientException' });
    expect((await authorize()).json()).toMatchObject({ error: 'invalid_client' });
  });

  it('is refused with another secret', async () => {
    await start();
    const client = { ...(await registerForDevice(server)), clientSecret: 'another' };
    const body = { ...client, startUrl: server.startUrl };
    expect((await post(server, '/device_authorization', body)).error).toBe(
      'InvalidClientException',
    );
  });
});

describe('the page for a browser', () => {
  const redeem = (client: Client, code: string, difference: Record<string, unknown> = {}) =>
    post(server, '/token', {
      ...client,
      grantType: 'authorization_code',
      code,
      redirectUri,
      codeVerifier: verifier,
      ...difference,
    });

  async function allow(client: Client): Promise<string> {
    server.setPages('allow');
    return redirectOf(await send(server, authorizePath(client)))['code'] ?? '';
  }

  it('has buttons, and redirects with a code and the state after Allow', async () => {
    await start({ users: [{ name: 'ada' }, { name: 'grace' }] });
    const client = await registerForBrowser(server);
    const page = await send(server, authorizePath(client));
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('<button name="decision" value="allow">Allow</button>');
    expect(page.text).toContain('<button name="decision" value="deny">Deny</button>');
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const fields = { request, decision: 'allow', user: 'grace' };
    const answer = redirectOf(await submit(server, '/authorize', fields));
    expect(answer).toEqual({ to: redirectUri, code: expect.any(String), state: 'the-state' });
    const token = (await redeem(client, answer['code'] ?? '')).json() as IssuedToken;
    expect(token).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 3600,
      refreshToken: expect.any(String),
    });
    expect((await submit(server, '/authorize', fields)).error).toBe('InvalidRequestException');
  });

  it('signs in only users that exist', async () => {
    await start();
    const fields = { user_code: 'BCDF-GHJK', decision: 'allow', user: 'mallory' };
    expect((await submit(server, '/device', fields)).error).toBe('InvalidRequestException');
    expect(() => server.signIn({ user: 'mallory' })).toThrow('unknown user mallory');
    expect(() => server.approve({ user: 'mallory' })).toThrow('unknown user mallory');
  });

  it('redirects with an error after Deny', async () => {
    await start({ pages: 'deny' });
    const client = await registerForBrowser(server);
    expect(redirectOf(await send(server, authorizePath(client)))).toEqual({
      to: redirectUri,
      error: 'access_denied',
      state: 'the-state',
    });
  });

  it.each([
    ['another scope', { scopes: 'codewhisperer:completions' }, 'invalid_scope'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge that is no hash', { code_challenge: 'short' }, 'invalid_request'],
    ['another response', { response_type: 'token' }, 'unsupported_response_type'],
  ])('redirects with an error for %s', async (_, params, error) => {
    await start({ pages: 'allow' });
    const client = await registerForBrowser(server);
    const answer = await send(server, authorizePath(client, params));
    expect(redirectOf(answer)).toEqual({ to: redirectUri, error, state: 'the-state' });
  });

  it.each([
    ['another path', { redirect_uri: 'http://127.0.0.1:50000/x' }, 'InvalidRedirectUriException'],
    ['another host', { redirect_uri: 'http://localhost/x' }, 'InvalidRedirectUriException'],
    ['an unknown client', { client_id: 'another' }, 'InvalidClientException'],
  ])('redirects nowhere for %s', async (_, params, error) => {
    await start({ pages: 'allow' });
    const client = await registerForBrowser(server);
    expect((await send(server, authorizePath(client, params))).error).toBe(error);
  });

  it('gives a code for one use', async () => {
    await start();
    const client = await registerForBrowser(server);
    const code = await allow(client);
    expect((await redeem(client, code)).status).toBe(200);
    expect((await redeem(client, code)).error).toBe('InvalidGrantException');
  });

  it.each([
    ['another verifier', { codeVerifier: 'w'.repeat(43) }, 'InvalidGrantException'],
    ['a short verifier', { codeVerifier: 'v'.repeat(42) }, 'InvalidRequestException'],
    ['no verifier', { codeVerifier: undefined }, 'InvalidRequestException'],
    [
      'another port',
      { redirectUri: 'http://127.0.0.1:50001/oauth/callback' },
      'InvalidGrantException',
    ],
    ['another grant', { grantType: deviceGrant }, 'UnauthorizedClientException'],
    ['an unknown grant', { grantType: 'password' }, 'UnsupportedGrantTypeException'],
  ])('refuses the code with %s', async (_, difference, error) => {
    await start();
    const client = await registerForBrowser(server);
    expect((await redeem(client, await allow(client), difference)).error).toBe(error);
  });

  it('refuses a code of another client, and an old code', async () => {
    await start();
    const [one, another] = [await registerForBrowser(server), await registerForBrowser(server)];
    expect((await redeem(another, await allow(one))).error).toBe('InvalidGrantException');
    const code = await allow(one);
    pass(60);
    expect((await redeem(one, code)).error).toBe('InvalidGrantException');
  });
});

describe('a device code', () => {
  interface Started {
    deviceCode: string;
    userCode: string;
    verificationUriComplete: string;
  }

  async function startDevice(): Promise<{ client: Client; started: Started }> {
    const client = await registerForDevice(server);
    const body = { ...client, startUrl: `${server.startUrl}/` };
    const started = (await post(server, '/device_authorization', body)).json() as Started;
    return { client, started };
  }
  const poll = (client: Client, { deviceCode }: Started) =>
    post(server, '/token', { ...client, grantType: deviceGrant, deviceCode });

  it('names its page, its life and its interval', async () => {
    await start();
    expect((await startDevice()).started).toEqual({
      deviceCode: expect.any(String),
      userCode: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verificationUri: `${server.url}/device`,
      verificationUriComplete: expect.stringContaining(`${server.url}/device?user_code=`),
      expiresIn: 600,
      interval: 1,
    });
  });

  it('is pending until a person allows it, and is spent by its token', async () => {
    await start({ pollIntervalSeconds: 0 });
    const { client, started } = await startDevice();
    const pending = await poll(client, started);
    expect(pending).toMatchObject({ status: 400, error: 'AuthorizationPendingException' });
    expect(pending.json()).toMatchObject({ error: 'authorization_pending' });
    server.approve({ userCode: started.userCode });
    expect((await poll(client, started)).status).toBe(200);
    expect((await poll(client, started)).error).toBe('InvalidGrantException');
    expect(() => server.approve()).toThrow('no device code waits for a person');
  });

  it('is decided on its page', async () => {
    await start({ pollIntervalSeconds: 0 });
    for (const [decision, result] of [
      ['allow', undefined],
      ['deny', 'AccessDeniedException'],
    ] as const) {
      const { client, started } = await startDevice();
      const page = await send(server, started.verificationUriComplete);
      expect(page.text).toContain(`value="${started.userCode}"`);
      const fields = { user_code: started.userCode, decision, user: 'ada' };
      expect((await submit(server, '/device', fields)).status).toBe(200);
      expect((await poll(client, started)).error).toBe(result);
      expect((await send(server, started.verificationUriComplete)).status).toBe(400);
    }
    expect((await send(server, '/device')).text).toContain('<input name="user_code">');
  });

  it('is allowed at once if the stand-in was started so', async () => {
    await start({ isPreauthorized: true });
    const { client, started } = await startDevice();
    expect((await poll(client, started)).status).toBe(200);
  });

  it('makes the interval longer by five seconds for each poll that was too early', async () => {
    await start();
    const { client, started } = await startDevice();
    const errors: (string | undefined)[] = [];
    // The first poll does not count.
    for (const seconds of [0, 0, 1, 0.5, 5.5, 10.9, 11]) {
      pass(seconds);
      errors.push((await poll(client, started)).error);
    }
    const [pending, early] = ['AuthorizationPendingException', 'SlowDownException'];
    expect(errors).toEqual([pending, pending, pending, early, early, pending, pending]);
  });

  it('expires', async () => {
    await start();
    const { client, started } = await startDevice();
    pass(600);
    expect((await poll(client, started)).error).toBe('ExpiredTokenException');
    expect((await send(server, started.verificationUriComplete)).status).toBe(400);
  });

  it('is refused for another client and for another portal', async () => {
    await start({ isPreauthorized: true });
    const { client, started } = await startDevice();
    expect((await poll(await registerForDevice(server), started)).error).toBe(
      'InvalidGrantException',
    );
    const body = { ...client, startUrl: 'https://another.awsapps.com/start' };
    expect((await post(server, '/device_authorization', body)).error).toBe(
      'InvalidRequestException',
    );
  });
});

describe('a refresh token', () => {
  const refresh = ({ clientId, clientSecret, refreshToken }: Client & { refreshToken?: string }) =>
    post(server, '/token', { clientId, clientSecret, grantType: 'refresh_token', refreshToken });

  it('is replaced by each use', async () => {
    await start();
    const first = server.signIn();
    const second = (await refresh(first)).json() as Required<IssuedToken>;
    expect((await refresh(first)).error).toBe('InvalidGrantException');
    expect((await refresh({ ...first, refreshToken: second.refreshToken })).status).toBe(200);
    expect((await callPortal(server, '/assignment/accounts', second.accessToken)).status).toBe(200);
  });

  it('is issued only to clients with scopes and with the grant', async () => {
    await start({ isPreauthorized: true });
    const terms = [{ scopes: undefined }, { grantTypes: [deviceGrant] }];
    const issued = await Promise.all(
      terms.map(async (term) => {
        const client = await registerForDevice(server, term);
        const body = { ...client, startUrl: server.startUrl };
        const started = await post(server, '/device_authorization', body);
        const { deviceCode } = started.json() as { deviceCode: string };
        return (
          await post(server, '/token', { ...client, grantType: deviceGrant, deviceCode })
        ).json();
      }),
    );
    expect(issued).toEqual([
      { accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 28_800 },
      { accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 3600 },
    ]);
  });

  it('ends with the portal session, and no access token outlasts it', async () => {
    await start({ lifetimes: { portal: 3700 } });
    const first = server.signIn();
    pass(3600);
    const answer = (await refresh(first)).json() as Required<IssuedToken>;
    expect(answer.expiresIn).toBe(100);
    pass(100);
    const second = { ...first, refreshToken: answer.refreshToken };
    expect((await refresh(second)).error).toBe('InvalidGrantException');
  });

  it('belongs to one client, whose registration is valid', async () => {
    await start();
    const [one, another] = [server.signIn(), server.signIn()];
    expect((await refresh({ ...one, refreshToken: another.refreshToken ?? '' })).error).toBe(
      'InvalidGrantException',
    );
    server.expireRegistrations();
    expect((await refresh(one)).error).toBe('InvalidClientException');
  });
});
