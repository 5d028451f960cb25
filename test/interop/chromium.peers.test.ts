import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startIdentityCenter } from '../support/aws/identity-center.mjs';
import type { IssuedToken, RoleCredentials } from '../support/aws/identity-center-types.ts';
import {
  authorizePath,
  callPortal,
  post,
  registerForBrowser,
  registerForDevice,
  verifier,
} from '../support/aws/sso-client.ts';
import { openChromium } from '../support/chromium.ts';
import { peer } from '../support/peers.ts';

// A real browser uses the pages of the stand-in for IAM Identity Center.
const chromium = peer('chromium');
const limitMs = 120_000;

async function openPortal() {
  const issued: RoleCredentials[] = [];
  const portal = await startIdentityCenter({
    users: [{ name: 'ada' }, { name: 'grace' }],
    onCredentials: (credentials) => issued.push(credentials),
  });
  onTestFinished(portal.close);
  const context = await openChromium(chromium?.path ?? '');
  const page = await context.newPage();

  /** The user for whom a token is. */
  const userOf = async (accessToken: string) => {
    const path = '/federation/credentials?account_id=111111111111&role_name=ReadOnly';
    expect((await callPortal(portal, path, accessToken)).status).toBe(200);
    return issued.at(-1)?.sessionName;
  };
  return { portal, page, userOf };
}

/** A client that waits for the redirect. */
async function listenForRedirect() {
  const server = createServer((_, response) => response.end('You can close this window.'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const redirected = once(server, 'request') as Promise<[IncomingMessage]>;
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/callback`;
  return {
    redirectUri,
    /** The path and the parameters of the redirect. */
    async redirect(): Promise<Record<string, string>> {
      const [{ url = '' }] = await redirected;
      const { pathname, searchParams } = new URL(url, redirectUri);
      return { pathname, ...Object.fromEntries(searchParams) };
    },
  };
}

describe.skipIf(!chromium)('Chromium', { timeout: limitMs }, () => {
  test('follows the redirect with a code after a click on Allow', async () => {
    const { portal, page, userOf } = await openPortal();
    const client = await registerForBrowser(portal);
    const { redirectUri, redirect } = await listenForRedirect();
    await page.goto(portal.url + authorizePath(client, { redirect_uri: redirectUri }));
    await page.getByLabel('User').selectOption('grace');
    await page.getByRole('button', { name: 'Allow' }).click();
    const { code, ...rest } = await redirect();
    expect(rest).toEqual({ pathname: '/oauth/callback', state: 'the-state' });
    await page.getByText('You can close this window.').waitFor();
    const grant = { grantType: 'authorization_code', code, redirectUri, codeVerifier: verifier };
    const answer = await post(portal, '/token', { ...client, ...grant });
    expect(await userOf((answer.json() as IssuedToken).accessToken)).toBe('grace');
    expect(portal.problems()).toEqual([]);
  });

  test('follows the redirect with an error after a click on Deny', async () => {
    const { portal, page } = await openPortal();
    const client = await registerForBrowser(portal);
    const { redirectUri, redirect } = await listenForRedirect();
    await page.goto(portal.url + authorizePath(client, { redirect_uri: redirectUri }));
    await page.getByRole('button', { name: 'Deny' }).click();
    expect(await redirect()).toEqual({
      pathname: '/oauth/callback',
      error: 'access_denied',
      state: 'the-state',
    });
  });

  test('allows a device code that is typed', async () => {
    const { portal, page, userOf } = await openPortal();
    const client = await registerForDevice(portal);
    const body = { ...client, startUrl: portal.startUrl };
    const started = (await post(portal, '/device_authorization', body)).json() as {
      deviceCode: string;
      userCode: string;
      verificationUri: string;
    };
    await page.goto(started.verificationUri);
    await page.getByLabel('Code').fill(started.userCode);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Request approved' }).waitFor();
    const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
    const { deviceCode } = started;
    const answer = await post(portal, '/token', { ...client, grantType, deviceCode });
    expect(await userOf((answer.json() as IssuedToken).accessToken)).toBe('ada');
    expect(portal.problems()).toEqual([]);
  });
});
