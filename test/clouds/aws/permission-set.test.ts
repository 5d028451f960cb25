import { afterEach, describe, expect, test } from 'vitest';
import { awsPermissionSet } from '../../../src/clouds/aws/permission-set.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';
import type { IdentityCenterOptions } from '../../support/aws/identity-center-types.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { testStart } from '../../support/fake-host.ts';
import { startSts } from '../../support/sts-server.mjs';
import { openContext } from '../open-context.ts';
import { openPermissionSet, openPortalPlace, permissionSet, planOf } from './portal-place.ts';

const base = planOf({ start_url: 'https://d-1.awsapps.com/start', region: 'eu-west-1' });
const account = { id: '111111111111' };
const plan = (principal: Readonly<Record<string, unknown>>) =>
  awsPermissionSet.plan(permissionSet(principal), { base, env: {} });

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function openPlace(options: IdentityCenterOptions = {}) {
  const place = await openPortalPlace(options);
  closing.push(() => place.center.close());
  return place;
}

describe('the plan of a permission set', () => {
  test('is a session of a role in the region of the provider', () => {
    expect(plan({ name: 'ReadOnly', account })).toMatchObject({
      gives: 'aws',
      slot: 'own',
      origin: 'role',
      storedKey: 'none',
      mayAsk: [],
      region: 'eu-west-1',
      partition: 'aws',
      fingerprint: {
        'principal.name': { value: 'ReadOnly' },
        'principal.account.id': { value: '111111111111' },
        'endpoint of the portal': { value: null },
      },
    });
  });

  test('has a region of its own, and an account by name', () => {
    const planned = plan({ name: 'ReadOnly', account: { name: 'dev' }, region: 'us-east-1' });
    expect(planned).toMatchObject({
      region: 'us-east-1',
      fingerprint: { 'principal.account.name': { value: 'dev' } },
    });
  });

  test('is made without a base, whose own problems are reported', () => {
    const identity = permissionSet({ name: 'ReadOnly', account });
    const planned = awsPermissionSet.plan(identity, { base: undefined, env: {} });
    expect(planned.route).toBeUndefined();
  });

  test('tells the route of the portal', async () => {
    const route = await plan({ name: 'ReadOnly', account }).route?.({ env: {} });
    expect(route?.endpoint).toBe('https://portal.sso.eu-west-1.amazonaws.com');
  });

  test.each<[Readonly<Record<string, unknown>>, string | undefined]>([
    [{ account }, '111111111111'],
    [{ account: { id: '111111111111', name: 'dev' } }, '111111111111'],
    [{ account: { name: 'dev' } }, 'dev'],
    [{ account: { id: 5 } }, undefined],
    [{ account: 'dev' }, undefined],
    [{}, undefined],
  ])('shows the account of %j in a list', (principal, shown) => {
    expect(awsPermissionSet.accountOf?.(permissionSet(principal))).toBe(shown);
  });

  test('does not show an account that a tag gave', () => {
    const identity = { ...permissionSet({ account }), tagAt: () => '!env ACCOUNT' };
    expect(awsPermissionSet.accountOf?.(identity)).toBeUndefined();
  });

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'an account with an id and a name',
      { name: 'ReadOnly', account: { ...account, name: 'dev' } },
      'account of identity dev (/p/atmos.yaml:principal:account) has an id and a name, but only one is allowed',
    ],
    ['no name', { account }, 'name of identity dev (/p/atmos.yaml:principal:name) is missing'],
    [
      'an empty name',
      { name: '', account },
      'name of identity dev (/p/atmos.yaml:principal:name) is empty',
    ],
    [
      'a name that is none',
      { name: 'Read/Only', account },
      'name of identity dev (/p/atmos.yaml:principal:name) is not the name of a permission set: "Read/Only"',
    ],
    [
      'no account',
      { name: 'ReadOnly' },
      'account of identity dev (/p/atmos.yaml:principal:account) has no id and no name',
    ],
    [
      'an id that is none',
      { name: 'ReadOnly', account: { id: '1' } },
      'account.id of identity dev (/p/atmos.yaml:principal:account:id) is not the number of an account, 12 digits: "1"',
    ],
    [
      'a region of another partition',
      { name: 'ReadOnly', account, region: 'cn-north-1' },
      'region of identity dev (/p/atmos.yaml:principal:region) is in the partition aws-cn: "cn-north-1", but the portal of corp is in aws',
    ],
  ])('is refused for %s', (_name, principal, message) => {
    expect(thrownBy(() => plan(principal))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `principal.${message}`,
    });
  });

  test('is refused if a variable that is to name the account is not set', () => {
    const principal = { name: 'ReadOnly', account: { id: '', name: 'dev' } };
    const tagAt = (path: readonly string[]) => (path.at(-1) === 'id' ? '!env ACCOUNT' : undefined);
    const identity = { ...permissionSet(principal), tagAt };
    expect(thrownBy(() => awsPermissionSet.plan(identity, { base, env: {} })).message).toBe(
      'principal.account.id of identity dev (/p/atmos.yaml:principal:account:id) is empty: the variable ACCOUNT is not set, or empty',
    );
  });

  test('needs trust for another endpoint of AWS STS', () => {
    const identity = { ...permissionSet({}), spec: { endpoint_url: 'https://sts.example.com' } };
    expect(awsPermissionSet.trustNeeds(identity)).toMatchObject([
      { what: 'sends signed requests to https://sts.example.com' },
    ]);
  });
});

