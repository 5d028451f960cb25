import { systemErrorCode } from '../core/errors.ts';
import { placeholder, say, setVariable, unsetVariable, type Hint } from '../core/hint.ts';
import { quote } from '../core/json.ts';
import { isTlsCode, networkReasons } from '../core/network-reasons.ts';
import type { Route } from './transport.ts';

/** How long a request waits for its connection, of the time that it has. */
export const maxConnectMs = 5_000;

/** Why a request got no answer. */
export interface NetworkFailure {
  /** Completes a message: `connection refused (ECONNREFUSED)`. */
  readonly reason: string;
  readonly hints: readonly Hint[];
}

/** A request that failed, as far as it is known. */
export interface FailedRequest {
  /** The host that it was for. Absent: not known, or messages must not show it. */
  readonly hostname?: string | undefined;
  /** Undefined if it was not sent. */
  readonly route?: Route | undefined;
  readonly timeoutMs: number;
  readonly timedOut: boolean;
  /** Whether an answer had begun. */
  readonly isAnswered: boolean;
  /** How the clock of this machine is set, for a certificate that is not valid at its time. */
  readonly clockHints?: readonly Hint[];
}

/** Describes the error of a transport. Undefined if the network did not cause it. */
export function describeNetworkFailure(
  error: unknown,
  request: FailedRequest,
): NetworkFailure | undefined {
  const { route, timeoutMs, timedOut, isAnswered } = request;
  const hints = waysAround(request);
  if (route?.refusal !== undefined) return proxyRefused(route.refusal, request);
  if (timedOut) return { reason: `no answer within ${timeoutMs / 1000} seconds`, hints };
  const code = systemErrorCode(error) ?? '';
  if (isTlsCode(code)) return untrusted(code, request);
  const reason = networkReasons[code];
  if (reason !== undefined) return { reason: `${reason} (${code})`, hints };
  if (error instanceof Error && error.name === 'TimeoutError') {
    const limitMs = Math.min(timeoutMs, maxConnectMs);
    return { reason: `no connection within ${limitMs / 1000} seconds`, hints };
  }
  if (route?.proxy === undefined || isAnswered) return undefined;
  return { reason: 'the proxy cut the connection', hints };
}

/** The proxy of a route, in a message after the target. Empty without a proxy. */
export function describeWay(route: Route | undefined): string {
  const proxy = route?.proxy;
  return proxy === undefined ? '' : ` through the proxy ${proxy.url.origin} (${proxy.variable})`;
}

function untrusted(code: string, { route, clockHints = [] }: FailedRequest): NetworkFailure {
  const bundle = route?.bundle;
  const isOfClock = code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED';
  return {
    reason:
      bundle === undefined
        ? `TLS failed (${code})`
        : `TLS failed (${code}) with the certificates of AWS_CA_BUNDLE (${quote(bundle)})`,
    hints: [
      bundle === undefined
        ? setVariable(
            'AWS_CA_BUNDLE',
            placeholder('a PEM file'),
            'behind a proxy that inspects TLS',
          )
        : say('add the authority of the proxy or endpoint to the file of AWS_CA_BUNDLE'),
      ...(isOfClock ? clockHints : []),
    ],
  };
}

function proxyRefused(status: number, request: FailedRequest): NetworkFailure {
  const hints = waysAround(request);
  if (!(status >= 100)) return { reason: 'the proxy does not answer like an HTTP proxy', hints };
  const variable = request.route?.proxy?.variable ?? 'HTTPS_PROXY';
  const logIn = say(`write the user and password of the proxy into the URL of ${variable}`);
  return {
    reason: `the proxy refused to connect (status ${status})`,
    hints: [...(status === 407 ? [logIn] : []), ...hints],
  };
}

/** Hints to connect without the proxy: to this host, or to any. */
function waysAround({ route, hostname }: FailedRequest): Hint[] {
  const proxy = route?.proxy;
  if (proxy === undefined) return [];
  const { variable, value } = proxy.exceptions;
  if (hostname === undefined) {
    return [say(`add the host to ${variable}`), unsetVariable(proxy.variable)];
  }
  const hosts = value === '' ? hostname : `${value},${hostname}`;
  const except = setVariable(variable, hosts, 'to connect to this host without the proxy');
  return [except, unsetVariable(proxy.variable)];
}
