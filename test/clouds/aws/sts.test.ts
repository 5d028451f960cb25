import { type RequestListener, createServer } from 'node:http';
import { type AddressInfo, type Server, createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type Sts, openSts } from '../../../src/clouds/aws/sts.ts';
import type { StsOptions } from '../../../src/clouds/aws/sts-client.ts';
import { type AtmosError, isAtmosError } from '../../../src/core/errors.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { startSts } from '../../support/sts-server.mjs';
import type { StsServer, StsOptions as StsServerOptions } from '../../support/sts-types.ts';

const noon = new Date('2026-01-31T12:00:00Z');
const minutes = 60_000;
const hours = 60 * minutes;
const days = 24 * hours;

const device = 'arn:aws:iam::012345678901:mfa/ada';
const secret = 'CanaryIn/The+Coal/Mine0123456789abcdefgh';
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: secret,
  account: '012345678901',
  userName: 'ada',
  mfa: { arn: device, codes: ['271828', '314159'] },
};

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe('with keys that are good', () => {
  it('says whose they are', async () => {
    const { sts, server } = await setUp();
    expect(await sts.getCallerIdentity()).toEqual({
      account: '012345678901',
      arn: 'arn:aws:iam::012345678901:user/ada',
      userId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
      serverDate: noon,
    });
    expect(server.calls).toEqual([
      { action: 'GetCallerIdentity', accessKeyId: key.accessKeyId, params: {}, at: noon },
    ]);
  });

  it('opens a session, whose credentials serve in turn', async () => {
    const { sts, server } = await setUp();
    const session = await sts.getSessionToken({ durationSeconds: 3600 });
    expect(session).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      secretAccessKey: expect.any(String),
      sessionToken: expect.any(String),
      expiresAt: new Date('2026-01-31T13:00:00Z'),
      serverDate: noon,
    });
    expect(server.calls[0]?.params).toEqual({ DurationSeconds: '3600' });

    const { arn } = await open(server, { credentials: session }).getCallerIdentity();
    expect(arn).toBe('arn:aws:iam::012345678901:user/ada');
  });

  it('sends the device and a code', async () => {
    const { sts, server } = await setUp();
    await sts.getSessionToken({ durationSeconds: 900, serialNumber: device, tokenCode: '271828' });
    expect(server.calls[0]?.params).toEqual({
      DurationSeconds: '900',
      SerialNumber: device,
      TokenCode: '******',
    });
  });

  it('sends neither the device nor a code alone', async () => {
    const { sts, server } = await setUp();
    const request = { durationSeconds: 900, serialNumber: device };
    await expect(sts.getSessionToken(request)).rejects.toThrow(
      new TypeError('serialNumber and tokenCode go together'),
    );
    expect(server.calls).toEqual([]);
  });

  it('tells no server date where the server tells none', async () => {
    const { sts } = await setUp({ server: { dateHeader: false } });
    expect(await sts.getCallerIdentity()).not.toHaveProperty('serverDate');
  });
});

