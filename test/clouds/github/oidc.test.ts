import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { githubOidc } from '../../../src/clouds/github/oidc.ts';
import type { OpenContext } from '../../../src/clouds/contract.ts';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { testStart as now } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { audience, validToken } from '../jwt.ts';
import { openContext, providerOf } from '../open-context.ts';

const requestToken = 'canary-of-the-request-token';
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (value: unknown): Answer => {
  return (_, response) => void response.end(JSON.stringify(value));
};
const status = (code: number, headers = {}): Answer => {
  return (_, response) => void response.writeHead(code, headers).end('canary');
};

/** A token service that gives these answers, the last one again and again. */
async function startService(...answers: readonly Answer[]) {
  const requests: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push({ url: request.url, authorization: request.headers.authorization });
    answer?.(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  };
  return { origin, env, requests };
}

const plan = () =>
  githubOidc.plan(providerOf('github/oidc', { audience }), { base: undefined, env: {} });

function open(env: Readonly<Record<string, string>>, context: Partial<OpenContext> = {}) {
  return plan().open(openContext({ env }, context));
}

describe('the plan of github/oidc', () => {
  test('keeps nothing, and needs no trust', () => {
    expect(plan()).toMatchObject({
      gives: 'oidc',
      slot: 'nothing',
      storedKey: 'none',
      fingerprint: { 'spec.audience': { value: audience } },
    });
    expect(githubOidc.trustNeeds(providerOf('github/oidc', { audience }))).toEqual([]);
  });

  test.each([
    [
      {},
      undefined,
      'provider ci (/p/atmos.yaml) has no spec.audience, which the kind github/oidc needs',
    ],
    [
      { audience: '' },
      undefined,
      'provider ci (/p/atmos.yaml) has no spec.audience, which the kind github/oidc needs',
    ],
    [
      { audience: '' },
      '!env AUD',
      'spec.audience of provider ci (/p/atmos.yaml:spec:audience) is empty: the variable AUD is not set, or empty',
    ],
    [
      { audience: ['a'] },
      undefined,
      'spec.audience of provider ci (/p/atmos.yaml:spec:audience) must be text, not a list',
    ],
  ])('is refused for %j', (spec, tag, message) => {
    const provider = providerOf('github/oidc', spec, { tagAt: () => tag });
    expect(thrownBy(() => githubOidc.plan(provider, { base: undefined, env: {} }))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message,
    });
  });
});

test('a region is passed to identities that name none', () => {
  const planWith = (region: string) => {
    const settings = { spec: { audience }, region };
    const provider = providerOf('github/oidc', {}, { settings });
    return githubOidc.plan(provider, { base: undefined, env: {} });
  };
  expect(planWith('eu-west-1').region).toBe('eu-west-1');
  expect(planWith('')).not.toHaveProperty('region');
  expect(thrownBy(() => planWith('x.example.com/')).message).toBe(
    'region of provider ci (/p/atmos.yaml:region) is not the name of an AWS region: "x.example.com/"',
  );
});

describe('a token', () => {
  test('is requested for the audience, again at each opening', async () => {
    const [first, second] = [validToken(now, { n: 1 }), validToken(now, { n: 2 })];
    const service = await startService(json({ value: first }), json({ count: 1, value: second }));
    expect(await open(service.env)).toMatchObject({ credentials: { token: first }, limits: [] });
    expect(await open(service.env)).toMatchObject({ credentials: { token: second } });
    expect(service.requests[1]).toEqual({
      url: '/token?api-version=2.0&audience=sts.amazonaws.com',
      authorization: `bearer ${requestToken}`,
    });
  });

  test('of ACTIONS_ID_TOKEN is used if it is for the audience', async () => {
    const token = validToken(now);
    expect(await open({ ACTIONS_ID_TOKEN: token })).toMatchObject({ credentials: { token } });
  });

  test.each([{ aud: 'other' }, { exp: 1 }])(
    'of ACTIONS_ID_TOKEN is replaced by a new one if its claims are %j',
    async (claims) => {
      const token = validToken(now);
      const service = await startService(json({ value: token }));
      const given = { ...service.env, ACTIONS_ID_TOKEN: validToken(now, claims) };
      expect(await open(given)).toMatchObject({ credentials: { token } });
    },
  );

  test('of ACTIONS_ID_TOKEN is refused if no other one can be requested', async () => {
    const error = await errorOf(open({ ACTIONS_ID_TOKEN: validToken(now, { aud: 'other' }) }));
    expect(error).toMatchObject({
      code: 'ERR_AUTH_SOURCE_FAILED',
      message:
        'the token of the variable ACTIONS_ID_TOKEN is for "other", not for the audience "sts.amazonaws.com"',
    });
  });

  test('is requested again after a failure of the service', async () => {
    const token = validToken(now);
    const cut: Answer = (request) => request.socket.destroy();
    const service = await startService(status(503), cut, json({ value: token }));
    expect(await open(service.env)).toMatchObject({ credentials: { token } });
    expect(service.requests).toHaveLength(3);
  });
});

