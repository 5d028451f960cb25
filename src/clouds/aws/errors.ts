import { shortAccessKeyId } from '../../core/credentials.ts';
import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { edit, placeholder, run, say, setVariable, type Hint } from '../../core/hint.ts';
import { formatRemaining } from '../../core/time.ts';
import type { Exchange } from './sts-answer.ts';
import type { Unfollowed } from './unfollowed-variables.ts';

/** One call as it was made: all that an error about it may need to say. */
export interface StsCall {
  action: 'GetSessionToken' | 'GetCallerIdentity';
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };
  region: string;
  mfa?: { serialNumber: string; tokenCode: string } | undefined;
  timeoutMs: number;
  timedOut: boolean;
  /** By the clock of this machine. */
  at: Date;
  /** How the clock of this machine is set. */
  clockHints: readonly Hint[];
  /** The variables that are set and would count for it, but are not followed. */
  unfollowed: readonly Unfollowed[];
  exchange: Exchange;
  /** The place of the device in the configuration. Absent: it is stored with the key. */
  locateMfaArn?: () => string;
  /** What stands in place of a value. Absent: the value. */
  shown?: { region?: string; endpoint?: string; mfaDevice?: string };
}

interface Refusal {
  /** As AWS writes it: `AccessDenied`. */
  code: string;
  message: string;
  requestId: string;
}

const mfaPattern = /MultiFactorAuthentication failed|invalid MFA|MFA token|one time pass code/i;
const deviceUnknownPattern = /unable to validate MFA code|verify your MFA serial number/i;
const clockCodes = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']);
const clockPattern = /^Signature (expired|not yet current)/;
const throttlingPattern = /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled)/;
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

/** Whether AWS refused the call because our clock and its own are too far apart. */
export function isClockRefusal(error: unknown): boolean {
  const refusal = readRefusal(error);
  if (!refusal) return false;
  return clockCodes.has(refusal.code) || clockPattern.test(refusal.message);
}

/** Whether the same call may well succeed a moment later. */
export function isPassing(error: unknown, exchange: Exchange): boolean {
  if ((exchange.status ?? 0) >= 500) return true;
  if (throttlingPattern.test(readRefusal(error)?.code ?? '')) return true;
  return ['ECONNRESET', 'EPIPE', 'EAI_AGAIN'].includes(systemErrorCode(error) ?? '');
}

/**
 * Says in our words what became of the call. The error of the SDK is never kept as a cause: it
 * holds the request with its signature, and at times the answer with its secrets.
 */
export function translateStsError(error: unknown, call: StsCall): AtmosError {
  if (call.timedOut) return unreachable(call, `no answer within ${call.timeoutMs / 1000} s`);
  if (call.exchange.flaw !== undefined) return notSts(shownExchange(call), call.exchange.flaw);
  const refusal = readRefusal(error);
  if (refusal) return translateRefusal(refusal, isClockRefusal(error), call);
  const code = systemErrorCode(error) ?? '';
  if (code.startsWith('HPE_')) return notSts(shownExchange(call), `not HTTP (${code})`);
  if (tlsPattern.test(code)) return untrusted(code, call);
  const reason = networkReasons[code];
  if (reason !== undefined) return unreachable(call, `${reason} (${code})`);
  if (error instanceof Error && error.name === 'TimeoutError') {
    return unreachable(call, 'no connection in time');
  }
  if (call.exchange.status !== undefined) return notSts(shownExchange(call), 'not its XML');
  const name = error instanceof Error ? error.name : typeof error;
  return new AtmosError('ERR_AWS', `sts:${call.action} could not be sent (${code || name})`);
}

function translateRefusal(refusal: Refusal, isClock: boolean, call: StsCall): AtmosError {
  const { action, credentials, region } = call;
  const key = shortAccessKeyId(credentials.accessKeyId);
  const isSession = credentials.sessionToken !== undefined;
  if (isClock) return clockSkew(call);
  switch (refusal.code) {
    case 'InvalidClientTokenId':
      return isSession
        ? keysRefused(`AWS does not know the session ${key}`, login('--force'))
        : keysRefused(
            `AWS does not know the access key ${key}: it was deleted or deactivated, or is of another partition`,
            configure,
          );
    case 'SignatureDoesNotMatch':
      return keysRefused(
        `the secret access key does not belong to the access key ${key}`,
        isSession ? login('--force') : configure,
      );
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return new AtmosError('ERR_AUTH_SESSION_EXPIRED', `the session ${key} has expired`, {
        hints: [login()],
      });
    case 'AccessDenied':
    case 'AccessDeniedException':
      return mfaPattern.test(refusal.message) ? mfaRefused(refusal, call) : denied(refusal, call);
    case 'RegionDisabled':
    case 'RegionDisabledException':
      return new AtmosError('ERR_AWS', `AWS STS is switched off for this account in ${region}`, {
        hints: [
          say('set credentials.region of the identity to a region that is on, such as us-east-1'),
          say('or switch it on: AWS console, IAM, Account settings, Security Token Service'),
        ],
      });
    default:
      return throttlingPattern.test(refusal.code)
        ? new AtmosError(
            'ERR_AWS',
            `AWS has too many calls of sts:${action} (${describe(refusal)})`,
            {
              hints: [say('wait a minute, then run the command again')],
            },
          )
        : new AtmosError(
            'ERR_AWS',
            `sts:${action} failed: ${describe(refusal)}: ${quotable(refusal.message, call)}`,
          );
  }
}