describe('with keys that AWS refuses', () => {
  it('says that the access key is not known', async () => {
    const { sts } = await setUp({
      credentials: { accessKeyId: 'AKIAIOSFODNN7UNKNOWN', secretAccessKey: secret },
    });
    const error = await errorOf(sts.getSessionToken({ durationSeconds: 900 }));
    expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
    expect(error.message).toBe(
      'AWS does not know the access key AKIA…NOWN: it was deleted or deactivated, or is of another partition',
    );
    expect(error.hints).toEqual(['atmos auth user configure']);
  });

  it('says that the secret is of another key', async () => {
    const { sts, server } = await setUp({
      credentials: { accessKeyId: key.accessKeyId, secretAccessKey: `${secret}x` },
    });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
    expect(error.message).toBe('the secret access key does not belong to the access key AKIA…MPLE');
    expect(error.hints).toEqual(['atmos auth user configure']);
    expect(server.calls).toHaveLength(1);
  });

  it('speaks of a session where it is one', async () => {
    const { sts, server } = await setUp();
    const session = await sts.getSessionToken({ durationSeconds: 900 });
    const damaged = open(server, { credentials: { ...session, sessionToken: 'another' } });
    const error = await errorOf(damaged.getCallerIdentity());
    expect(error.code).toBe('ERR_AUTH_KEYS_REFUSED');
    expect(error.message).toMatch(/^AWS does not know the session ASIA….{4}$/);
    expect(error.hints).toEqual(['atmos auth login --force']);
  });

  it('says that a session is over', async () => {
    const { sts, server } = await setUp();
    const session = await sts.getSessionToken({ durationSeconds: 900 });
    server.expireSessions();
    const error = await errorOf(open(server, { credentials: session }).getCallerIdentity());
    expect(error.code).toBe('ERR_AUTH_SESSION_EXPIRED');
    expect(error.message).toMatch(/^the session ASIA….{4} has expired$/);
    expect(error.hints).toEqual(['atmos auth login']);
  });

  it('knows both names that AWS has for that', async () => {
    const { sts, server } = await setUp();
    server.script({ fail: { code: 'ExpiredTokenException', message: 'expired', status: 400 } });
    expect((await errorOf(sts.getCallerIdentity())).code).toBe('ERR_AUTH_SESSION_EXPIRED');
  });

  it('passes on why IAM denies', async () => {
    const { sts, server } = await setUp();
    const message = `User: arn:aws:iam::012345678901:user/ada is not authorized to perform: sts:GetSessionToken with an explicit deny in a service control policy`;
    server.script({ fail: { code: 'AccessDenied', message } });
    const error = await errorOf(sts.getSessionToken({ durationSeconds: 900 }));
    expect(error.code).toBe('ERR_AUTH_DENIED');
    expect(error.message).toBe(`AWS denies sts:GetSessionToken to AKIA…MPLE: ${message}`);
    expect(error.hints).toEqual([
      "ask the administrator of the user's policies to allow sts:GetSessionToken",
    ]);
  });

  it('passes on that a session opens no session', async () => {
    const { sts, server } = await setUp();
    const session = await sts.getSessionToken({ durationSeconds: 900 });
    const nested = open(server, { credentials: session });
    const error = await errorOf(nested.getSessionToken({ durationSeconds: 900 }));
    expect(error.code).toBe('ERR_AUTH_DENIED');
    expect(error.message).toContain('Cannot call GetSessionToken with session credentials');
  });
});

describe('with a second factor that AWS refuses', () => {
  const wrong = { durationSeconds: 900, serialNumber: device, tokenCode: '000000' };

  it('says so, without the code', async () => {
    const { sts } = await setUp();
    const error = await errorOf(sts.getSessionToken(wrong));
    expect(error.code).toBe('ERR_AUTH_MFA_REFUSED');
    expect(error.message).toBe(
      `AWS refused the MFA code of ${device}: wrong, expired, or used before`,
    );
    expect(error.hints).toEqual(['with the next code, after at most 30 seconds: atmos auth login']);
  });

  it('tells the device of another user from a wrong code', async () => {
    const { sts } = await setUp();
    const error = await errorOf(sts.getSessionToken({ ...wrong, serialNumber: `${device}2` }));
    expect(error.code).toBe('ERR_AUTH_MFA_REFUSED');
    expect(error.message).toBe(
      `AWS could not check the MFA code: ${device}2 may not be a device of this user`,
    );
    expect(error.hints).toEqual([
      'aws iam list-mfa-devices',
      'to correct mfa_arn: atmos auth user configure',
    ]);
  });

  it.each([
    'multifactorauthentication FAILED for some reason',
    'The MFA token is not good',
    'an invalid mfa device answered',
    'One Time Pass Code wrong',
  ])('knows the refusal by its words, in any case: %s', async (message) => {
    const { sts, server } = await setUp();
    server.script({ fail: { code: 'AccessDenied', message } });
    expect((await errorOf(sts.getSessionToken(wrong))).code).toBe('ERR_AUTH_MFA_REFUSED');
  });

  it('sends a code once, even when the connection is cut', async () => {
    const { sts, server } = await setUp();
    server.script({ reset: true });
    const error = await errorOf(sts.getSessionToken({ ...wrong, tokenCode: '271828' }));
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.hints).toContain('the MFA code may be used up: take the next one');
    expect(server.calls).toHaveLength(1);
  });
});

