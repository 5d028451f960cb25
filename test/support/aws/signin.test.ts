import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { onTestFinished, describe, expect, it } from 'vitest';
import { startSignin } from './signin.mjs';
import type { Signin, SigninOptions } from './signin-types.ts';

const clientId = 'arn:aws:signin:::devtools/same-device';
const redirectUri = 'http://127.0.0.1:50000/oauth/callback';
const verifier = 'v'.repeat(43);
const nowMs = Date.parse('2026-01-31T12:00:00Z');

interface Server extends Signin {
  pass(seconds: number): void;
}

/** Starts the stand-in with a clock that only the test moves. */
async function start(options: SigninOptions = {}): Promise<Server> {
  let ms = nowMs;
  const signin = await startSignin({ now: () => new Date(ms), pages: 'allow', ...options });
  onTestFinished(signin.close);
  return { ...signin, pass: (seconds) => void (ms += seconds * 1000) };
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Proof {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly signature?: (text: string) => Buffer;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function proofFor({ url }: Signin, { header, claims, key = newKey(), signature }: Proof = {}) {
  const { kty, crv, x, y } = key.publicKey.export({ format: 'jwk' });
  const head = encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y }, ...header });
  const iat = nowMs / 1000;
  const body = encoded({
    jti: randomUUID(),
    htm: 'POST',
    htu: `${url}/v1/token`,
    iat,
    ...claims,
  });
  const text = `${head}.${body}`;
  const signed =
    signature?.(text) ??
    sign('sha256', Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signed.toString('base64url')}`;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(
  { url }: Signin,
  proof: string | undefined,
  body: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(`${url}/v1/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(proof === undefined ? {} : { dpop: proof }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function authorizeUrl({ url }: Signin, changes: Record<string, string | undefined> = {}): string {
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    state: 's',
    code_challenge_method: 'SHA-256',
    scope: 'openid',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...changes,
  };
  const page = new URL('/v1/authorize', url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) page.searchParams.set(name, value);
  }
  return page.href;
}

