import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { call, credentialsOf, type Signer } from './sts-client.ts';
import { startSts } from './sts-server.mjs';
import type { StsOptions, StsServer } from './sts-types.ts';

const device = 'arn:aws:iam::012345678901:mfa/ada';
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  account: '012345678901',
  userName: 'ada',
  mfa: { arn: device, codes: ['111111', '222222'] },
};

let sts: StsServer | undefined;

afterEach(async () => {
  await sts?.close();
  sts = undefined;
});

async function start(options: Partial<StsOptions> = {}): Promise<StsServer> {
  sts = await startSts({ keys: [key], ...options });
  return sts;
}

describe('a valid request', () => {
  it('gets the identity of the caller', async () => {
    const server = await start();
    const answer = await call(server, key, { Action: 'GetCallerIdentity' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/xml');
    expect(answer.tag('Arn')).toBe('arn:aws:iam::012345678901:user/ada');
    expect(answer.tag('Account')).toBe('012345678901');
    expect(answer.tag('UserId')).toMatch(/^AIDA[A-Z2-7]{17}$/);
    expect(answer.tag('RequestId')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gets a session that is valid for requests but not for another session', async () => {
    const server = await start();
    const session = await openSession(server, { DurationSeconds: '900' });
    expect(session.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);

    const identity = await call(server, session, { Action: 'GetCallerIdentity' });
    expect(identity.tag('Arn')).toBe('arn:aws:iam::012345678901:user/ada');

    const another = await call(server, session, { Action: 'GetSessionToken' });
    expect(another.error()).toEqual([
      403,
      'AccessDenied',
      'Cannot call GetSessionToken with session credentials',
    ]);
  });

  it('gets an expiry by the clock of the server, which may be wrong', async () => {
    const server = await start({
      now: () => new Date('2026-01-31T12:00:00.700Z'),
      clockOffsetMs: 60_000,
    });
    const answer = await call(
      server,
      key,
      { Action: 'GetSessionToken' },
      { at: '2026-01-31T12:00:00Z' },
    );
    expect(answer.tag('Expiration')).toBe('2026-02-01T00:01:00Z');
    expect(answer.headers.date).toBe('Sat, 31 Jan 2026 12:01:00 GMT');
    expect(server.calls[0]?.at).toEqual(new Date('2026-01-31T12:01:00.700Z'));
  });
});

describe('an invalid request', () => {
  it('is refused without a readable signature', async () => {
    const server = await start();
    const unsigned = await fetch(server.url, { method: 'POST', body: 'Action=GetCallerIdentity' });
    expect(await unsigned.text()).toContain('<Code>MissingAuthenticationToken</Code>');
    const basic = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: 'Basic x' },
    });
    expect(await basic.text()).toContain('<Code>IncompleteSignature</Code>');
    expect(server.calls.map(({ action, accessKeyId }) => [action, accessKeyId])).toEqual([
      ['GetCallerIdentity', '(none)'],
      ['(none)', '(none)'],
    ]);
  });

  it('is refused for an unknown access key', async () => {
    const server = await start();
    const stranger = { ...key, accessKeyId: 'AKIAIOSFODNN7STRANGE' };
    const answer = await call(server, stranger, { Action: 'GetCallerIdentity' });
    expect(answer.error()).toEqual([
      403,
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
    ]);
  });

  it('is refused for a wrong secret', async () => {
    const server = await start();
    const answer = await call(
      server,
      { ...key, secretAccessKey: 'another' },
      { Action: 'GetCallerIdentity' },
    );
    expect(answer.error().slice(0, 2)).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it.each([
    ['body', { body: 'Action=GetSessionToken&Version=2011-06-15' }, 'does not match'],
    ['path', { path: '/elsewhere' }, 'does not match'],
    ['time', { headers: { 'x-amz-date': 'now' } }, 'Date in Credential scope'],
  ])('is refused when its %s was changed after signing', async (_, tampering, message) => {
    const server = await start();
    const answer = await call(server, key, { Action: 'GetCallerIdentity' }, { tampering });
    expect(answer.error().slice(0, 2)).toEqual([403, 'SignatureDoesNotMatch']);
    expect(answer.error()[2]).toContain(message);
  });

  it('is refused when it was signed for another service', async () => {
    const server = await start();
    const answer = await call(server, key, { Action: 'GetCallerIdentity' }, { service: 'iam' });
    expect(answer.error()[2]).toContain('correct service');
  });

  it('is refused without the token of its session, or with another one', async () => {
    const server = await start();
    const { sessionToken: _, ...session } = await openSession(server, {});
    const without = await call(server, session, { Action: 'GetCallerIdentity' });
    const wrong = { ...session, sessionToken: 'another' };
    const withAnother = await call(server, wrong, { Action: 'GetCallerIdentity' });
    expect(without.error()[1]).toBe('InvalidClientTokenId');
    expect(withAnother.error()[1]).toBe('InvalidClientTokenId');
  });

  it('is refused after the session has expired', async () => {
    const server = await start();
    const session = await openSession(server, {});
    server.expireSessions();
    const answer = await call(server, session, { Action: 'GetCallerIdentity' });
    expect(answer.error()).toEqual([
      403,
      'ExpiredToken',
      'The security token included in the request is expired',
    ]);
  });

  it.each([
    [
      '2026-01-31T11:40:00Z',
      'Signature expired: 20260131T114000Z is now earlier than 20260131T114500Z (20260131T120000Z - 15 min.)',
    ],
    [
      '2026-01-31T12:20:00Z',
      'Signature not yet current: 20260131T122000Z is still later than 20260131T121500Z (20260131T120000Z + 15 min.)',
    ],
  ])('is refused when it was signed at %s, twenty minutes off', async (at, message) => {
    const server = await start({ now: () => new Date('2026-01-31T12:00:00Z') });
    const answer = await call(server, key, { Action: 'GetCallerIdentity' }, { at });
    expect(answer.error()).toEqual([403, 'SignatureDoesNotMatch', message]);
  });

  it.each([
    ['899', 'greater than or equal to 900'],
    ['129601', 'less than or equal to 129600'],
  ])('is refused for a session of %s seconds', async (seconds, message) => {
    const server = await start();
    const answer = await call(server, key, { Action: 'GetSessionToken', DurationSeconds: seconds });
    expect(answer.error().slice(0, 2)).toEqual([400, 'ValidationError']);
    expect(answer.error()[2]).toContain(message);
  });

  it.each(['long', '1.5', '', '2147483648'])(
    'is refused for a session of "%s"',
    async (seconds) => {
      const server = await start();
      const answer = await call(server, key, {
        Action: 'GetSessionToken',
        DurationSeconds: seconds,
      });
      expect(answer.error()).toEqual([400, 'MalformedInput', undefined]);
    },
  );

  it('is refused for an unknown action', async () => {
    const server = await start();
    const answer = await call(server, key, { Action: 'GetFederationToken' });
    expect(answer.error()).toEqual([
      400,
      'InvalidAction',
      'Could not find operation GetFederationToken for version 2011-06-15',
    ]);
  });
});

describe('a second factor', () => {
  it('accepts each code once', async () => {
    const server = await start();
    expect((await ask(server, device, '111111')).status).toBe(200);
    expect((await ask(server, device, '111111')).error()).toEqual([
      403,
      'AccessDenied',
      'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    ]);
    expect((await ask(server, device, '222222')).status).toBe(200);
    expect((await ask(server, device, '333333')).error()[1]).toBe('AccessDenied');
  });

  it('refuses the device of another user', async () => {
    const server = await start();
    const answer = await ask(server, `${device}2`, '111111');
    expect(answer.error()[2]).toContain('unable to validate MFA code');
  });

  it('is not recorded', async () => {
    const server = await start();
    await ask(server, device, '111111');
    expect(server.calls[0]?.params).toEqual({ SerialNumber: device, TokenCode: '******' });
    const written = JSON.stringify(server.calls);
    expect(written).not.toContain('111111');
    expect(written).not.toContain(key.secretAccessKey);
  });
});

describe('the clock', () => {
  it('can be set while the stand-in runs', async () => {
    const server = await start();
    server.setClock(16 * 60_000);
    const late = await call(server, key, { Action: 'GetCallerIdentity' });
    expect(late.error()[1]).toBe('SignatureDoesNotMatch');
    server.setClock(14 * 60_000);
    const close = await call(server, key, { Action: 'GetCallerIdentity' });
    expect(close.status).toBe(200);
  });
});

describe('a script', () => {
  it('can be for one action, and leaves other calls as they are', async () => {
    const server = await start();
    server.script({
      action: 'GetSessionToken',
      fail: { code: 'Throttling', message: 'Rate exceeded', status: 429 },
    });
    expect((await call(server, key, { Action: 'GetCallerIdentity' })).status).toBe(200);
    expect((await call(server, key, { Action: 'GetSessionToken' })).status).toBe(429);
    expect((await call(server, key, { Action: 'GetSessionToken' })).status).toBe(200);
    expect(server.requests()).toEqual({ GetCallerIdentity: 1, GetSessionToken: 2 });
  });

  it('fails the next calls, then ends', async () => {
    const server = await start();
    server.script({
      fail: { code: 'Throttling', message: 'Rate exceeded', status: 400 },
      times: 2,
    });
    server.script({ html: true });
    const answers = [];
    for (let count = 0; count < 4; count += 1) {
      answers.push(await call(server, key, { Action: 'GetCallerIdentity' }));
    }
    expect(answers[0]?.error()).toEqual([400, 'Throttling', 'Rate exceeded']);
    expect(answers[1]?.error()).toEqual([400, 'Throttling', 'Rate exceeded']);
    expect(answers[2]?.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answers[3]?.status).toBe(200);
    expect(server.calls).toHaveLength(4);
  });

  it('drops the connection, or does not respond until the stand-in is closed', async () => {
    const server = await start();
    server.script({ reset: true });
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    server.script({ hang: true });
    const silent = fetch(server.url);
    await expect.poll(() => server.calls.length).toBe(2);
    await Promise.all([server.close(), expect(silent).rejects.toThrow('fetch failed')]);
  });
});

describe('as a separate process, the stand-in', () => {
  const main = fileURLToPath(new URL('sts-main.mjs', import.meta.url));

  it('prints its address, serves requests, and exits at the end of its standard input', async () => {
    const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    child.stdin.write(`${JSON.stringify({ keys: [key] })}\n`);
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const server = JSON.parse(line) as { url: string };
    expect((await call(server, key, { Action: 'GetCallerIdentity' })).status).toBe(200);
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it('does not quote options that it cannot read', async () => {
    const child = spawn(process.execPath, [main], { stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    child.stdin.end('{"secretAccessKey":"canary\n');
    const said = (await child.stderr.toArray()).join('');
    expect(await ended).toEqual([1, null]);
    expect(said).toContain('not JSON');
    expect(said).not.toContain('canary');
  });
});

function ask(server: StsServer, serialNumber: string, code: string) {
  return call(server, key, {
    Action: 'GetSessionToken',
    SerialNumber: serialNumber,
    TokenCode: code,
  });
}

async function openSession(
  server: StsServer,
  params: Record<string, string>,
): Promise<Required<Signer>> {
  return credentialsOf(await call(server, key, { Action: 'GetSessionToken', ...params }));
}