describe('with a clock that is off', () => {
  it.each([
    ['behind', -20 * minutes],
    ['ahead', 20 * minutes],
    ['half a day ahead', 12 * hours],
  ])('goes by the time of the server: %s', async (_, offMs) => {
    const { sts, server } = await setUp({ now: new Date(noon.getTime() + offMs) });
    const request = { durationSeconds: 3600, serialNumber: device, tokenCode: '271828' };
    const session = await sts.getSessionToken(request);
    expect(session.serverDate).toEqual(noon);
    expect(session.expiresAt).toEqual(new Date('2026-01-31T13:00:00Z'));
    expect(server.calls).toHaveLength(2);

    await sts.getCallerIdentity();
    expect(server.calls).toHaveLength(3);
  });

  it('is right at once when the offset is known', async () => {
    const now = new Date(noon.getTime() - 20 * minutes);
    const { sts, server } = await setUp({ now, clockOffsetMs: 20 * minutes });
    await sts.getCallerIdentity();
    expect(server.calls).toHaveLength(1);
  });

  it('finds back when the offset that was known is no longer true', async () => {
    const { sts, server } = await setUp({ clockOffsetMs: 20 * minutes });
    await sts.getCallerIdentity();
    expect(server.calls).toHaveLength(2);
  });

  it('says by how much, and how to set it, when it is off by days', async () => {
    const { sts, server } = await setUp({ now: new Date(noon.getTime() - 3 * days) });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_CLOCK_SKEW');
    expect(error.message).toBe(
      'the clock of this machine is 72h 0m behind that of AWS (here 2026-01-28T12:00:00.000Z, there 2026-01-31T12:00:00.000Z)',
    );
    expect(error.hints).toContain('sudo timedatectl set-ntp true');
    expect(server.calls).toHaveLength(1);
  });

  it.each([
    ['darwin', 'sudo systemsetup -setusingnetworktime on'],
    ['win32', 'w32tm /resync'],
  ] as const)('knows how to set it on %s', async (platform, hint) => {
    const { sts } = await setUp({ now: new Date(noon.getTime() + 3 * days), platform });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.message).toContain('72h 0m ahead of that of AWS');
    expect(error.hints).toEqual([hint]);
  });

  it('says so when the server does not tell its time', async () => {
    const { sts } = await setUp({
      now: new Date(noon.getTime() + 20 * minutes),
      server: { dateHeader: false },
    });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_CLOCK_SKEW');
    expect(error.message).toBe('the clock of this machine is too far from that of AWS');
  });

  it.each(['RequestTimeTooSkewed', 'RequestExpired'])('knows %s for the same', async (code) => {
    const { sts, server } = await setUp();
    server.script({ fail: { code, message: 'too far' }, times: 2 });
    expect((await errorOf(sts.getCallerIdentity())).code).toBe('ERR_CLOCK_SKEW');
  });
});

