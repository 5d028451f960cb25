import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { awsPermissionSet } from '../../../src/clouds/aws/permission-set.ts';
import type { SsoAnswer } from '../../support/aws/identity-center-types.ts';
import { errorOf } from '../../support/error-of.ts';
import { testStart } from '../../support/fake-host.ts';
import {
  openPermissionSet,
  openPortalPlace,
  permissionSet,
  planOf,
  type PortalPlace,
} from './portal-place.ts';

let place: PortalPlace;
const secret = 'canary-in-the-coal-mine';
const principal = { name: 'ReadOnly', account: { id: '111111111111' } };

beforeEach(async () => {
  place = await openPortalPlace();
});

afterEach(() => place.center.close());

/** The error of a call that gets these answers. */
function answered(raw: SsoAnswer) {
  place.center.script({ action: 'GetRoleCredentials', raw, times: 50 });
  return errorOf(openPermissionSet(place, principal));
}

const html = { 'content-type': 'text/html' };
const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: secret,
  sessionToken: secret,
  expiration: 1_767_229_200_000,
};
const given = (changes: object) =>
  JSON.stringify({ roleCredentials: { ...credentials, ...changes } });

describe('an answer that the service does not give is refused:', () => {
  test.each<[string, SsoAnswer, string]>([
    ['a page', { headers: html, body: `<html>${secret}` }, 'status 200, text/html, not JSON'],
    ['a list', { body: '[]' }, 'status 200, application/json, not JSON'],
    [
      'a redirect',
      { status: 302, headers: { location: `https://x/?${secret}` }, body: '' },
      'status 302, a redirect',
    ],
    [
      'a sign-in page of a proxy',
      { status: 403, headers: html, body: '<html>' },
      'status 403, text/html, not JSON',
    ],
    [
      'a large one',
      { body: `{"x":"${'x'.repeat(1024 * 1024)}"}` },
      'status 200, application/json, more than 1048576 bytes',
    ],
    ['an empty one', { body: '' }, 'expiration of GetRoleCredentials is missing or damaged'],
    [
      'no secret key',
      { body: given({ secretAccessKey: '' }) },
      'secretAccessKey of GetRoleCredentials is missing or damaged',
    ],
    [
      'a token of two lines',
      { body: given({ sessionToken: 'a\nb' }) },
      'sessionToken of GetRoleCredentials is missing or damaged',
    ],
    [
      'a time in seconds that is text',
      { body: given({ expiration: '1767229200' }) },
      'expiration of GetRoleCredentials is missing or damaged',
    ],
    ...[-1e300, 1e300, 0, 1_767_229_200].map((expiration): [string, SsoAnswer, string] => [
      `a time of ${expiration}`,
      { body: given({ expiration }) },
      'expiration of GetRoleCredentials is missing or damaged',
    ]),
    [
      'a session that lasts for days',
      { body: given({ expiration: 1_777_000_000_000 }) },
      'expiration of GetRoleCredentials is missing or damaged',
    ],
  ])('%s', async (_name, raw, what) => {
    const error = await answered(raw);
    expect(error).toMatchObject({
      code: 'ERR_AWS_ENDPOINT',
      message: `${place.center.url} does not answer like IAM Identity Center: ${what}`,
      hints: [
        `curl -i ${place.center.url}/`,
        'check spec.endpoint_url of provider corp, and whether a proxy or a sign-in page is in between',
      ],
    });
    expect(JSON.stringify(error)).not.toContain(secret);
  });

  test('from an endpoint of a variable, which the hint names', async () => {
    const env = { AWS_ENDPOINT_URL_SSO: place.center.url };
    place.center.script({ action: 'GetRoleCredentials', raw: { body: '[]' }, times: 50 });
    const portal = place.plan({ spec: { endpoint_url: '' } }, env);
    const plan = awsPermissionSet.plan(permissionSet(principal), { base: portal, env });
    const { startUrl, region } = place.center;
    const { accessToken } = place.center.signIn();
    const expiresAt = new Date('2026-01-01T01:00:00Z');
    const base = { type: 'sso', accessToken, expiresAt, startUrl, region } as const;
    const { hints } = await errorOf(plan.open(place.context({ base })));
    expect(hints).toContain(
      'check AWS_ENDPOINT_URL_SSO, and whether a proxy or a sign-in page is in between',
    );
  });

  const listing = (entries: number, times: number, tokenOf: (page: number) => string = String) => {
    const accountList = Array.from({ length: entries }, () => ({}));
    for (let page = 0; page < times; page += 1) {
      const body = JSON.stringify({ accountList, nextToken: tokenOf(page) });
      place.center.script({ action: 'ListAccounts', raw: { body } });
    }
    return errorOf(openPermissionSet(place, { ...principal, account: { name: 'dev' } }));
  };

  test.each<[string, number, number, number, (page: number) => string]>([
    ['without an end', 0, 600, 500, String],
    ['with more entries than an organization has', 20_000, 10, 3, String],
    ['that lead to each other', 0, 10, 3, (page) => `page ${page % 2}`],
  ])('pages %s', async (_name, entries, times, requests, tokenOf) => {
    expect(await listing(entries, times, tokenOf)).toMatchObject({
      code: 'ERR_AWS_ENDPOINT',
      message: `${place.center.url} does not answer like IAM Identity Center: the last page of ListAccounts is missing or damaged`,
    });
    expect(place.center.requests()).toEqual({ ListAccounts: requests });
  });

  test('pages that come for longer than a minute', async () => {
    const slow = { status: 429, headers: { 'retry-after': '4' }, body: '{}' };
    for (let page = 0; page < 20; page += 1) {
      const body = JSON.stringify({ accountList: [], nextToken: `${page}` });
      place.center.script({ action: 'ListAccounts', raw: slow });
      place.center.script({ action: 'ListAccounts', raw: { body } });
    }
    const opening = openPermissionSet(place, { ...principal, account: { name: 'dev' } });
    expect(await errorOf(opening)).toMatchObject({
      code: 'ERR_NETWORK',
      message: 'sso:ListAccounts has not given its last page within 60 seconds',
    });
    expect(place.center.requests()).toEqual({ ListAccounts: 32 });
  });

  test('names that cannot be shown', async () => {
    const accountList = [
      { accountId: '111111111111', accountName: 'dev\u001b[2J' },
      { accountId: 'x', accountName: 'y' },
      'z',
    ];
    const raw = { body: JSON.stringify({ accountList }) };
    place.center.script({ action: 'ListAccounts', raw });
    const opening = openPermissionSet(place, { ...principal, account: { name: 'dev' } });
    expect((await errorOf(opening)).message).toContain('but no account');
  });
});

