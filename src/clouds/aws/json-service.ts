// Requests to services of AWS that speak JSON over HTTPS without a signature. Knows the form of their
// answers and errors, and none of their operations.

import { AtmosError, systemErrorCode, type ErrorCode } from '../../core/errors.ts';
import { run, say, type Hint } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { setClock } from '../../host/set-clock.ts';
import type { OpenContext } from '../contract.ts';
import { sendRequest, type HttpAnswer, type SentRequest } from '../http.ts';
import { describeNetworkFailure, describeWay, maxConnectMs } from '../network-failure.ts';
import { openTransport } from '../transport.ts';
import { backoffMs, isUnsent } from './retry.ts';
import { clockOffset } from './service-time.ts';

/** A page of 100 accounts has about 20 KB. */
const maxBytes = 1024 * 1024;

export interface JsonCall {
  /** As in the API: `ListAccounts`. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Made for each attempt. */
  readonly headers?: (request: { readonly url: URL }) => Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Not shown in messages, even if the service repeats them. */
  readonly secrets: readonly string[];
  /** Whether the request has something that the service accepts once. */
  readonly isOnce?: boolean;
  /** Whether the caller sends it again by itself, so that every answer is returned. */
  readonly isPoll?: boolean;
}

export interface JsonAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  /** How far the clock of the service is ahead: at most a day. 0 if it told no such time. */
  readonly clockOffsetMs: number;
}

/** The service refused a call. A kind that knows more about the reason throws another error. */
export class ServiceRefusal extends AtmosError {
  readonly status: number;
  /** As in the API: `InvalidGrantException`. */
  readonly reason: string;
  /** What the service says, without secrets. */
  readonly said: string;
  /** Whether the service has too many calls. */
  readonly isThrottle: boolean;
  /** How long the service asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** As in {@link JsonAnswer}. */
  readonly clockOffsetMs: number;

  constructor(code: ErrorCode, refused: Refused, message: string, hints: readonly Hint[] = []) {
    super(code, message, { hints });
    this.status = refused.status;
    this.reason = refused.reason;
    this.said = refused.said;
    this.isThrottle = refused.isThrottle;
    this.retryAfterMs = refused.retryAfterMs;
    this.clockOffsetMs = refused.clockOffsetMs;
  }
}

/** What a refusal consists of. */
export type Refused = Pick<
  ServiceRefusal,
  'status' | 'reason' | 'said' | 'isThrottle' | 'retryAfterMs' | 'clockOffsetMs'
>;

export function isRefusal(error: unknown, ...reasons: readonly string[]): error is ServiceRefusal {
  if (!(error instanceof ServiceRefusal)) return false;
  return reasons.length === 0 || reasons.includes(error.reason);
}

/** Sends calls. Errors: {@link ServiceRefusal}, ERR_NETWORK, ERR_AWS_ENDPOINT for what is no answer of it. */
export type SendJsonCall = (call: JsonCall) => Promise<JsonAnswer>;

export interface JsonConnection {
  readonly send: SendJsonCall;
  /** Where requests go. */
  readonly endpoint: URL;
  /** What a user checks if the endpoint is wrong: a setting or a variable. */
  readonly endpointSetting: string;
  /** For an answer of the service that has not its form. */
  damaged(action: string, what: string): AtmosError;
}

/** How the service has refused a call. */
export interface RefusingAnswer extends Pick<
  ServiceRefusal,
  'status' | 'retryAfterMs' | 'clockOffsetMs'
> {
  readonly call: JsonCall;
  readonly headers: HttpAnswer['headers'];
  readonly body: Readonly<Record<string, unknown>>;
  /** The endpoint, as messages show it. */
  readonly shownEndpoint: string;
}

/** A service, and where it is. */
export interface JsonService {
  /** In logs and messages: `sso-oidc`. */
  readonly service: string;
  /** As users know it: `IAM Identity Center`. */
  readonly title: string;
  /** What a command waits for. */
  readonly waitTitle: string;
  readonly endpoint: URL;
  readonly endpointSetting: string;
  /** The endpoint in messages, if it must not be shown. */
  readonly hidden: string | undefined;
  readonly shownRegion: string;
  /** How often a call is sent at most. */
  readonly maxAttempts: number;
  /** The error for a call that the service has refused. */
  refusalOf(answer: RefusingAnswer): ServiceRefusal;
}

type Context = Pick<OpenContext, 'host' | 'timeoutMs' | 'pace' | 'random'>;

/** Connects to a service for one use. @throws what `use` throws */
export async function withJsonService<T>(
  target: JsonService,
  { host, timeoutMs, pace, random = Math.random }: Context,
  use: (connection: JsonConnection) => Promise<T>,
): Promise<T> {
  const { service, title, endpoint, endpointSetting, hidden } = target;
  const isHidden = hidden !== undefined;
  const shown = hidden ?? endpoint.origin;
  const transport = openTransport({ connectTimeoutMs: Math.min(timeoutMs, maxConnectMs), host });

  const notOurs = (came: readonly (string | undefined)[]) => {
    const text = came.filter((part) => part !== undefined && part !== '').join(', ');
    const look = isHidden ? [] : [run(['curl', '-i', `${endpoint.origin}/`])];
    const check = `check ${endpointSetting}, and whether a proxy or a sign-in page is in between`;
    return new AtmosError('ERR_AWS_ENDPOINT', `${shown} does not answer like ${title}: ${text}`, {
      hints: [...look, say(check)],
    });
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
  async function attempt(call: JsonCall, request: SentRequest, abortSignal: AbortSignal) {
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
    throw refusalOf(call, answer, body, clockOffsetMs);
  }

  function refusalOf(
    call: JsonCall,
    { status, headers }: HttpAnswer,
    body: Readonly<Record<string, unknown>>,
    clockOffsetMs: number,
  ): ServiceRefusal {
    const seconds = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0];
    const retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1000;
    const answer = { status, headers, body, retryAfterMs, clockOffsetMs };
    return target.refusalOf({ call, ...answer, shownEndpoint: shown });
  }

  async function attempts(call: JsonCall): Promise<JsonAnswer> {
    const { action, isOnce = false, isPoll = false } = call;
    await pace?.turn();
    const abortSignal = AbortSignal.timeout(timeoutMs);
    const startMs = host.monotonicMs();
    for (let count = 1; ; count += 1) {
      const attemptMs = host.monotonicMs();
      const logged = () => ({
        action: `${service}:${action}`,
        region: target.shownRegion,
        attempt: count,
        duration_ms: host.monotonicMs() - attemptMs,
      });
      try {
        const answer = await attempt(call, requestOf(call, endpoint), abortSignal);
        host.log('aws.answered', logged());
        return answer;
      } catch (error) {
        const next = {
          attempt: count,
          maxAttempts: isPoll ? 1 : target.maxAttempts,
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
          call.isPoll === true ? undefined : host.waiting(target.waitTitle, timeoutMs);
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

/** Whether the same call may well succeed a moment later. */
function mayPass(error: unknown, isOnce: boolean): boolean {
  if (isRefusal(error)) return error.isThrottle || (error.status >= 500 && !isOnce);
  if (isUnsent(error)) return true;
  return !isOnce && ['ECONNRESET', 'EPIPE'].includes(systemErrorCode(error) ?? '');
}

function requestOf(
  { method, path, query = {}, headers, body }: JsonCall,
  endpoint: URL,
): SentRequest {
  const url = new URL(`${endpoint.pathname.replace(/\/$/, '')}${path}`, endpoint);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return {
    method,
    url,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers?.({ url }) },
    ...(body && { body: JSON.stringify(body) }),
  };
}
