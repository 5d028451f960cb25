import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { placeholder, run, say, setVariable, unsetVariable, type Hint } from '../../core/hint.ts';
import { quote } from '../../core/json.ts';
import type { Exchange, StsCall } from './sts-answer.ts';

/** How long a request waits for its connection, of the time that it has. */
export const maxConnectMs = 5_000;

const tlsPattern =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO)/;

const networkReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'the network cannot be reached',
};

/** Why a call of AWS STS got no answer of AWS STS. */
export function translateNetworkError(error: unknown, call: StsCall): AtmosError {
  const { exchange, route } = call;
  if (route?.refusal !== undefined) return proxyRefused(route.refusal, call);
  if (call.timedOut) return unreachable(call, `no answer within ${call.timeoutMs / 1000} seconds`);
  if (exchange.flaw !== undefined) return notSts(shownExchange(call), exchange.flaw);
  const code = systemErrorCode(error) ?? '';
  if (code.startsWith('HPE_')) return notSts(shownExchange(call), `not HTTP (${code})`);
  if (tlsPattern.test(code)) return untrusted(code, call);
  const reason = networkReasons[code];
  if (reason !== undefined) return unreachable(call, `${reason} (${code})`);
  const limitMs = Math.min(call.timeoutMs, maxConnectMs);
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  if (isLate) return unreachable(call, `no connection within ${limitMs / 1000} seconds`);
  if (route?.proxy !== undefined && exchange.status === undefined) {
    return unreachable(call, 'the proxy cut the connection');
  }
  if (exchange.status !== undefined) return notSts(shownExchange(call), 'not its XML');
  const name = error instanceof Error ? error.name : typeof error;
  return new AtmosError('ERR_AWS', `sts:${call.action} could not be sent (${code || name})`);
}

function untrusted(code: string, call: StsCall): AtmosError {
  const bundle = call.route?.bundle;
  const reason =
    bundle === undefined
      ? `TLS failed (${code})`
      : `TLS failed (${code}) with the certificates of AWS_CA_BUNDLE (${quote(bundle)})`;
  return unreachable(call, reason, [
    bundle === undefined
      ? setVariable('AWS_CA_BUNDLE', placeholder('a PEM file'), 'behind a proxy that inspects TLS')
      : say('add the authority of the proxy or endpoint to the file of AWS_CA_BUNDLE'),
    ...(code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED' ? call.clockHints : []),
  ]);
}

function proxyRefused(status: number, call: StsCall): AtmosError {
  if (!(status >= 100)) return unreachable(call, 'the proxy does not answer like an HTTP proxy');
  const variable = call.route?.proxy?.variable ?? 'HTTPS_PROXY';
  const logIn = say(`write the user and password of the proxy into the URL of ${variable}`);
  return unreachable(call, `the proxy refused to connect (status ${status})`, [
    ...(status === 407 ? [logIn] : []),
    ...waysAround(call),
  ]);
}

/** Hints to connect without the proxy: to this host, or to any. */
function waysAround(call: StsCall): Hint[] {
  const proxy = call.route?.proxy;
  if (proxy === undefined) return [];
  const { variable, value } = proxy.exceptions;
  const { origin } = shownExchange(call);
  const host = origin === undefined ? undefined : new URL(origin).hostname;
  if (host === undefined)
    return [say(`add the host to ${variable}`), unsetVariable(proxy.variable)];
  const hosts = value === '' ? host : `${value},${host}`;
  const except = setVariable(variable, hosts, 'to connect to this host without the proxy');
  return [except, unsetVariable(proxy.variable)];
}

function unreachable(
  call: StsCall,
  reason: string,
  hints: readonly Hint[] = waysAround(call),
): AtmosError {
  const { mfa, shown, route } = call;
  const { origin } = shownExchange(call);
  const target = origin ?? shown?.endpoint ?? `AWS STS in ${call.region}`;
  const proxy = route?.proxy;
  const way =
    proxy === undefined ? '' : ` through the proxy ${proxy.url.origin} (${proxy.variable})`;
  return new AtmosError('ERR_NETWORK', `cannot reach ${target}${way}: ${reason}`, {
    hints: [
      ...hints,
      ...(origin === undefined ? [] : [run(['curl', '-i', `${origin}/`])]),
      ...(mfa === undefined ? [] : [say('the MFA code may be used up: take the next one')]),
    ],
  });
}

/** Without the address, where a tag of the configuration gave it or its region. */
function shownExchange({ exchange, shown }: StsCall): Exchange {
  if (shown?.endpoint === undefined && shown?.region === undefined) return exchange;
  const { origin: _, ...rest } = exchange;
  return rest;
}

function notSts({ origin, status, contentType }: Exchange, flaw: string): AtmosError {
  const came = [status === undefined ? undefined : `status ${status}`, contentType, flaw];
  return new AtmosError(
    'ERR_AWS_ENDPOINT',
    `${origin ?? 'the endpoint'} does not answer like AWS STS: ${came.filter((part) => part !== undefined).join(', ')}`,
    {
      hints: [
        ...(origin === undefined ? [] : [run(['curl', '-i', `${origin}/`])]),
        say(
          'check spec.endpoint_url of the identity, and whether a proxy or a sign-in page is in between',
        ),
      ],
    },
  );
}
