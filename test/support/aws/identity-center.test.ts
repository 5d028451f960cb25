import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { call, type Signer } from '../sts-client.ts';
import { startSts } from '../sts-server.mjs';
import type { IdentityCenter, IdentityCenterOptions } from './identity-center-types.ts';
import { startIdentityCenter } from './identity-center.mjs';
import { callPortal, post, registerForDevice, send } from './sso-client.ts';

let server: IdentityCenter | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: IdentityCenterOptions = {}): Promise<IdentityCenter> {
  server = await startIdentityCenter(options);
  return server;
}

const accountsPath = '/assignment/accounts';
const credentialsPath = (account: string, role: string) =>
  `/federation/credentials?account_id=${account}&role_name=${role}`;

describe('the portal', () => {
  it('issues credentials of a role, which expire at a time in milliseconds', async () => {
    const nowMs = Date.parse('2026-01-31T12:00:00Z');
    const portal = await start({ now: () => new Date(nowMs), lifetimes: { credentials: 900 } });
    const { accessToken } = portal.signIn();
    const answer = await callPortal(
      portal,
      credentialsPath('111111111111', 'ReadOnly'),
      accessToken,
    );
    expect(answer.json()).toEqual({
      roleCredentials: {
        accessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
        secretAccessKey: expect.stringMatching(/^.{40}$/),
        sessionToken: expect.any(String),
        expiration: nowMs + 900_000,
      },
    });
  });

  it.each([
    ['eu-west-1', 'arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/'],
    ['us-east-1', 'arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/'],
    ['cn-north-1', 'arn:aws-cn:iam::111111111111:role/aws-reserved/sso.amazonaws.com/cn-north-1/'],
  ])('names the role as in %s', async (region, folder) => {
    const roles: string[] = [];
    const onCredentials: IdentityCenterOptions['onCredentials'] = ({ roleArn }) => {
      roles.push(roleArn);
    };
    const portal = await start({ region, onCredentials });
    const { accessToken } = portal.signIn();
    await callPortal(portal, credentialsPath('111111111111', 'ReadOnly'), accessToken);
    expect(roles).toEqual([expect.stringMatching(/AWSReservedSSO_ReadOnly_[0-9a-f]{16}$/)]);
    expect(roles[0]?.startsWith(`${folder}AWSReservedSSO_`)).toBe(true);
  });

  it.each([
    ['a role without assignment', '111111111111', 'Owner', 403, 'ForbiddenException'],
    ['an account of another user', '222222222222', 'ReadOnly', 403, 'ForbiddenException'],
    ['an unknown account', '333333333333', 'ReadOnly', 404, 'ResourceNotFoundException'],
    ['no account id', '1', 'ReadOnly', 400, 'InvalidRequestException'],
  ])('refuses %s', async (_, account, role, status, error) => {
    const portal = await start({ users: [{ name: 'ada', accounts: ['111111111111'] }] });
    const { accessToken } = portal.signIn();
    const answer = await callPortal(portal, credentialsPath(account, role), accessToken);
    expect(answer).toMatchObject({ status, error });
  });

  it('knows an account until the test closes it', async () => {
    const portal = await start();
    const { accessToken } = portal.signIn();
    portal.accounts.pop();
    const answer = await callPortal(portal, accountsPath, accessToken);
    expect(answer.json()).toEqual({
      nextToken: null,
      accountList: [
        { accountId: '111111111111', accountName: 'dev', emailAddress: 'dev@example.com' },
      ],
    });
    const closed = credentialsPath('222222222222', 'ReadOnly');
    expect((await callPortal(portal, closed, accessToken)).status).toBe(404);
  });

  it('lists accounts and roles in pages', async () => {
    const portal = await start({ pageSize: 1 });
    const { accessToken } = portal.signIn();
    const next = async (path: string) => {
      const answer = await callPortal(portal, path, accessToken);
      return (answer.json() as { nextToken: string | null }).nextToken;
    };
    const roles = '/assignment/roles?account_id=111111111111';
    const token = await next(roles);
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(await next(`${roles}&next_token=${token}`)).toBeNull();
    const another = await callPortal(portal, `${accountsPath}?next_token=${token}`, accessToken);
    expect(another.error).toBe('InvalidRequestException');
  });

  it.each(['0', '101', 'many'])('refuses max_result %s', async (number) => {
    const portal = await start();
    const { accessToken } = portal.signIn();
    const answer = await callPortal(portal, `${accountsPath}?max_result=${number}`, accessToken);
    expect(answer.error).toBe('InvalidRequestException');
  });

  it('refuses a token that is missing, unknown or expired', async () => {
    const portal = await start();
    const { accessToken } = portal.signIn();
    const status = async (token?: string) => (await callPortal(portal, accountsPath, token)).status;
    expect([await status(), await status('aoa'), await status(accessToken)]).toEqual([
      401, 401, 200,
    ]);
    portal.expireTokens();
    expect(await status(accessToken)).toBe(401);
    expect(await status(portal.signIn().accessToken)).toBe(200);
  });

  it('ends the session of one user at logout, with all tokens of the user', async () => {
    const portal = await start({ users: [{ name: 'ada' }, { name: 'grace' }] });
    const tokens = ['ada', 'ada', 'grace'].map((user) => portal.signIn({ user }).accessToken);
    expect(await callPortal(portal, '/logout', tokens[0], 'POST')).toMatchObject({
      status: 200,
      text: '',
    });
    const statuses = tokens.map(
      async (token) => (await callPortal(portal, accountsPath, token)).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 200]);
    portal.endPortalSessions();
    expect((await callPortal(portal, accountsPath, tokens[2])).status).toBe(401);
    expect((await callPortal(portal, '/logout', tokens[0], 'POST')).status).toBe(401);
  });

  it('throttles more calls in a second than it was started with', async () => {
    let nowMs = Date.parse('2026-01-31T12:00:00Z');
    const portal = await start({ now: () => new Date(nowMs), callsPerSecond: 2 });
    const { accessToken } = portal.signIn();
    const list = async () => (await callPortal(portal, accountsPath, accessToken)).status;
    expect([await list(), await list(), await list()]).toEqual([200, 200, 429]);
    nowMs += 1000;
    expect(await list()).toBe(200);
  });
});