describe('an error', () => {
  test('repeats what the service says, without the token', async () => {
    const token = place.center.signIn();
    const body = JSON.stringify({ message: `bad\u0007 ${token.accessToken} ${'x'.repeat(400)}` });
    const headers = { 'x-amzn-errortype': 'InvalidRequestException:http://x' };
    place.center.script({ action: 'GetRoleCredentials', raw: { status: 400, headers, body } });
    const { code, message } = await errorOf(openPermissionSet(place, principal, token));
    expect(code).toBe('ERR_AWS');
    expect(message).toMatch(
      /^sso:GetRoleCredentials failed: InvalidRequestException, status 400: bad +\*\*\* x+$/,
    );
    expect(message.length).toBeLessThan(400);
  });

  test('is named by its code if a header is missing', async () => {
    const error = await answered({ status: 418, body: '{"error":"invalid_request"}' });
    expect(error.message).toBe(
      'sso:GetRoleCredentials failed: InvalidRequestException, status 418',
    );
  });

  test.each<SsoAnswer>([
    { headers: { 'x-amzn-errortype': secret.replaceAll('-', '_') }, body: '{}' },
    { body: JSON.stringify({ error: secret.replaceAll('-', '_') }) },
    { body: '{"error":"<script>"}' },
  ])('is not named as the service says, who may repeat a secret: %j', async (raw) => {
    const error = await answered({ status: 418, ...raw });
    expect(error.message).toBe('sso:GetRoleCredentials failed: unknown error, status 418');
  });

  test('of the service that passes is not seen', async () => {
    const fail = { name: 'InternalServerException' } as const;
    place.center.script({ action: 'GetRoleCredentials', fail });
    place.center.script({ action: 'GetRoleCredentials', reset: true });
    await openPermissionSet(place, principal);
    expect(place.clock.slept).toHaveLength(2);
  });

  test('waits as long as the service says', async () => {
    const raw = { status: 429, headers: { 'retry-after': '3' }, body: '{}' };
    place.center.script({ action: 'GetRoleCredentials', raw });
    await openPermissionSet(place, principal);
    expect(place.clock.slept).toEqual([3_000]);
  });

  test('does not show an endpoint that a tag gave', async () => {
    const { port } = new URL(place.center.url);
    await place.center.close();
    const plan = planOf(
      {
        start_url: 'https://d-1.awsapps.com/start',
        region: 'eu-west-1',
        spec: { endpoint_url: `http://127.0.0.1:${port}` },
      },
      {},
      { tagAt: (path) => (path.at(-1) === 'endpoint_url' ? '!env URL' : undefined) },
    );
    const renewal = {
      refresh_token: secret,
      client_id: 'id',
      client_secret: secret,
      registration_expires_at: '2026-02-01T00:00:00Z',
    };
    const kept = { credentials: { type: 'none' }, clockOffsetMs: 0, limits: [], renewal } as const;
    const previous = { ...kept, isRefused: true };
    const error = await errorOf(plan.open(place.context({ previous })));
    expect(error).toMatchObject({
      code: 'ERR_NETWORK',
      message: 'cannot reach <value of !env URL>: connection refused (ECONNREFUSED)',
    });
    expect(JSON.stringify(error.hints)).not.toContain(port);
    place = await openPortalPlace();
  });
});

test.each([
  'Sat, 13 Sep 275760 00:00:00 GMT',
  'Fri, 01 Jan 9999 00:00:00 GMT',
  'Mon, 01 Jan 1990 00:00:00 GMT',
  'x',
])('the clock of a service that tells the time %s is not believed', async (date) => {
  const body = given({ expiration: testStart.getTime() + 3_600_000 });
  place.center.script({ action: 'GetRoleCredentials', raw: { headers: { date }, body } });
  expect(await openPermissionSet(place, principal)).toMatchObject({
    clockOffsetMs: 0,
    credentials: { expiresAt: new Date(testStart.getTime() + 3_600_000) },
  });
});

test('a request that gets no answer ends at the time limit', async () => {
  place.center.script({ action: 'GetRoleCredentials', hang: true });
  const { accessToken } = place.center.signIn();
  const { startUrl, region } = place.center;
  const base = {
    type: 'sso',
    accessToken,
    expiresAt: new Date('2026-01-01T01:00:00Z'),
    startUrl,
    region,
  } as const;
  const plan = awsPermissionSet.plan(permissionSet(principal), { base: place.plan(), env: {} });
  const error = await errorOf(plan.open(place.context({ base, timeoutMs: 200 })));
  expect(error).toMatchObject({
    code: 'ERR_NETWORK',
    message: `cannot reach ${place.center.url}: no answer within 0.2 seconds`,
  });
});