describe('with AWS out of sorts', () => {
  it.each(['RegionDisabledException', 'RegionDisabled'])('names the region: %s', async (code) => {
    const { sts, server } = await setUp();
    server.script({ fail: { code, message: 'STS is not activated in this region' } });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe('AWS STS is switched off for this account in eu-west-1');
    expect(error.hints[0]).toContain('set the region of the identity');
  });

  it('tries a throttled call again', async () => {
    const { sts, server } = await setUp();
    server.script({ fail: { code: 'Throttling', message: 'Rate exceeded', status: 400 } });
    expect((await sts.getCallerIdentity()).account).toBe('012345678901');
    expect(server.calls).toHaveLength(2);
  });

  it('gives up after three attempts', async () => {
    const { sts, server } = await setUp();
    const fail = { code: 'Throttling', message: 'Rate exceeded', status: 400 };
    server.script({ fail, times: 3 });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_AWS');
    expect(error.message).toMatch(
      /^AWS has too many calls of sts:GetCallerIdentity \(Throttling, request [0-9a-f-]{36}\)$/,
    );
    expect(error.hints).toEqual(['wait a minute, then run the command again']);
    expect(server.calls).toHaveLength(3);
  });

  it('waits a random time below a limit that doubles', async () => {
    const { url, slept, options } = await failing({});
    expect((await errorOf(open({ url }, options).getCallerIdentity())).code).toBe(
      'ERR_AWS_ENDPOINT',
    );
    expect(slept).toEqual([250, 500]);
  });

  it('waits no less than the server asks for', async () => {
    const { url, slept, options } = await failing({ 'retry-after': '2' });
    await errorOf(open({ url }, options).getCallerIdentity());
    expect(slept).toEqual([2000, 2000]);
  });

  it('does not wait for longer than the time limit', async () => {
    const { url, slept, options } = await failing({ 'retry-after': '60' });
    await errorOf(open({ url }, options).getCallerIdentity());
    expect(slept).toEqual([]);
  });

  it('sends a code again only if the connection was refused', async () => {
    const url = await closedPort();
    const slept: number[] = [];
    const options = recording(slept);
    const request = { durationSeconds: 900, serialNumber: device, tokenCode: '271828' };
    const error = await errorOf(open({ url }, options).getSessionToken(request));
    expect(error.code).toBe('ERR_NETWORK');
    expect(slept).toEqual([250, 500]);
  });

  it('gives the code and the request of anything else', async () => {
    const { sts } = await setUp();
    const error = await errorOf(sts.getSessionToken({ durationSeconds: 60 }));
    expect(error.code).toBe('ERR_AWS');
    expect(error.message).toMatch(
      /^sts:GetSessionToken failed: ValidationError, request [0-9a-f-]{36}: 1 validation error .* equal to 900$/,
    );
  });

  it('tries again after a failure of the server', async () => {
    const { sts, server } = await setUp();
    server.script({ fail: { code: 'InternalFailure', message: 'oops', status: 500 } });
    server.script({ html: true });
    expect((await errorOf(sts.getCallerIdentity())).code).toBe('ERR_AWS_ENDPOINT');
    expect(server.calls).toHaveLength(2);
  });

  it('repeats no secret of the request and no escape sequence', async () => {
    const { sts, server } = await setUp();
    const message = `\u009b31m${secret} ${encodeURIComponent(secret)} 271828 ${key.accessKeyId}\u0007 ${'x'.repeat(999)}`;
    server.script({ fail: { code: 'AccessDenied', message } });
    const request = { durationSeconds: 900, serialNumber: device, tokenCode: '271828' };
    const error = await errorOf(sts.getSessionToken(request));
    expect(error.code).toBe('ERR_AUTH_DENIED');
    expect(error.message).toContain(': 31m*** *** *** AKIA…MPLE ');
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('with an endpoint that is not STS', () => {
  const contentType = 'text/xml';
  const answer = '<GetCallerIdentityResponse><GetCallerIdentityResult>';
  const end = '</GetCallerIdentityResult></GetCallerIdentityResponse>';

  it.each([
    ['HTML', { html: true }, 'status 200, text/html, not its XML'],
    [
      'HTML as a refusal',
      { raw: { status: 403, contentType: 'text/html', body: '<p>no</p>' } },
      'status 403, text/html, not its XML',
    ],
    ['nothing', { raw: { contentType, body: '' } }, 'status 200, text/xml, empty'],
    ['half an answer', { raw: { contentType, body: answer } }, 'status 200, text/xml, cut short'],
    [
      'another answer',
      {
        raw: { contentType, body: answer.replaceAll('Caller', '') + end.replaceAll('Caller', '') },
      },
      'status 200, text/xml, a field missing or damaged',
    ],
    [
      'an answer without content',
      { raw: { contentType, body: answer + end } },
      'status 200, text/xml, a field missing or damaged',
    ],
    [
      'fields with escape sequences',
      { raw: { contentType, body: `${answer}<Account>1&#x9b;</Account>${end}` } },
      'status 200, text/xml, a field missing or damaged',
    ],
    [
      'broken XML',
      { raw: { contentType, body: `${answer}<a></b><!--${end}` } },
      'status 200, text/xml, not its XML',
    ],
    [
      'JSON',
      { raw: { contentType: 'application/json; charset=utf-8', body: '{"a":1}' } },
      'status 200, application/json, not its XML',
    ],
    [
      'far too much',
      { raw: { contentType, body: 'x'.repeat(65_537) } },
      'status 200, text/xml, more than 65536 bytes',
    ],
  ])('says what came: %s', async (_, script, came) => {
    const { sts, server } = await setUp();
    server.script(script);
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_AWS_ENDPOINT');
    expect(error.message).toBe(`${server.url} does not answer like AWS STS: ${came}`);
    expect(error.hints).toEqual([
      `curl -i ${server.url}/`,
      'check spec.endpoint_url of the identity, and whether a proxy or a sign-in page is in between',
    ]);
  });

  it('rejects a session without an expiry', async () => {
    const { sts, server } = await setUp();
    const body =
      '<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>A</AccessKeyId>' +
      '<SecretAccessKey>B</SecretAccessKey><SessionToken>C</SessionToken></Credentials>' +
      '</GetSessionTokenResult></GetSessionTokenResponse>';
    server.script({ raw: { body } });
    const error = await errorOf(sts.getSessionToken({ durationSeconds: 900 }));
    expect(error.code).toBe('ERR_AWS_ENDPOINT');
    expect(error.message).toContain('an expiry missing or damaged');
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await setUp();
    const url = await serve((_, response) => {
      response.writeHead(307, { location: elsewhere.server.url }).end();
    });
    const error = await errorOf(open({ url }).getCallerIdentity());
    expect(error.message).toBe(`${url} does not answer like AWS STS: status 307, empty`);
    expect(elsewhere.server.calls).toEqual([]);
  });

  it('says that it does not speak HTTP', async () => {
    const url = await listen(
      createTcpServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n')),
    );
    const error = await errorOf(open({ url }).getCallerIdentity());
    expect(error.code).toBe('ERR_AWS_ENDPOINT');
    expect(error.message).toBe(
      `${url} does not answer like AWS STS: not HTTP (HPE_INVALID_CONSTANT)`,
    );
  });
});

describe('without a network', () => {
  it('reports a refused connection', async () => {
    const url = await closedPort();
    const error = await errorOf(open({ url }).getCallerIdentity());
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toBe(`cannot reach ${url}: connection refused (ECONNREFUSED)`);
    expect(error.hints).toEqual([`curl -i ${url}/`]);
  });

  it('says that the connection was cut three times', async () => {
    const { sts, server } = await setUp();
    server.script({ reset: true, times: 3 });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.message).toBe(`cannot reach ${server.url}: the connection was cut (ECONNRESET)`);
    expect(server.calls).toHaveLength(3);
  });

  it('gets over one cut', async () => {
    const { sts, server } = await setUp();
    server.script({ reset: true });
    expect((await sts.getCallerIdentity()).account).toBe('012345678901');
  });

  it('stops waiting for a silent server at its limit', async () => {
    const { sts, server } = await setUp({ timeoutMs: 200 });
    server.script({ hang: true });
    const error = await errorOf(sts.getCallerIdentity());
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toBe(`cannot reach ${server.url}: no answer within 0.2 seconds`);
    expect(server.calls).toHaveLength(1);
  });

  it('nor for one that falls silent in the middle', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/xml', 'content-length': 100 }).write('<Get');
    });
    const error = await errorOf(open({ url }, { timeoutMs: 200 }).getCallerIdentity());
    expect(error.message).toBe(`cannot reach ${url}: no answer within 0.2 seconds`);
  });

  it('says that the line broke in the middle', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('<Get', () => response.destroy());
    });
    const error = await errorOf(open({ url }).getCallerIdentity());
    expect(error.message).toBe(`cannot reach ${url}: the connection was cut (ECONNRESET)`);
  });

  it('says that the other side does not speak TLS', async () => {
    const url = await serve((_, response) => response.end());
    const error = await errorOf(open({ url: url.replace('http:', 'https:') }).getCallerIdentity());
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toMatch(/: TLS failed \((ERR_SSL_WRONG_VERSION_NUMBER|EPROTO)\)$/);
  });
});

