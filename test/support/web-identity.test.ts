import { generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { call, credentialsOf } from './sts-client.ts';
import { startSts } from './sts-server.mjs';
import type { StsIssuer, StsRole, StsServer } from './sts-types.ts';

const noon = new Date('2026-01-31T12:00:00Z');
const epoch = noon.getTime() / 1000;
const url = 'https://issuer.test';
const subject = 'repo:acme/site:ref:refs/heads/main';
const roleArn = 'arn:aws:iam::012345678901:role/deploy';
const trusted: StsRole['trust'] = [{ issuer: url, audience: 'sts.amazonaws.com', subject }];
const algorithms = {
  RS256: newKey(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'rsa'),
  ES256: newKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ec'),
};
const jwks = { keys: Object.values(algorithms).map(({ jwk }) => jwk) };
const issuer = { url, audiences: ['sts.amazonaws.com'], jwks };

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function newKey(pair: { publicKey: KeyObject; privateKey: KeyObject }, kid: string) {
  const jwk: JsonWebKey & { kid: string } = { ...pair.publicKey.export({ format: 'jwk' }), kid };
  return { jwk, kid, privateKey: pair.privateKey };
}

function tokenOf(claims: Record<string, unknown> = {}, alg: 'RS256' | 'ES256' = 'RS256') {
  const { kid, privateKey } = algorithms[alg];
  const all = { iss: url, aud: 'sts.amazonaws.com', sub: subject, exp: epoch + 300, ...claims };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg, kid, typ: 'JWT' })}.${encode(all)}`;
  const signature = sign('sha256', Buffer.from(signed), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${signed}.${signature.toString('base64url')}`;
}

async function start(trust = trusted, issuers: StsIssuer[] = [issuer]): Promise<StsServer> {
  const roles = [{ arn: roleArn, trust }];
  const server = await startSts({ keys: [], roles, issuers, now: () => noon });
  closing.push(() => server.close());
  return server;
}

function exchange(server: StsServer, token: string, params: Record<string, string> = {}) {
  return call(server, undefined, {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: roleArn,
    RoleSessionName: 'ci',
    WebIdentityToken: token,
    ...params,
  });
}

