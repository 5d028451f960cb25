// Requests to the services of IAM Identity Center: JSON over HTTPS, without a signature. Knows their
// form of answers and errors, and none of their operations.

import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { run, say } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { setClock } from '../../host/set-clock.ts';
import type { OpenContext } from '../contract.ts';
import { sendRequest, type HttpAnswer, type SentRequest } from '../http.ts';
import { describeNetworkFailure, describeWay, maxConnectMs } from '../network-failure.ts';
import { openTransport } from '../transport.ts';
import { checkEndpointVariable } from './endpoint-variables.ts';
import { backoffMs, isUnsent } from './retry.ts';
import { saidWithout } from './said.ts';
import { clockOffset } from './service-time.ts';
import { endpointOf, type SsoService, type SsoTarget } from './sso-endpoint.ts';
import { isRefusal, isThrottle, reasonIn, SsoRefusal } from './sso-refusal.ts';

/** A page of 100 accounts has about 20 KB. */
const maxBytes = 1024 * 1024;

/** About 20 calls in a second are allowed for a portal, which many processes may share. */
const maxAttempts = 6;

export interface SsoCall {
  /** As in the API: `ListAccounts`. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Not shown in messages, even if the service repeats them. */
  readonly secrets: readonly string[];
  /** Whether the request has something that the service accepts once. */
  readonly isOnce?: boolean;
  /** Whether the caller sends it again by itself, so that every answer is returned. */
  readonly isPoll?: boolean;
}

export interface SsoAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  /** How far the clock of the service is ahead: at most a day. 0 if it told no such time. */
  readonly clockOffsetMs: number;
}

/** Sends calls. Errors: {@link SsoRefusal}, ERR_NETWORK, ERR_AWS_ENDPOINT for what is no answer of it. */
export type SendSsoCall = (call: SsoCall) => Promise<SsoAnswer>;

export interface SsoConnection {
  readonly send: SendSsoCall;
  /** Where requests go. */
  readonly endpoint: URL;
  /** What a user checks if the endpoint is wrong: a setting or a variable. */
  readonly endpointSetting: string;
  /** For an answer of the service that has not its form. */
  damaged(action: string, what: string): AtmosError;
}

export type SsoContext = Pick<
  OpenContext,
  'host' | 'timeoutMs' | 'clockOffsetMs' | 'pace' | 'random'
>;

/**
 * Connects to a service for one use.
 *
 * @throws ERR_CONFIG_INVALID for a variable of the AWS SDKs whose endpoint cannot be used; what `use` throws
 */