describe('a request that the API does not have', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };
  it.each([
    ['/token', { method: 'GET' }, 400, 'GET /token: unknown method'],
    ['/tokens', { method: 'POST' }, 404, 'POST /tokens: unknown path'],
    ['/assignment/accounts?size=1', {}, 400, 'ListAccounts: unknown parameter size'],
    [
      '/assignment/roles?account_id=1&account_id=2',
      {},
      400,
      'ListAccountRoles: repeated parameter account_id',
    ],
    [
      '/federation/credentials?role_name=x',
      {},
      400,
      'GetRoleCredentials: missing parameter account_id',
    ],
    ['/logout', { method: 'POST', body: '{}' }, 400, 'Logout: unknown body'],
    [
      '/token?aws_iam=t',
      { method: 'POST', headers: json, body: '{}' },
      400,
      'CreateToken: unknown parameter aws_iam',
    ],
    [
      '/token',
      { method: 'POST', headers: form, body: 'clientId=x' },
      400,
      'CreateToken: Content-Type is not application/json',
    ],
    [
      '/token',
      { method: 'POST', headers: json, body: '{' },
      400,
      'CreateToken: the body is not JSON',
    ],
    [
      '/token',
      { method: 'POST', headers: json, body: '{"client_id":"x"}' },
      400,
      'CreateToken: unknown parameter client_id',
    ],
    [
      '/client/register',
      { method: 'POST', headers: json, body: '{"scopes":"sso:account:access"}' },
      400,
      'RegisterClient: scopes is not a list',
    ],
    [
      '/client/register',
      { method: 'POST', headers: json, body: '{"clientName":["x"]}' },
      400,
      'RegisterClient: clientName is a list',
    ],
    [
      '/client/register',
      { method: 'POST', headers: json, body: '{"clientName":1}' },
      400,
      'RegisterClient: clientName is not text',
    ],
  ])('is refused and reported: %s %o', async (path, request, status, problem) => {
    const portal = await start();
    expect((await send(portal, path, request)).status).toBe(status);
    expect(portal.problems()).toEqual([problem]);
    expect(portal.calls).toMatchObject([{ path: path.split('?')[0], problem }]);
  });
});