const configure = run(['atmos', 'auth', 'user', 'configure']);

function login(...options: string[]): Hint {
  return run(['atmos', 'auth', 'login', ...options]);
}

function keysRefused(message: string, hint: Hint): AtmosError {
  return new AtmosError('ERR_AUTH_KEYS_REFUSED', message, { hints: [hint] });
}

function mfaRefused(refusal: Refusal, { mfa, shown, locateMfaArn }: StsCall): AtmosError {
  const device = shown?.mfaDevice ?? mfa?.serialNumber ?? 'the device';
  if (deviceUnknownPattern.test(refusal.message)) {
    return new AtmosError(
      'ERR_AUTH_MFA_REFUSED',
      `AWS could not check the MFA code: ${device} may not be a device of this user`,
      {
        hints: [
          run(['aws', 'iam', 'list-mfa-devices']),
          locateMfaArn === undefined
            ? run(['atmos', 'auth', 'user', 'configure'], 'to correct mfa_arn')
            : edit(locateMfaArn(), 'correct credentials.mfa_arn'),
        ],
      },
    );
  }
  return new AtmosError(
    'ERR_AUTH_MFA_REFUSED',
    `AWS refused the MFA code of ${device}: wrong, expired, or used before`,
    {
      hints: [run(['atmos', 'auth', 'login'], 'with the next code, after at most 30 seconds')],
    },
  );
}

function denied(refusal: Refusal, call: StsCall): AtmosError {
  const key = shortAccessKeyId(call.credentials.accessKeyId);
  return new AtmosError(
    'ERR_AUTH_DENIED',
    `AWS denies sts:${call.action} to ${key}: ${quotable(refusal.message, call)}`,
    { hints: [say(`ask the administrator of the user's policies to allow sts:${call.action}`)] },
  );
}

function clockSkew(call: StsCall): AtmosError {
  const { at, exchange } = call;
  const { serverDate } = exchange;
  const message =
    serverDate === undefined
      ? 'the clock of this machine is too far from that of AWS'
      : `the clock of this machine is ${describeSkew(at, serverDate)} that of AWS ` +
        `(here ${at.toISOString()}, there ${serverDate.toISOString()})`;
  return new AtmosError('ERR_CLOCK_SKEW', message, { hints: call.clockHints });
}

function describeSkew(here: Date, there: Date): string {
  const skewMs = here.getTime() - there.getTime();
  return `${formatRemaining(Math.abs(skewMs))} ${skewMs < 0 ? 'behind' : 'ahead of'}`;
}

function untrusted(code: string, call: StsCall): AtmosError {
  return unreachable(call, `TLS failed (${code})`, [
    setVariable(
      'NODE_EXTRA_CA_CERTS',
      placeholder('a PEM file'),
      'behind a proxy that inspects TLS',
    ),
    ...(code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED' ? call.clockHints : []),
  ]);
}

function unreachable(call: StsCall, reason: string, hints: readonly Hint[] = []): AtmosError {
  const { mfa, unfollowed, shown } = call;
  const { origin } = shownExchange(call);
  return new AtmosError(
    'ERR_NETWORK',
    `cannot reach ${origin ?? shown?.endpoint ?? `AWS STS in ${call.region}`}: ${reason}`,
    {
      hints: [
        ...hints,
        ...(origin === undefined ? [] : [run(['curl', '-i', `${origin}/`])]),
        ...unfollowed.map(({ name, consequence }) =>
          say(`${name} is set, but not followed: ${consequence}`),
        ),
        ...(mfa === undefined ? [] : [say('the MFA code may be used up: take the next one')]),
      ],
    },
  );
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

function readRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('$fault' in error)) return undefined;
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const requestId =
    typeof metadata === 'object' && metadata !== null && 'requestId' in metadata
      ? metadata.requestId
      : undefined;
  return { code: wordOf(error.name), message: error.message, requestId: wordOf(requestId) };
}

/** A code or an id, if that is what it looks like. */
function wordOf(value: unknown): string {
  return typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value) ? value : 'unknown';
}

function describe({ code, requestId }: Refusal): string {
  return `${code}, request ${requestId}`;
}

/**
 * AWS's own words, fit to be shown: short, printable, and without anything we sent in confidence,
 * which an endpoint may well repeat.
 */
function quotable(message: string, { credentials, mfa, shown }: StsCall): string {
  const device = shown?.mfaDevice === undefined ? undefined : mfa?.serialNumber;
  const secrets = [credentials.secretAccessKey, credentials.sessionToken, mfa?.tokenCode, device];
  let text = message.replaceAll(/[^\x20-\x7e]+/g, ' ');
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue;
    text = text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
  }
  return text
    .replaceAll(credentials.accessKeyId, shortAccessKeyId(credentials.accessKeyId))
    .slice(0, 300)
    .trim();
}