export async function withSsoService<T>(
  service: SsoService,
  target: SsoTarget,
  { host, timeoutMs, pace, random = Math.random }: SsoContext,
  use: (connection: SsoConnection) => Promise<T>,
): Promise<T> {
  checkEndpointVariable(target.endpoints[service], host.env);
  const endpoint = endpointOf(service, target, host.env);
  const { shownEndpoint, shownRegion } = target;
  const isHidden = shownEndpoint !== undefined || shownRegion !== undefined;
  const shown = isHidden ? (shownEndpoint ?? 'IAM Identity Center') : endpoint.origin;
  const transport = openTransport({ connectTimeoutMs: Math.min(timeoutMs, maxConnectMs), host });

  const endpointSetting =
    target.endpoints[service].endpointVariable ?? `spec.endpoint_url of ${target.named}`;

  const notOurs = (came: readonly (string | undefined)[]) => {
    const text = came.filter((part) => part !== undefined && part !== '').join(', ');
    const look = isHidden ? [] : [run(['curl', '-i', `${endpoint.origin}/`])];
    const check = `check ${endpointSetting}, and whether a proxy or a sign-in page is in between`;
    return new AtmosError(
      'ERR_AWS_ENDPOINT',
      `${shown} does not answer like IAM Identity Center: ${text}`,
      { hints: [...look, say(check)] },
    );
  };

  const unreachable = (error: unknown, action: string, timedOut: boolean): AtmosError => {
    if (error instanceof AtmosError) return error;
    const code = systemErrorCode(error) ?? '';
    if (code.startsWith('HPE_')) return notOurs([`not HTTP (${code})`]);
    const route = transport.route();
    const failure = describeNetworkFailure(error, {
      hostname: isHidden ? undefined : endpoint.hostname,
      route,
      timeoutMs,
      timedOut,
      isAnswered: false,
      clockHints: setClock(host),
    });
    if (failure === undefined) {
      const name = code === '' && error instanceof Error ? error.name : code;
      return new AtmosError('ERR_NETWORK', `${service}:${action} could not be sent (${name})`);
    }
    const look = isHidden ? [] : [run(['curl', '-i', `${endpoint.origin}/`])];
    const message = `cannot reach ${shown}${describeWay(route)}: ${failure.reason}`;
    return new AtmosError('ERR_NETWORK', message, { hints: [...failure.hints, ...look] });
  };

  /** @throws the error of Node, or ERR_AWS_ENDPOINT */
  async function attempt(call: SsoCall, request: SentRequest, abortSignal: AbortSignal) {
    const answer = await sendRequest(transport, request, { abortSignal, maxBytes });
    const { status, headers } = answer;
    const contentType = /^[\w.+/-]{1,60}/.exec(headers['content-type'] ?? '')?.[0];
    const came = [`status ${status}`, contentType];
    if (status >= 300 && status < 400) throw notOurs([...came, 'a redirect']);
    if (answer.text === undefined) throw notOurs([...came, `more than ${maxBytes} bytes`]);
    const parsed = answer.text.trim() === '' ? {} : parseJson(answer.text);
    const isFailed = status >= 500 || status === 429;
    // A proxy in front of the service may answer for it when it fails.
    const body = isObject(parsed) ? parsed : isFailed ? {} : undefined;
    if (body === undefined) throw notOurs([...came, 'not JSON']);
    const clockOffsetMs = clockOffset(new Date(headers['date'] ?? ''), host.now()) ?? 0;
    if (status < 300) return { body, clockOffsetMs };
    throw refusalOf(call, answer, body);
  }

  function refusalOf(
    { action, secrets }: SsoCall,
    { status, headers }: HttpAnswer,
    body: Readonly<Record<string, unknown>>,
  ): SsoRefusal {
    const reason = reasonIn(headers, body);
    const text = [body['error_description'], body['message']].find(
      (one) => typeof one === 'string',
    );
    const said = saidWithout(secrets, typeof text === 'string' ? text : '');
    const described = `${reason}, status ${status}${said === '' ? '' : `: ${said}`}`;
    const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
    const retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1000;
    const refused = { status, reason, said, retryAfterMs };
    if (isThrottle(refused)) {
      const message = `${shown} has too many calls of ${service}:${action} (${described})`;
      const wait = say('wait a minute, then run the command again');
      return new SsoRefusal('ERR_AWS', refused, message, [wait]);
    }
    // The token is the base of everything that a portal gives.
    if (service === 'sso' && status === 401) {
      const message = `the portal does not accept the token of ${target.named}: ${described}`;
      return new SsoRefusal('ERR_AUTH_BASE_REFUSED', refused, message);
    }
    const message = `${service}:${action} failed: ${described}`;
    const isOfPortal = service === 'sso-oidc' && reason === 'InvalidRequestException';
    const hints = isOfPortal ? [say(`check start_url and region of ${target.named}`)] : [];
    return new SsoRefusal('ERR_AWS', refused, message, hints);
  }

  async function attempts(call: SsoCall): Promise<SsoAnswer> {
    const { action, isOnce = false, isPoll = false } = call;
    const request = requestOf(call, endpoint);
    await pace?.turn();
    const abortSignal = AbortSignal.timeout(timeoutMs);
    const startMs = host.monotonicMs();
    for (let count = 1; ; count += 1) {
      const attemptMs = host.monotonicMs();
      const logged = () => ({
        action: `${service}:${action}`,
        region: shownRegion ?? target.region,
        attempt: count,
        duration_ms: host.monotonicMs() - attemptMs,
      });
      try {
        const answer = await attempt(call, request, abortSignal);
        host.log('aws.answered', logged());
        return answer;
      } catch (error) {
        const next = {
          attempt: count,
          maxAttempts: isPoll ? 1 : maxAttempts,
          retryAfterMs: isRefusal(error) ? error.retryAfterMs : undefined,
          remainingMs: abortSignal.aborted ? 0 : timeoutMs - (host.monotonicMs() - startMs),
        };
        const delayMs = mayPass(error, isOnce) ? backoffMs(next, random) : undefined;
        host.log('aws.failed', {
          ...logged(),
          outcome: delayMs === undefined ? 'given_up' : 'retried',
        });
        if (delayMs === undefined) throw unreachable(error, action, abortSignal.aborted);
        await host.sleep(delayMs);
        await pace?.turn();
      }
    }
  }

  try {
    return await use({
      endpoint,
      endpointSetting,
      damaged: (action, what) => notOurs([`${what} of ${action} is missing or damaged`]),
      async send(call) {
        const endWait =
          call.isPoll === true ? undefined : host.waiting(waitTitles[service], timeoutMs);
        try {
          return await attempts(call);
        } finally {
          endWait?.();
        }
      },
    });
  } finally {
    transport.handler.destroy();
  }
}

const waitTitles: Readonly<Record<SsoService, string>> = {
  sso: 'the portal of IAM Identity Center',
  'sso-oidc': 'IAM Identity Center',
};

/** Whether the same call may well succeed a moment later. */
function mayPass(error: unknown, isOnce: boolean): boolean {
  if (isRefusal(error)) return isThrottle(error) || (error.status >= 500 && !isOnce);
  if (isUnsent(error)) return true;
  return !isOnce && ['ECONNRESET', 'EPIPE'].includes(systemErrorCode(error) ?? '');
}

function requestOf(
  { method, path, query = {}, headers, body }: SsoCall,
  endpoint: URL,
): SentRequest {
  const url = new URL(`${endpoint.pathname.replace(/\/$/, '')}${path}`, endpoint);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return {
    method,
    url,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  };
}