async function redirectFrom(server: Signin): Promise<URL> {
  const response = await fetch(authorizeUrl(server), { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '');
}

const grantOf = (code: string | null) => ({
  clientId,
  grantType: 'authorization_code',
  code: code ?? '',
  codeVerifier: verifier,
  redirectUri,
});
const refreshOf = (refreshToken: unknown) => ({
  clientId,
  grantType: 'refresh_token',
  refreshToken: String(refreshToken),
});

describe('a proof of possession', () => {
  const other = newKey();
  const cases: readonly (readonly [string, (server: Signin) => string | undefined, string])[] = [
    ['that is missing', () => undefined, 'no DPoP header'],
    ['that is no JWT', () => 'a.b', 'not a JWT'],
    ['of another type', (s) => proofFor(s, { header: { typ: 'JWT' } }), 'typ is not dpop+jwt'],
    ['without algorithm', (s) => proofFor(s, { header: { alg: 'none' } }), 'alg is not ES256'],
    [
      'signed with a shared secret',
      (s) =>
        proofFor(s, {
          header: { alg: 'HS256' },
          signature: (text) => createHmac('sha256', 'secret').update(text).digest(),
        }),
      'alg is not ES256',
    ],
    ['without key', (s) => proofFor(s, { header: { jwk: undefined } }), 'jwk is missing'],
    [
      'with a private key',
      (s) => proofFor(s, { header: { jwk: other.privateKey.export({ format: 'jwk' }) } }),
      'jwk contains the private key',
    ],
    [
      'signed by another key',
      (s) => proofFor(s, { header: { jwk: other.publicKey.export({ format: 'jwk' }) } }),
      'the signature is wrong',
    ],
    ['for another method', (s) => proofFor(s, { claims: { htm: 'GET' } }), 'htm is not POST'],
    [
      'for another address',
      (s) => proofFor(s, { claims: { htu: 'https://example.com/v1/token' } }),
      'htu is not ',
    ],
    ['without time', (s) => proofFor(s, { claims: { iat: undefined } }), 'iat is missing'],
    [
      'from another time',
      (s) => proofFor(s, { claims: { iat: nowMs / 1000 - 301 } }),
      'iat is more than 300 seconds from now',
    ],
    ['without id', (s) => proofFor(s, { claims: { jti: '' } }), 'jti is missing'],
  ];

  it.each(cases)('%s is refused', async (_, make, problem) => {
    const server = await start();
    const answer = await post(server, make(server), refreshOf('r'));
    expect(answer).toMatchObject({ status: 400, body: { error: 'INVALID_REQUEST' } });
    expect(server.problems()).toEqual([expect.stringContaining(problem)]);
  });

  it('is accepted once', async () => {
    const server = await start();
    const proof = proofFor(server);
    await post(server, proof, grantOf('unknown'));
    expect(server.problems()).toEqual([]);
    await post(server, proof, grantOf('unknown'));
    expect(server.problems()).toEqual([expect.stringContaining('jti was used before')]);
  });
});

describe('an authorization code', () => {
  it('gives credentials, a refresh token and an id token, once', async () => {
    const server = await start();
    const location = await redirectFrom(server);
    expect(location.searchParams.get('state')).toBe('s');
    const grant = grantOf(location.searchParams.get('code'));
    const answer = await post(server, proofFor(server), grant);
    expect(answer.body).toEqual({
      accessToken: {
        accessKeyId: expect.stringMatching(/^ASIA[0-9A-F]{16}$/),
        secretAccessKey: expect.any(String),
        sessionToken: expect.any(String),
      },
      tokenType: 'aws_sigv4',
      expiresIn: 900,
      refreshToken: expect.any(String),
      idToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    });
    const again = await post(server, proofFor(server), grant);
    expect(again).toMatchObject({ status: 401, body: { error: 'AUTHCODE_EXPIRED' } });
  });

  it('is refused with another verifier, and after its lifetime', async () => {
    const server = await start();
    const code = (await redirectFrom(server)).searchParams.get('code');
    const wrong = { ...grantOf(code), codeVerifier: 'w'.repeat(43) };
    expect(await post(server, proofFor(server), wrong)).toMatchObject({ status: 401 });
    const late = (await redirectFrom(server)).searchParams.get('code');
    server.pass(60);
    expect(await post(server, proofFor(server), grantOf(late))).toMatchObject({ status: 401 });
    expect(server.problems()).toEqual([]);
  });

  it.each([
    ['S256', { code_challenge_method: 'S256' }, 'code_challenge_method is not SHA-256'],
    ['no state', { state: undefined }, 'state is missing or repeated'],
    ['another scope', { scope: 'aws' }, 'scope is not openid'],
    ['an unknown parameter', { prompt: 'none' }, 'unknown parameter prompt'],
    [
      'the redirect of another device',
      { client_id: 'arn:aws:signin:::devtools/cross-device' },
      'client_id and redirect_uri do not belong together',
    ],
  ])('is not given for %s', async (_, changes, problem) => {
    const server = await start();
    const response = await fetch(authorizeUrl(server, changes), { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(server.problems()).toEqual([`Authorize: ${problem}`]);
  });

  it('is shown to a person on another device', async () => {
    const server = await start();
    const page = authorizeUrl(server, {
      client_id: 'arn:aws:signin:::devtools/cross-device',
      redirect_uri: `${server.url}/v1/sessions/confirmation`,
    });
    const shown = /<h1>([\w+/=]+)<\/h1>/.exec(await (await fetch(page)).text())?.[1] ?? '';
    expect(Buffer.from(shown, 'base64').toString()).toMatch(/^state=s&code=[\w-]{32}$/);
  });
});

describe('a refresh token', () => {
  async function signedIn(options?: SigninOptions) {
    const server = await start(options);
    const key = newKey();
    const code = (await redirectFrom(server)).searchParams.get('code');
    const { body } = await post(server, proofFor(server, { key }), grantOf(code));
    const refresh = (token: unknown, by = key, claims: Record<string, unknown> = {}) =>
      post(server, proofFor(server, { key: by, claims }), refreshOf(token));
    return { server, refresh, token: body['refreshToken'] };
  }

  it('rotates, and gives the same answer shortly after its first use only', async () => {
    const { server, refresh, token } = await signedIn();
    const first = await refresh(token);
    expect(first.body).toMatchObject({ tokenType: 'aws_sigv4', expiresIn: 900 });
    expect(first.body['refreshToken']).not.toBe(token);
    expect(first.body).not.toHaveProperty('idToken');
    expect(await refresh(token)).toEqual(first);
    server.pass(60);
    expect(await refresh(token)).toMatchObject({ status: 401, body: { error: 'TOKEN_EXPIRED' } });
    expect(await refresh(first.body['refreshToken'])).toMatchObject({ status: 200 });
  });

  it('is bound to the key of its sign-in', async () => {
    const { server, refresh, token } = await signedIn();
    expect(await refresh(token, newKey())).toMatchObject({ status: 400 });
    expect(server.problems()).toEqual([expect.stringContaining('bound to another key')]);
  });

  it('ends with its sign-in', async () => {
    const { server, refresh, token } = await signedIn();
    server.pass(12 * 60 * 60);
    const iat = nowMs / 1000 + 12 * 60 * 60;
    expect((await refresh(token, undefined, { iat })).body).toMatchObject({
      error: 'TOKEN_EXPIRED',
    });
    server.endSessions('USER_CREDENTIALS_CHANGED');
    expect(await refresh(token, undefined, { iat })).toMatchObject({
      status: 403,
      body: { error: 'USER_CREDENTIALS_CHANGED' },
    });
  });
});