interface SetUp extends Partial<Omit<StsOptions, 'host'>> {
  /** By the clock of the client. */
  now?: Date;
  env?: Record<string, string>;
  platform?: NodeJS.Platform;
  server?: Partial<StsServerOptions>;
}

/** A server at noon, and a client of it. */
async function setUp({ server: options, ...client }: SetUp = {}): Promise<{
  sts: Sts;
  server: StsServer;
}> {
  const server = await startSts({ keys: [key], now: () => noon, ...options });
  closing.push(() => server.close());
  return { sts: open(server, client), server };
}

function open(
  { url }: { url: string },
  { now = noon, env = {}, platform = 'linux', ...options }: SetUp = {},
): Sts {
  const sts = openSts({
    credentials: key,
    region: 'eu-west-1',
    endpoint: url,
    timeoutMs: 10_000,
    host: fakeHost({ env, platform, now: () => now }),
    ...options,
  });
  closing.push(() => sts.close());
  return sts;
}

/** The error that a promise rejects with; it must be an AtmosError without secrets. */
async function errorOf(promise: Promise<unknown>): Promise<AtmosError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!isAtmosError(error)) throw error;
  expect(error.cause).toBeUndefined();
  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const confidence of [secret, encodeURIComponent(secret), '271828', 'AWS4-HMAC-SHA256']) {
    expect(shown).not.toContain(confidence);
  }
  expect(shown).not.toContain(key.accessKeyId);
  return error;
}

/** Options of a client that records how long it would sleep, and does not sleep. */
function recording(slept: number[]) {
  const sleep = async (milliseconds: number) => void slept.push(milliseconds);
  return { random: () => 0.5, host: fakeHost({ now: () => noon, sleep }) };
}

/** A server that always fails with these headers. */
async function failing(headers: Record<string, string>) {
  const url = await serve((_, response) => void response.writeHead(503, headers).end());
  const slept: number[] = [];
  return { url, slept, options: recording(slept) };
}

/** The address of a server that has stopped. */
async function closedPort(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return url;
}

function serve(listener: RequestListener): Promise<string> {
  return listen(createServer(listener));
}

/** The server's address; it goes when the test ends. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
