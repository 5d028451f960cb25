import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { startGithubTokens } from './github-tokens.ts';
import { startOidcIssuer } from './oidc-issuer.ts';

const audience = 'sts.amazonaws.com';
const subject = 'repo:acme/site:ref:refs/heads/main';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe('the endpoint of GitHub Actions', () => {
  async function startEndpoint() {
    const issuer = await startOidcIssuer({ algorithm: 'ES256' });
    closing.push(() => issuer.close());
    const endpoint = await startGithubTokens(issuer, subject);
    closing.push(() => endpoint.close());
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } =
      endpoint.env;
    const ask = async (query = `&audience=${audience}`, authorization = `Bearer ${token}`) => {
      const response = await fetch(url + query, { headers: { authorization } });
      const { value } = (await response.json()) as { value?: string };
      return { status: response.status, value };
    };
    return { endpoint, ask };
  }

  it('gives each request a new token for its audience, and counts the requests', async () => {
    const { endpoint, ask } = await startEndpoint();
    const { status, value } = await ask();
    expect(status).toBe(200);
    expect(decodeJwt(value ?? '')).toMatchObject({ aud: audience, sub: subject });
    const own = await ask('', `bearer ${endpoint.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`);
    expect(decodeJwt(own.value ?? '').aud).toBe('https://github.com/acme');
    expect(endpoint.requests).toEqual([audience, undefined]);
  });

  it('refuses the token of another job', async () => {
    const { endpoint, ask } = await startEndpoint();
    expect(await ask(undefined, 'Bearer another')).toEqual({ status: 401, value: undefined });
    expect(await ask(undefined, 'Basic x')).toEqual({ status: 401, value: undefined });
    expect(endpoint.requests).toHaveLength(2);
  });

  it('fails the next request when the test says so', async () => {
    const { endpoint, ask } = await startEndpoint();
    endpoint.failNext(503);
    expect((await ask()).status).toBe(503);
    expect((await ask()).status).toBe(200);
  });
});