describe('a session', () => {
  test('is opened for an account by id', async () => {
    const place = await openPlace();
    const { credentials, clockOffsetMs } = await openPermissionSet(place, {
      name: 'ReadOnly',
      account,
    });
    expect(credentials).toMatchObject({
      type: 'aws',
      region: 'eu-west-1',
      expiresAt: new Date('2026-01-01T01:00:00Z'),
    });
    expect(clockOffsetMs).toBe(0);
    expect(place.center.requests()).toEqual({ GetRoleCredentials: 1 });
    expect(place.center.problems()).toEqual([]);
  });

  test('tells how far the clock of the portal is ahead', async () => {
    const place = await openPlace({ clockOffsetMs: -3_600_000 });
    const opened = await openPermissionSet(place, { name: 'ReadOnly', account });
    expect(opened).toMatchObject({
      clockOffsetMs: -3_600_000,
      credentials: { expiresAt: new Date('2026-01-01T00:00:00Z') },
    });
  });

  test('is opened for an account by name on any page', async () => {
    const accounts = Array.from({ length: 7 }, (_, at) => ({
      id: String(100_000_000_000 + at),
      name: `team ${at}`,
      email: `${at}@example.com`,
      roles: ['ReadOnly'],
    }));
    const place = await openPlace({ accounts, pageSize: 2 });
    await openPermissionSet(place, { name: 'ReadOnly', account: { name: 'Team 6' } });
    expect(place.center.requests()).toEqual({ ListAccounts: 4, GetRoleCredentials: 1 });
    expect(place.center.calls.at(-1)?.params).toMatchObject({ account_id: '100000000006' });
  });

  const named = (names: readonly string[]) =>
    openPlace({
      accounts: names.map((name, at) => ({
        id: String(100_000_000_000 + at),
        name,
        email: 'x@example.com',
        roles: ['ReadOnly'],
      })),
    });

  test('takes the name that is written in the same way', async () => {
    const place = await named(['PROD', 'prod']);
    await openPermissionSet(place, { name: 'ReadOnly', account: { name: 'prod' } });
    expect(place.center.calls.at(-1)?.params).toMatchObject({ account_id: '100000000001' });
  });

  test.each([
    [['prod', 'prod'], 'prod'],
    [['PROD', 'Prod'], 'prod'],
  ])('is refused for one name of several accounts: %j', async (names, name) => {
    const place = await named(names);
    const error = await errorOf(openPermissionSet(place, { name: 'ReadOnly', account: { name } }));
    const ids = names.map((one, at) => `10000000000${at} ("${one}")`).join(', ');
    expect(error).toMatchObject({
      code: 'ERR_AUTH_DENIED',
      message: `identity dev: several accounts of ${place.center.startUrl} are named "prod" (/p/atmos.yaml:principal:account:name): ${ids}`,
    });
    expect(error.hints[0]).toContain('principal.account.id');
  });

  test('is refused for a name that no account has', async () => {
    const place = await openPlace();
    const opening = openPermissionSet(place, { name: 'ReadOnly', account: { name: 'prd' } });
    expect(await errorOf(opening)).toMatchObject({
      code: 'ERR_AUTH_DENIED',
      message: `identity dev: the person who signed in has no account named "prd" (/p/atmos.yaml:principal:account:name) at ${place.center.startUrl}, but "dev", "prod"`,
      hints: ['did you mean prod?'],
    });
  });

  test('belongs to who AWS says', async () => {
    const place = await openPlace();
    const sts = await startSts({ keys: [], now: () => testStart });
    closing.push(() => sts.close());
    const env = { AWS_ENDPOINT_URL_STS: sts.url };
    const set = permissionSet({ name: 'ReadOnly', account });
    const planned = awsPermissionSet.plan(set, { base: place.plan(), env });
    const roleArn = 'arn:aws:iam::111111111111:role/aws-reserved/AWSReservedSSO_ReadOnly_1';
    const key = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };
    const expiresAt = new Date('2026-01-01T01:00:00Z');
    sts.addSession({ ...key, token: 'token', expiresAt, roleArn, sessionName: 'ada' });
    const credentials = awsCredentials({ ...key, sessionToken: 'token', expiresAt });
    expect(await planned.whoIs?.(credentials, openContext({ env }))).toMatchObject({
      account: '111111111111',
      arn: 'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_ReadOnly_1/ada',
    });
  });
});

