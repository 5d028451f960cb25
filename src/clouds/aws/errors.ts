import { shortAccessKeyId } from '../../core/credentials.ts';
import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { edit, run, say, type Hint } from '../../core/hint.ts';
import { formatRemaining } from '../../core/time.ts';
import { denialHints } from './denial-hints.ts';
import { translateNetworkError } from './network-errors.ts';
import { saidWithout } from './said.ts';
import type { Exchange, StsCall } from './sts-answer.ts';

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
const throttlingPattern =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|IDPCommunicationError)/;

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
  return ['ECONNRESET', 'EPIPE'].includes(systemErrorCode(error) ?? '');
}

/**
 * Says in our words what became of the call. The error of the SDK is never kept as a cause: it
 * holds the request with its signature, and at times the answer with its secrets.
 */
export function translateStsError(error: unknown, call: StsCall): AtmosError {
  if (error instanceof AtmosError) return error;
  const isAnswered = !call.timedOut && call.exchange.flaw === undefined;
  const refusal = isAnswered ? readRefusal(error) : undefined;
  return refusal === undefined
    ? translateNetworkError(error, call)
    : translateRefusal(refusal, isClockRefusal(error), call);
}

function translateRefusal(refusal: Refusal, isClock: boolean, call: StsCall): AtmosError {
  if (isClock) return clockSkew(call);
  return (
    (call.role === undefined ? undefined : translateRoleRefusal(refusal, call)) ??
    translateKeyRefusal(refusal, call)
  );
}

/** A refusal to open a session of a role. Undefined for what any other call can get as well. */
function translateRoleRefusal(refusal: Refusal, call: StsCall): AtmosError | undefined {
  const { code, message } = refusal;
  const { action, mfa } = call;
  const role = roleOf(call);
  const said = quotable(message, call);
  switch (code) {
    case 'InvalidClientTokenId':
    case 'SignatureDoesNotMatch':
    case 'ExpiredToken':
      return new AtmosError(
        'ERR_AUTH_BASE_REFUSED',
        call.token === undefined
          ? `AWS does not accept the ${signerOf(call)} that is to open ${role}: ${said}`
          : `AWS does not accept the token that is to open ${role}: ${said}`,
        { hints: [login('--force')] },
      );
    case 'InvalidIdentityToken':
    case 'IDPRejectedClaim':
      return new AtmosError(
        'ERR_AUTH_DENIED',
        `AWS does not accept the token that is to open ${role}: ${said}`,
        {
          hints: [
            say('check that the account has an identity provider for the issuer of the token'),
            say('check that its list of audiences has the audience of the token'),
          ],
        },
      );
    case 'AccessDenied':
      if (mfa !== undefined && mfaPattern.test(message)) return mfaRefused(refusal, call);
      return new AtmosError('ERR_AUTH_DENIED', `AWS denies sts:${action} of ${role}: ${said}`, {
        hints: denialHints(message, call),
      });
    case 'ValidationError':
      return new AtmosError('ERR_AWS', `AWS rejects the request to open ${role}: ${said}`, {
        hints: durationHints(message),
      });
    case 'PackedPolicyTooLarge':
      return new AtmosError(
        'ERR_CONFIG_INVALID',
        `the session tags and policies for ${role} are too large: ${said}`,
        { hints: [say('configure fewer or shorter session_tags and policy_arns')] },
      );
    default:
      return undefined;
  }
}

/** AWS names the setting for both limits. The limit of one hour is for temporary credentials. */
function durationHints(message: string): Hint[] {
  if (!/DurationSeconds/.test(message)) return [];
  return /chaining|1 hour/i.test(message)
    ? [say('set principal.duration to 1h: a role that is opened with a session lasts no longer')]
    : [say('set principal.duration to a shorter time: the maximum is a setting of the role')];
}

function roleOf({ role = '', shown }: StsCall): string {
  return shown?.role ?? role;
}

function keyOf({ credentials }: StsCall): string {
  return shortAccessKeyId(credentials?.accessKeyId ?? '');
}

/** What signed the call: `session ASIA…`. */
function signerOf(call: StsCall): string {
  const what = call.credentials?.sessionToken === undefined ? 'access key' : 'session';
  return `${what} ${keyOf(call)}`;
}

function translateKeyRefusal(refusal: Refusal, call: StsCall): AtmosError {
  const { action, region } = call;
  const key = keyOf(call);
  const isSession = call.credentials?.sessionToken !== undefined;
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
      return new AtmosError('ERR_AUTH_SESSION_EXPIRED', `the session ${key} has expired`, {
        hints: [login()],
      });
    case 'AccessDenied':
      return mfaPattern.test(refusal.message) ? mfaRefused(refusal, call) : denied(refusal, call);
    case 'RegionDisabled':
      return new AtmosError(
        'ERR_CONFIG_INVALID',
        `AWS STS is switched off for this account in ${region}`,
        {
          hints: [
            say('set the region of the identity to a region that is on, such as us-east-1'),
            say('or switch it on: AWS console, IAM, Account settings, Security Token Service'),
          ],
        },
      );
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
            : edit(locateMfaArn(), 'correct mfa_arn'),
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
  return new AtmosError(
    'ERR_AUTH_DENIED',
    `AWS denies sts:${call.action} to ${keyOf(call)}: ${quotable(refusal.message, call)}`,
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

function readRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('$fault' in error)) return undefined;
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const requestId =
    typeof metadata === 'object' && metadata !== null && 'requestId' in metadata
      ? metadata.requestId
      : undefined;
  // The SDK adds the word to most codes: AWS sends PackedPolicyTooLarge.
  const code = wordOf(error.name).replace(/Exception$/, '');
  return { code, message: error.message, requestId: wordOf(requestId) };
}

/** A code or an id, if that is what it looks like. */
function wordOf(value: unknown): string {
  return typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value) ? value : 'unknown';
}

function describe({ code, requestId }: Refusal): string {
  return `${code}, request ${requestId}`;
}

/** AWS's own words, without anything we sent in confidence, which an endpoint may well repeat. */
function quotable(message: string, call: StsCall): string {
  const { credentials, mfa, shown, role, token } = call;
  const device = shown?.mfaDevice === undefined ? undefined : mfa?.serialNumber;
  const hiddenRole = shown?.role === undefined ? undefined : role;
  const { secretAccessKey, sessionToken, accessKeyId = '' } = credentials ?? {};
  const secrets = [secretAccessKey, sessionToken, mfa?.tokenCode, device, token, hiddenRole];
  const said = saidWithout(secrets, message);
  return accessKeyId === '' ? said : said.replaceAll(accessKeyId, keyOf(call));
}