describe('a test', () => {
  it('sees the requests without their secrets', async () => {
    const portal = await start({ isPreauthorized: true });
    const client = await registerForDevice(portal);
    const token = { ...client, grantType: 'refresh_token', refreshToken: 'x' };
    await post(portal, '/token', token);
    expect(portal.requests()).toEqual({ RegisterClient: 1, 'CreateToken refresh_token': 1 });
    expect(portal.calls[1]?.params).toEqual({
      clientId: client.clientId,
      clientSecret: '******',
      grantType: 'refresh_token',
      refreshToken: '******',
    });
  });

  it('scripts errors, raw responses and lost connections', async () => {
    const portal = await start();
    const { accessToken } = portal.signIn();
    portal.script({ action: 'ListAccounts', fail: { name: 'TooManyRequestsException' }, times: 2 });
    portal.script({ raw: { status: 503, body: 'busy' } });
    portal.script({ reset: true });
    const list = () => callPortal(portal, accountsPath, accessToken);
    expect([await list(), await list(), await list()]).toMatchObject([
      { status: 429, error: 'TooManyRequestsException' },
      { status: 429 },
      { status: 503, text: 'busy' },
    ]);
    await expect(list()).rejects.toThrow('fetch failed');
    expect((await list()).status).toBe(200);
  });

  it('waits for an answer, and holds one back', async () => {
    const portal = await start();
    const { accessToken } = portal.signIn();
    let release = (): void => {};
    portal.script({ until: new Promise((resolve) => (release = resolve)) });
    const answered = portal.answered('ListAccounts');
    const response = callPortal(portal, accountsPath, accessToken);
    release();
    expect(await answered).toMatchObject({ action: 'ListAccounts', path: accountsPath });
    expect((await response).status).toBe(200);
  });

  it('moves the clock of the server', async () => {
    const nowMs = Date.parse('2026-01-31T12:00:00Z');
    const portal = await start({ now: () => new Date(nowMs) });
    portal.setClock(60 * 60 * 1000);
    expect((await send(portal, '/device')).headers.get('date')).toBe(
      'Sat, 31 Jan 2026 13:00:00 GMT',
    );
    expect(portal.signIn().expiresAt).toBe('2026-01-31T14:00:00Z');
  });
});

describe('the credentials of a role', () => {
  it('can assume another role at the stand-in for STS', async () => {
    const roleArn = 'arn:aws:iam::222222222222:role/deploy';
    const trust = [{ principal: 'arn:aws:iam::111111111111:root' }];
    const sts = await startSts({ keys: [], roles: [{ arn: roleArn, trust }] });
    onTestFinished(sts.close);
    const portal = await start({ onCredentials: sts.addSession });
    const { accessToken } = portal.signIn();
    const path = credentialsPath('111111111111', 'Administrator');
    const answer = await callPortal(portal, path, accessToken);
    const { roleCredentials } = answer.json() as { roleCredentials: Required<Signer> };
    const request = { Action: 'AssumeRole', RoleArn: roleArn, RoleSessionName: 'ada' };
    const assumed = await call(sts, roleCredentials, request);
    expect(assumed.tag('Arn')).toBe('arn:aws:sts::222222222222:assumed-role/deploy/ada');
    // A role session that assumes a role gets one hour at most.
    const long = await call(sts, roleCredentials, { ...request, DurationSeconds: '7200' });
    expect(long.error()[1]).toBe('ValidationError');
  });
});

describe('as a separate process, the stand-in', () => {
  const main = fileURLToPath(new URL('identity-center-main.mjs', import.meta.url));

  it('prints its addresses, serves requests, and stops on a signal', async () => {
    const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    child.stdin.write(`${JSON.stringify({ pageSize: 1, sts: { keys: [] } })}\n`);
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const urls = JSON.parse(line) as Record<string, string>;
    expect(urls).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      startUrl: 'https://d-9067000000.awsapps.com/start',
      stsUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect((await callPortal({ url: urls['url'] ?? '' }, accountsPath, undefined)).status).toBe(
      401,
    );
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