describe('the portal gives no session', () => {
  const denied = (message: string, ...hints: string[]) => ({
    code: 'ERR_AUTH_DENIED',
    message: `identity dev: ${message}`,
    hints,
  });

  test('of a permission set that is misspelt', async () => {
    const place = await openPlace();
    const opening = openPermissionSet(place, { name: 'Adminstrator', account });
    expect(await errorOf(opening)).toMatchObject(
      denied(
        'the person who signed in does not have the permission set "Adminstrator" (/p/atmos.yaml:principal:name) in account 111111111111 ("dev"), which offers "Administrator", "ReadOnly"',
        'did you mean Administrator?',
      ),
    );
  });

  test.each(['not assigned', 'closed'])('of an account that is %s', async (why) => {
    const users = [{ name: 'ada', accounts: ['222222222222'] }];
    const place = await openPlace({ users });
    if (why === 'closed') place.center.accounts.shift();
    const opening = openPermissionSet(place, { name: 'ReadOnly', account });
    expect(await errorOf(opening)).toMatchObject(
      denied(
        `the person who signed in has no access to account 111111111111 at ${place.center.startUrl}: it is not assigned to the person, or it is closed`,
        'ask the administrator of IAM Identity Center for an assignment',
      ),
    );
  });

  test('if it does not accept the token', async () => {
    const place = await openPlace();
    const token = place.center.signIn();
    place.center.expireTokens();
    const opening = openPermissionSet(place, { name: 'ReadOnly', account }, token);
    const error = await errorOf(opening);
    expect(error).toMatchObject({
      code: 'ERR_AUTH_BASE_REFUSED',
      message:
        'the portal does not accept the token of provider corp: UnauthorizedException, status 401: Session token not found or invalid',
    });
  });

  test('if it answers 401 for a role that was taken away', async () => {
    const place = await openPlace();
    place.center.script({
      action: 'GetRoleCredentials',
      fail: { name: 'UnauthorizedException' },
      times: 2,
    });
    const opening = openPermissionSet(place, { name: 'Gone', account });
    expect(await errorOf(opening)).toMatchObject({
      code: 'ERR_AUTH_DENIED',
      message: expect.stringContaining('which offers "Administrator", "ReadOnly"'),
    });
    const offered = openPermissionSet(place, { name: 'ReadOnly', account });
    expect(await errorOf(offered)).toMatchObject({
      code: 'ERR_AUTH_DENIED',
      message:
        'identity dev: the portal gives no session of the permission set "ReadOnly" (/p/atmos.yaml:principal:name) in account 111111111111 ("dev"), although it offers it: Session token not found or invalid',
    });
  });

  test('without quoting what tags gave', async () => {
    const place = await openPlace();
    const identity = {
      ...permissionSet({ name: 'canary', account: { id: '999999999999' } }),
      tagAt: () => '!env X',
    };
    const planned = awsPermissionSet.plan(identity, { base: place.plan(), env: {} });
    const { accessToken } = place.center.signIn();
    const { startUrl, region } = place.center;
    const token = { type: 'sso', accessToken, expiresAt: testStart, startUrl, region } as const;
    const { message } = await errorOf(planned.open(place.context({ base: token })));
    expect(message).toContain('account <value of !env X>');
    expect(message).not.toMatch(/canary|999999999999/);
  });
});

describe('a portal with too many calls', () => {
  test('is asked again after a while', async () => {
    const place = await openPlace();
    const fail = { name: 'TooManyRequestsException' } as const;
    place.center.script({ action: 'ListAccounts', fail, times: 3 });
    await openPermissionSet(place, { name: 'ReadOnly', account: { name: 'dev' } });
    expect(place.clock.slept).toHaveLength(3);
  });

  test('is an error in the end, and no reason to sign in', async () => {
    const place = await openPlace();
    const fail = { name: 'TooManyRequestsException' } as const;
    place.center.script({ action: 'GetRoleCredentials', fail, times: 50 });
    const error = await errorOf(openPermissionSet(place, { name: 'ReadOnly', account }));
    expect(error).toMatchObject({
      code: 'ERR_AWS',
      message: `${place.center.url} has too many calls of sso:GetRoleCredentials (TooManyRequestsException, status 429: HTTP 429 Unknown Code)`,
      hints: ['wait a minute, then run the command again'],
    });
  });
});
