import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { run, say } from '../../core/hint.ts';
import {
  describeNetworkFailure,
  describeWay,
  type FailedRequest,
  type NetworkFailure,
} from '../network-failure.ts';
import type { Exchange, StsCall } from './sts-answer.ts';

/** Why a call of AWS STS got no answer of AWS STS. */
export function translateNetworkError(error: unknown, call: StsCall): AtmosError {
  const { exchange } = call;
  const { origin } = shownExchange(call);
  const hostname = origin === undefined ? undefined : new URL(origin).hostname;
  const request: FailedRequest = { ...call, hostname, isAnswered: exchange.status !== undefined };
  // Only the proxy and the time limit come before what the answer itself shows.
  if (call.route?.refusal === undefined && !call.timedOut) {
    if (exchange.flaw !== undefined) return notSts(call, exchange.flaw);
    const code = systemErrorCode(error) ?? '';
    if (code.startsWith('HPE_')) return notSts(call, `not HTTP (${code})`);
  }
  const failure = describeNetworkFailure(error, request);
  if (failure !== undefined) return unreachable(call, failure);
  if (exchange.status !== undefined) return notSts(call, 'not its XML');
  const name = error instanceof Error ? error.name : typeof error;
  return new AtmosError(
    'ERR_AWS',
    `sts:${call.action} could not be sent (${systemErrorCode(error) ?? name})`,
  );
}

function unreachable(call: StsCall, { reason, hints }: NetworkFailure): AtmosError {
  const { mfa, shown, route } = call;
  const { origin } = shownExchange(call);
  const target = origin ?? shown?.endpoint ?? `AWS STS in ${call.region}`;
  return new AtmosError('ERR_NETWORK', `cannot reach ${target}${describeWay(route)}: ${reason}`, {
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

function notSts(call: StsCall, flaw: string): AtmosError {
  const { origin, status, contentType } = shownExchange(call);
  const setting = call.shown?.endpointVariable ?? 'spec.endpoint_url of the identity';
  const came = [status === undefined ? undefined : `status ${status}`, contentType, flaw];
  return new AtmosError(
    'ERR_AWS_ENDPOINT',
    `${origin ?? 'the endpoint'} does not answer like AWS STS: ${came.filter((part) => part !== undefined).join(', ')}`,
    {
      hints: [
        ...(origin === undefined ? [] : [run(['curl', '-i', `${origin}/`])]),
        say(`check ${setting}, and whether a proxy or a sign-in page is in between`),
      ],
    },
  );
}