describe('AssumeRoleWithWebIdentity', () => {
  it.each(['RS256', 'ES256'] as const)('accepts a token signed with %s', async (alg) => {
    const server = await start();
    const answer = await exchange(server, tokenOf({}, alg));
    expect(answer.status).toBe(200);
    expect(answer.tag('Arn')).toBe('arn:aws:sts::012345678901:assumed-role/deploy/ci');
    expect(answer.tag('SubjectFromWebIdentityToken')).toBe(subject);
    expect(answer.tag('Audience')).toBe('sts.amazonaws.com');
    expect(answer.tag('Provider')).toBe('arn:aws:iam::012345678901:oidc-provider/issuer.test');
    expect(answer.tag('Expiration')).toBe('2026-01-31T13:00:00Z');
  });

  it('does not record the token', async () => {
    const server = await start();
    await exchange(server, tokenOf());
    expect(server.calls[0]?.params['WebIdentityToken']).toBe('******');
  });

  it('opens a session whose chain is limited to an hour, while it is limited by its role', async () => {
    const two = { arn: `${roleArn}2`, trust: [{ principal: roleArn }], maxSessionSeconds: 43_200 };
    const roles = [{ arn: roleArn, trust: trusted, maxSessionSeconds: 7200 }, two];
    const server = await startSts({ keys: [], roles, issuers: [issuer], now: () => noon });
    closing.push(() => server.close());
    const first = await exchange(server, tokenOf(), { DurationSeconds: '7200' });
    expect(first.status).toBe(200);
    const beyond = await exchange(server, tokenOf(), { DurationSeconds: '7201' });
    expect(beyond.error()[2]).toContain('exceeds the MaxSessionDuration');
    const request = { Action: 'AssumeRole', RoleArn: two.arn, RoleSessionName: 'ci' };
    const at = { at: noon.toISOString() };
    const long = { ...request, DurationSeconds: '7200' };
    expect((await call(server, credentialsOf(first), request, at)).status).toBe(200);
    expect((await call(server, credentialsOf(first), long, at)).error()[2]).toContain(
      '1 hour session limit',
    );
  });

  it('takes tags and the source identity from the token', async () => {
    const server = await start();
    const claims = {
      'https://aws.amazon.com/tags': {
        principal_tags: { team: ['blue'] },
        transitive_tag_keys: ['team'],
      },
      'https://aws.amazon.com/source_identity': 'ada',
    };
    const answer = await exchange(server, tokenOf(claims));
    expect(answer.tag('SourceIdentity')).toBe('ada');
    expect(server.session(credentialsOf(answer).accessKeyId)).toMatchObject({
      tags: { team: 'blue' },
      transitiveTagKeys: ['team'],
      sourceIdentity: 'ada',
    });
  });

  it.each([
    [
      'of an unknown issuer',
      { iss: 'https://other.test' },
      'No OpenIDConnect provider found in your account for https://other.test',
    ],
    ['of another audience', { aud: 'https://github.com/acme' }, 'Incorrect token audience'],
  ])('refuses a token %s', async (_, claims, message) => {
    const server = await start();
    const answer = await exchange(server, tokenOf(claims));
    expect(answer.error()).toEqual([400, 'InvalidIdentityToken', message]);
  });

  it('accepts one of several audiences', async () => {
    const server = await start();
    expect((await exchange(server, tokenOf({ aud: ['x', 'sts.amazonaws.com'] }))).status).toBe(200);
  });

  it('refuses an expired token, in the second of its expiry', async () => {
    const server = await start();
    expect((await exchange(server, tokenOf({ exp: epoch }))).error()).toEqual([
      400,
      'ExpiredTokenException',
      `Token expired: current date/time ${epoch} must be before the expiration date/time ${epoch}`,
    ]);
    expect((await exchange(server, tokenOf({ exp: undefined }))).error()[1]).toBe(
      'ExpiredTokenException',
    );
  });

  it('refuses a token that the issuer revoked', async () => {
    const server = await start(trusted, [{ ...issuer, revoked: ['7'] }]);
    expect((await exchange(server, tokenOf({ jti: '7' }))).error()).toEqual([
      403,
      'IDPRejectedClaim',
      'The identity provider (IdP) reported that authentication failed.',
    ]);
    expect((await exchange(server, tokenOf({ jti: '8' }))).status).toBe(200);
  });

  it('refuses an altered token, and one whose key it does not find', async () => {
    const server = await start();
    const [head, , mark] = tokenOf().split('.');
    const body = tokenOf({ sub: 'another' }).split('.')[1];
    expect((await exchange(server, [head, body, mark].join('.'))).error()[2]).toContain(
      'could not be validated',
    );
    const rotated = await start(trusted, [{ ...issuer, jwks: { keys: [] } }]);
    expect((await exchange(rotated, tokenOf())).error()[2]).toContain(
      "Couldn't retrieve verification key",
    );
  });

  it('refuses a token without a signature, and one with the algorithm of another key', async () => {
    const server = await start();
    const [, body] = tokenOf().split('.');
    const head = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
    const none = `${head({ alg: 'none', kid: 'rsa' })}.${body}.AA`;
    const other = `${head({ alg: 'ES256', kid: 'rsa' })}.${body}.AA`;
    for (const token of [none, other]) {
      expect((await exchange(server, token)).error()[2]).toContain('could not be validated');
    }
  });

  it.each(['four', 'aa.b', 'a.b.c', 'a.b.c.d'])('refuses %s, which is no token', async (token) => {
    const server = await start();
    expect((await exchange(server, token)).error()).toEqual([
      400,
      'InvalidIdentityToken',
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    ]);
  });

  it('does not quote a token that is too long', async () => {
    const server = await start();
    const [, code, message] = (await exchange(server, 'x'.repeat(20_001))).error();
    expect(code).toBe('ValidationError');
    expect(message).toBe(
      "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000",
    );
  });

  it.each([
    ['another issuer', { issuer: 'https://other.test' }],
    ['another audience', { issuer: url, audience: 'other' }],
    ['another subject', { issuer: url, subject: 'repo:acme/site:ref:refs/heads/*-main' }],
    ['callers with credentials', { principal: '*' }],
  ])('denies a role whose trust policy is for %s', async (_, statement) => {
    const server = await start([statement]);
    expect((await exchange(server, tokenOf())).error()).toEqual([
      403,
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    ]);
  });

  it('matches the subject with wildcards', async () => {
    const server = await start([{ issuer: url, subject: 'repo:acme/*:ref:*' }]);
    expect((await exchange(server, tokenOf())).status).toBe(200);
  });

  it('fetches the keys of an issuer, and reports one that does not answer', async () => {
    const web = createServer((request, response) => {
      const origin = `http://${request.headers.host}`;
      response.end(JSON.stringify(request.url === '/jwks' ? jwks : { jwks_uri: `${origin}/jwks` }));
    });
    await new Promise<void>((done) => {
      web.listen(0, '127.0.0.1', done);
    });
    closing.push(() => web.close());
    const iss = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const server = await start([{ issuer: iss }], [{ url: iss, audiences: issuer.audiences }]);
    expect((await exchange(server, tokenOf({ iss }))).status).toBe(200);
    web.closeAllConnections();
    await new Promise((done) => {
      web.close(done);
    });
    expect((await exchange(server, tokenOf({ iss }))).error().slice(0, 2)).toEqual([
      400,
      'IDPCommunicationError',
    ]);
  });
});