describe('outside of a job that may request tokens', () => {
  test.each([
    [{}, 'ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set'],
    [{ ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x' }, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set'],
  ])('the error says which permission is missing: %j', async (env, missing) => {
    const error = await errorOf(open(env));
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(
      `this is not a job of GitHub Actions that may request a token: ${missing}`,
    );
    expect(error.hints).toEqual([
      'add the permission "id-token: write" to the job or the workflow',
    ]);
  });

  test.each(['canary', 'http://canary.example.com/', 'ftp://127.0.0.1/', 'https://u:p@canary/'])(
    'the URL is refused: %s',
    async (url) => {
      const env = {
        ACTIONS_ID_TOKEN_REQUEST_URL: url,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      };
      const error = await errorOf(open(env));
      expect(error.message).toBe('ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL');
    },
  );
});

describe('an answer of the service is an error', () => {
  test.each<[string, Answer, string, number]>([
    ['401', status(401), 'refused the request (status 401)', 1],
    ['403', status(403), 'refused the request (status 403)', 1],
    ['404', status(404), 'answered with status 404', 1],
    ['500', status(500), 'answered with status 500', 3],
    ['429', status(429), 'answered with status 429', 3],
    [
      '302',
      status(302, { location: 'http://127.0.0.1:1/' }),
      'answered with a redirect, which is not followed (status 302)',
      1,
    ],
  ])('for the status %s', async (_, answer, message, attempts) => {
    const service = await startService(answer);
    const error = await errorOf(open(service.env));
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(`the token service ${service.origin} ${message}`);
    expect(service.requests).toHaveLength(attempts);
  });

  test.each<[string, Answer, string]>([
    ['no JSON', (_, response) => void response.end('canary'), 'contains no token'],
    ['no value', json({ token: 'canary' }), 'contains no token'],
    ['no text', json({ value: 5 }), 'contains no token'],
    ['over 64 KiB', json({ value: 'canary'.repeat(20_000) }), 'is too long'],
  ])('for a body with %s', async (_, answer, message) => {
    const service = await startService(answer);
    const error = await errorOf(open(service.env));
    expect(error.message).toBe(`the answer of the token service ${service.origin} ${message}`);
  });

  test.each([
    [{ aud: 'other' }, 'is for "other", not for the audience "sts.amazonaws.com"'],
    [{ exp: 1 }, 'expired at 1970-01-01T00:00:01Z'],
  ])('for a token with the claims %j', async (claims, message) => {
    const service = await startService(json({ value: validToken(now, claims) }));
    const error = await errorOf(open(service.env));
    expect(error.message).toBe(`the token of the token service ${service.origin} ${message}`);
  });
});

describe('a service that is not reached', () => {
  test('is named, without the path and the token of the request', async () => {
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/canary?canary=1',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    };
    const error = await errorOf(open(env));
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toBe(
      'cannot reach http://127.0.0.1:1: connection refused (ECONNREFUSED)',
    );
  });

  test('is given up at the time limit', async () => {
    const service = await startService(() => {});
    const error = await errorOf(open(service.env, { timeoutMs: 200 }));
    expect(error.code).toBe('ERR_NETWORK');
    expect(error.message).toBe(`cannot reach ${service.origin}: no answer within 0.2 seconds`);
  });

  test('is given up at the time limit, also in the middle of its answer', async () => {
    const service = await startService((_, response) => void response.write('{"value": "'));
    const error = await errorOf(open(service.env, { timeoutMs: 200 }));
    expect(error.message).toBe(`cannot reach ${service.origin}: no answer within 0.2 seconds`);
  });
});

test('a request goes through the proxy, and trusts AWS_CA_BUNDLE', async () => {
  const host = 'token.actions.example.com';
  const certificate = selfSignedCertificate(host);
  const token = validToken(now);
  const server = createTlsServer(certificate, (_, response) => {
    response.end(JSON.stringify({ value: token }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy = await startConnectProxy((server.address() as AddressInfo).port);
  closing.push(() => {
    proxy.close();
    server.close();
    server.closeAllConnections();
  });
  const bundle = join(temporaryDirectory(), 'bundle.pem');
  writeFileSync(bundle, certificate.cert);
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `https://${host}/token`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    HTTPS_PROXY: proxy.url,
  };
  const opened = await open({ ...env, AWS_CA_BUNDLE: bundle });
  expect(opened).toMatchObject({ credentials: { token } });
  expect(proxy.targets).toEqual([`${host}:443`]);
  const refused = await errorOf(open(env));
  expect(refused.code).toBe('ERR_NETWORK');
  expect(refused.message).toMatch(/: TLS failed \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/);
});
