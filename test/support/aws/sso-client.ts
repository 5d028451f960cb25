// A client of the stand-in for IAM Identity Center that can send what the SDKs never send.
import { createHash } from 'node:crypto';

export interface SsoResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The class of an error, or undefined. */
  readonly error: string | undefined;
  readonly text: string;
  /** The body as JSON. */
  json(): unknown;
}

/** Sends an operation of SSO-OIDC. */
export function post(server: { url: string }, path: string, body: unknown): Promise<SsoResponse> {
  const headers = { 'content-type': 'application/json' };
  return send(server, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Sends the fields of a form of a page. */
export function submit(
  server: { url: string },
  path: string,
  fields: Record<string, string>,
): Promise<SsoResponse> {
  return send(server, path, { method: 'POST', body: new URLSearchParams(fields) });
}

/** Calls an operation of the portal. */
export function callPortal(
  server: { url: string },
  path: string,
  token: string | undefined,
  method = 'GET',
): Promise<SsoResponse> {
  return send(server, path, {
    method,
    headers: token === undefined ? {} : { 'x-amz-sso_bearer_token': token },
  });
}

/** Sends a request as it is, and follows no redirect. */
export async function send(
  { url }: { url: string },
  path: string,
  request: RequestInit = {},
): Promise<SsoResponse> {
  const response = await fetch(new URL(path, url), { redirect: 'manual', ...request });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    error: response.headers.get('x-amzn-errortype') ?? undefined,
    text,
    json: () => JSON.parse(text) as unknown,
  };
}

export interface Client {
  clientId: string;
  clientSecret: string;
}

/** Registers a client as the AWS CLI does for the flow with a browser. */
export async function registerForBrowser(
  server: { url: string; startUrl: string },
  terms: Record<string, unknown> = {},
): Promise<Client> {
  const answer = await post(server, '/client/register', {
    clientName: 'test',
    clientType: 'public',
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: ['http://127.0.0.1/oauth/callback'],
    issuerUrl: server.startUrl,
    scopes: ['sso:account:access'],
    ...terms,
  });
  const { clientId, clientSecret } = answer.json() as Client;
  return { clientId, clientSecret };
}

/** Registers a client as the AWS CLI does for device codes. */
export async function registerForDevice(
  server: { url: string },
  terms: Record<string, unknown> = {},
): Promise<Client> {
  const names = { clientName: 'test', clientType: 'public', scopes: ['sso:account:access'] };
  const answer = await post(server, '/client/register', { ...names, ...terms });
  const { clientId, clientSecret } = answer.json() as Client;
  return { clientId, clientSecret };
}

export const verifier = 'v'.repeat(43);

/** The path of the page for a browser. */
export function authorizePath(
  { clientId }: Client,
  params: Record<string, string | undefined> = {},
): string {
  const all = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: 'http://127.0.0.1:50000/oauth/callback',
    state: 'the-state',
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    scopes: 'sso:account:access',
    ...params,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return `/authorize?${new URLSearchParams(given).toString()}`;
}

/** The parameters of a redirect to the client. */
export function redirectOf({ status, headers }: SsoResponse): Record<string, string> {
  if (status !== 302) throw new Error(`no redirect: status ${status}`);
  const url = new URL(headers.get('location') ?? '');
  return { to: url.origin + url.pathname, ...Object.fromEntries(url.searchParams) };
}
