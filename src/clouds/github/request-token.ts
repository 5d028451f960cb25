import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { say, type Hint } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import type { OidcToken } from '../../core/credentials.ts';
import type { Host } from '../../host/host.ts';
import { setClock } from '../../host/set-clock.ts';
import type { OpenContext, Opened } from '../contract.ts';
import { sendRequest, type HttpAnswer } from '../http.ts';
import { parseIdentityToken } from '../identity-token.ts';
import { isLoopback } from '../../core/loopback.ts';
import { describeNetworkFailure, describeWay, maxConnectMs } from '../network-failure.ts';
import { openTransport, type Transport } from '../transport.ts';

/** For all attempts. */
const maxTimeoutMs = 10_000;
const maxAttempts = 3;
const retryDelayMs = 300;
const maxBytes = 64 * 1024;

const permission = say('add the permission "id-token: write" to the job or the workflow');

/**
 * The token of this job: that of `ACTIONS_ID_TOKEN` if it is for the audience and still valid,
 * otherwise a new one.
 *
 * @throws ERR_AUTH_SOURCE_FAILED outside of a job that may request tokens, for a refusal, and for a
 *   token that cannot be used; ERR_NETWORK; ERR_CONFIG_INVALID for a proxy or a certificate file that
 *   cannot be used. The message contains neither the token nor the token of the request
 */
export async function openToken(audience: string, context: OpenContext): Promise<Opened> {
  const given = givenToken(audience, context.host);
  const credentials = given ?? (await requestToken(audience, context));
  return { credentials, clockOffsetMs: 0, limits: [] };
}

/** Undefined if the variable is not set, or if its token cannot be used and a new one can be requested. */
function givenToken(audience: string, { env, now }: Host): OidcToken | undefined {
  const text = env['ACTIONS_ID_TOKEN'] ?? '';
  if (text === '') return undefined;
  try {
    const from = 'the variable ACTIONS_ID_TOKEN';
    return parseIdentityToken(text, { from, audience, renewal: [permission] }, now());
  } catch (error) {
    const canRequest = missingVariables(env).length === 0;
    if (isAtmosError(error, 'ERR_AUTH_SOURCE_FAILED') && canRequest) return undefined;
    throw error;
  }
}

const variables = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'] as const;

function missingVariables(env: Host['env']): readonly string[] {
  return variables.filter((name) => (env[name] ?? '') === '');
}

async function requestToken(
  audience: string,
  { host, ...context }: Pick<OpenContext, 'host' | 'timeoutMs'>,
): Promise<OidcToken> {
  const timeoutMs = Math.min(context.timeoutMs, maxTimeoutMs);
  const url = requestUrl(audience, host.env);
  const transport = openTransport({ connectTimeoutMs: maxConnectMs, host });
  const endWait = host.waiting('GitHub', timeoutMs);
  try {
    const answer = await send(url, transport, { host, timeoutMs });
    // The token is new, so only a wrong clock makes it invalid now.
    const terms = { from: `the token service ${url.origin}`, audience, renewal: setClock(host) };
    return parseIdentityToken(tokenIn(answer, url), terms, host.now());
  } finally {
    endWait?.();
    transport.handler.destroy();
  }
}

/** The URL that the runner provides, with the audience. It is not quoted in errors. */
function requestUrl(audience: string, env: Host['env']): URL {
  const missing = missingVariables(env);
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are';
    throw failed(
      `this is not a job of GitHub Actions that may request a token: ${missing.join(' and ')} ${verb} not set`,
    );
  }
  const text = env[variables[0]] ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isAllowed =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url === undefined || !isAllowed || url.hostname === '' || url.username !== '') {
    throw failed(`${variables[0]} is not an https URL`, []);
  }
  url.searchParams.set('audience', audience);
  return url;
}

/** Sends the request, and again if the service or the network fails for a moment. */
async function send(
  url: URL,
  transport: Transport,
  { host, timeoutMs }: Pick<OpenContext, 'host' | 'timeoutMs'>,
): Promise<HttpAnswer> {
  const abortSignal = AbortSignal.timeout(timeoutMs);
  const authorization = `bearer ${host.env[variables[1]] ?? ''}`;
  const request = { method: 'GET', url, headers: { authorization } } as const;
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === maxAttempts;
    try {
      const answer = await sendRequest(transport, request, { abortSignal, maxBytes });
      if (isLast || (answer.status < 500 && answer.status !== 429)) return answer;
    } catch (error) {
      if (isAtmosError(error)) throw error;
      const route = transport.route();
      const timedOut = abortSignal.aborted;
      const clockHints = setClock(host);
      const { hostname } = url;
      const lost = { hostname, route, timeoutMs, timedOut, isAnswered: false, clockHints };
      const { reason, hints } = describeNetworkFailure(error, lost) ?? {
        reason: 'the connection failed',
        hints: [],
      };
      if (isLast || timedOut) {
        const message = `cannot reach ${url.origin}${describeWay(route)}: ${reason}`;
        throw new AtmosError('ERR_NETWORK', message, { hints });
      }
    }
    await host.sleep(retryDelayMs * attempt);
  }
}

/** The token of an answer, not checked yet. */
function tokenIn({ status, text }: HttpAnswer, { origin }: URL): string {
  if (status === 401 || status === 403) {
    throw failed(`the token service ${origin} refused the request (status ${status})`);
  }
  if (status >= 300 && status < 400) {
    const redirect = 'answered with a redirect, which is not followed';
    throw failed(`the token service ${origin} ${redirect} (status ${status})`, []);
  }
  if (status !== 200) {
    throw failed(`the token service ${origin} answered with status ${status}`, []);
  }
  if (text === undefined) {
    throw failed(`the answer of the token service ${origin} is too long`, []);
  }
  const answer = parseJson(text);
  const token = isObject(answer) ? answer['value'] : undefined;
  if (typeof token === 'string') return token;
  throw failed(`the answer of the token service ${origin} contains no token`, []);
}

function failed(message: string, hints: readonly Hint[] = [permission]): AtmosError {
  return new AtmosError('ERR_AUTH_SOURCE_FAILED', message, { hints });
}
