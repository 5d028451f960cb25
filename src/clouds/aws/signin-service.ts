// AWS Sign-In, which gives a person who signed in on its page credentials for programs: the API
// CreateOAuth2Token. The fields are those of its API model.

import type { KeyObject } from 'node:crypto';
import { awsCredentials, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { isObject, parseJson } from '../../core/json.ts';
import type { OpenContext } from '../contract.ts';
import { proofOf } from './dpop.ts';
import { checkEndpointVariable } from './endpoint-variables.ts';
import {
  isRefusal,
  ServiceRefusal,
  withJsonService,
  type JsonAnswer,
  type Refused,
  type RefusingAnswer,
} from './json-service.ts';
import type { PageParameters } from './pkce.ts';
import { isPrincipal } from './principal.ts';
import { saidWithout } from './said.ts';
import { lifetimeMs } from './service-time.ts';
import type { AuthorizationCode } from './sign-in-page.ts';
import { signinEndpoint, type SigninTarget } from './signin-endpoint.ts';

/** The programs of AWS as which we sign in: on this device, or with a code that is copied from another one. */
export const clientIds = {
  browser: 'arn:aws:signin:::devtools/same-device',
  device: 'arn:aws:signin:::devtools/cross-device',
} as const;

/** What the refresh token belongs to, and is bound to. */
export interface SigninClient {
  readonly clientId: string;
  readonly key: KeyObject;
}

export interface IssuedSession {
  /** They expire by the clock of the service. */
  readonly credentials: AwsCredentials;
  readonly refreshToken: string;
  readonly clockOffsetMs: number;
}

export interface SignedIn extends IssuedSession {
  /** The ARN of the person. */
  readonly principal: string;
}

/** Errors of its calls: {@link ServiceRefusal}; as `withJsonService`. */
export interface Signin {
  readonly endpoint: URL;
  /** The page for a person. */
  pageOf(clientId: string, parameters: PageParameters): URL;
  /** Where a page on another device shows the code. */
  readonly confirmationPage: string;
  exchange(client: SigninClient, code: AuthorizationCode): Promise<SignedIn>;
  /** @param clockOffsetMs of the service, as known from the time before */
  refresh(
    client: SigninClient,
    refreshToken: string,
    clockOffsetMs: number,
  ): Promise<IssuedSession>;
}

/** The maximum of AWS. */
const maxCredentialsMs = 900_000;
/** A clock that differs by more may be the reason of a refusal. */
const minCorrectionMs = 30_000;
const path = '/v1/token';
const action = 'CreateOAuth2Token';
const title = 'AWS Sign-In';

/**
 * Connects to the service for one use.
 *
 * @throws ERR_CONFIG_INVALID for a variable of the AWS SDKs whose endpoint cannot be used; what `use` throws
 */
export async function withSignin<T>(
  target: SigninTarget,
  context: Pick<OpenContext, 'host' | 'timeoutMs'>,
  use: (signin: Signin) => Promise<T>,
): Promise<T> {
  const { env, now } = context.host;
  const { named, region, shownRegion, endpoint: chosen } = target;
  checkEndpointVariable(chosen, env);
  const endpoint = signinEndpoint(target, env);
  const at = (page: string) => new URL(`${endpoint.pathname.replace(/\/$/, '')}${page}`, endpoint);
  const json = {
    service: 'signin',
    title,
    waitTitle: title,
    endpoint,
    endpointSetting: chosen.endpointVariable ?? `the region of ${named}`,
    hidden: shownRegion === undefined || chosen.endpoint !== undefined ? undefined : title,
    shownRegion: shownRegion ?? region,
    // Another attempt after one that failed.
    maxAttempts: 2,
    refusalOf: (answer: RefusingAnswer) => refusalOf(answer, named),
  };
  return withJsonService(json, context, ({ send, damaged }) => {
    async function createToken(
      { clientId, key }: SigninClient,
      grantType: string,
      given: Readonly<Record<string, string>>,
      clockOffsetMs: number,
    ): Promise<JsonAnswer> {
      const attempt = (offsetMs: number) =>
        send({
          action,
          method: 'POST',
          path,
          headers: ({ url }) => {
            const time = new Date(now().getTime() + offsetMs);
            return { dpop: proofOf(key, { method: 'POST', url, at: time }) };
          },
          body: { clientId, grantType, ...given },
          secrets: Object.values(given),
          isOnce: grantType === 'authorization_code',
        });
      try {
        return await attempt(clockOffsetMs);
      } catch (error) {
        if (!isRefusal(error) || !mayBeOfClock(error, clockOffsetMs)) throw error;
        return attempt(error.clockOffsetMs);
      }
    }

    function issuedIn({ body, clockOffsetMs }: JsonAnswer): IssuedSession {
      const { accessToken, tokenType, expiresIn, refreshToken } = body;
      if (!isObject(accessToken)) throw damaged(action, 'accessToken');
      const { accessKeyId, secretAccessKey, sessionToken } = accessToken;
      if (!isText(accessKeyId, /^\w{16,128}$/)) throw damaged(action, 'accessKeyId');
      if (!isText(secretAccessKey)) throw damaged(action, 'secretAccessKey');
      if (!isText(sessionToken)) throw damaged(action, 'sessionToken');
      if (!isText(refreshToken)) throw damaged(action, 'refreshToken');
      if (tokenType !== 'aws_sigv4') throw damaged(action, 'tokenType');
      const lifeMs = lifetimeMs(expiresIn);
      if (lifeMs === undefined) throw damaged(action, 'expiresIn');
      const endMs = now().getTime() + clockOffsetMs + Math.min(lifeMs, maxCredentialsMs);
      const expiresAt = new Date(endMs);
      const credentials = { accessKeyId, secretAccessKey, sessionToken, expiresAt, region };
      return { credentials: awsCredentials(credentials), refreshToken, clockOffsetMs };
    }

    return use({
      endpoint,
      confirmationPage: at('/v1/sessions/confirmation').href,
      pageOf(clientId, { redirectUri, state, codeChallenge }) {
        const url = at('/v1/authorize');
        url.search = new URLSearchParams({
          response_type: 'code',
          client_id: clientId,
          state,
          // Not S256, as in RFC 7636.
          code_challenge_method: 'SHA-256',
          scope: 'openid',
          redirect_uri: redirectUri,
          code_challenge: codeChallenge,
        }).toString();
        return url;
      },
      async exchange(client, code) {
        const answer = await createToken(client, 'authorization_code', { ...code }, 0);
        const principal = principalIn(answer.body['idToken']);
        if (principal === undefined) throw damaged(action, 'idToken');
        return { ...issuedIn(answer), principal };
      },
      async refresh(client, refreshToken, clockOffsetMs) {
        return issuedIn(
          await createToken(client, 'refresh_token', { refreshToken }, clockOffsetMs),
        );
      },
    });
  });
}

/** Whether the proof may have been refused because of its time. */
function mayBeOfClock(refusal: ServiceRefusal, usedMs: number): boolean {
  const isOfProof = refusal.status >= 400 && refusal.status < 429;
  return isOfProof && Math.abs(refusal.clockOffsetMs - usedMs) > minCorrectionMs;
}

function isText(value: unknown, form = /^[\x21-\x7e]{1,16384}$/): value is string {
  return typeof value === 'string' && form.test(value);
}

/** The ARN in the token that says who signed in, which came from the service itself. */
function principalIn(idToken: unknown): string | undefined {
  if (!isText(idToken)) return undefined;
  const claims = parseJson(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
  const subject = isObject(claims) ? claims['sub'] : undefined;
  return typeof subject === 'string' && isPrincipal(subject) ? subject : undefined;
}

/** The codes of the API model. What a service names otherwise is not shown: it may repeat a secret there. */
const codes: ReadonlySet<unknown> = new Set([
  'TOKEN_EXPIRED',
  'AUTHCODE_EXPIRED',
  'USER_CREDENTIALS_CHANGED',
  'INSUFFICIENT_PERMISSIONS',
  'INVALID_REQUEST',
  'server_error',
]);

function refusalOf(answer: RefusingAnswer, named: string): ServiceRefusal {
  const { call, status, body } = answer;
  const { error, message: text } = body;
  const reason = typeof error === 'string' && codes.has(error) ? error : 'unknown error';
  const told = saidWithout(call.secrets, typeof text === 'string' ? text : '');
  const said = told === reason ? '' : told;
  const refused = { ...answer, reason, said, isThrottle: status === 429 };
  const described = describeRefusal(refused);
  if (refused.isThrottle) {
    const wait = say('wait a minute, then run the command again');
    const message = `${title} has too many calls of signin:${action} (${described})`;
    return new ServiceRefusal('ERR_AWS', refused, message, [wait]);
  }
  if (refused.reason !== 'INSUFFICIENT_PERMISSIONS') {
    return new ServiceRefusal('ERR_AWS', refused, `signin:${action} failed: ${described}`);
  }
  const message = `AWS does not give the person who signed in for ${named} credentials for programs: ${described}`;
  const attach = say(
    'an administrator attaches the managed policy SignInLocalDevelopmentAccess to the user',
  );
  return new ServiceRefusal('ERR_AUTH_DENIED', refused, message, [attach]);
}

/** `TOKEN_EXPIRED, status 401: Refresh token has expired` */
export function describeRefusal({
  reason,
  status,
  said,
}: Pick<Refused, 'reason' | 'status' | 'said'>): string {
  return `${reason}, status ${status}${said === '' ? '' : `: ${said}`}`;
}

/** Whether the same request may well succeed later, or after a change by an administrator. */
export function mayPassLater(error: unknown): boolean {
  if (!isRefusal(error)) return error instanceof AtmosError;
  const { isThrottle, status, reason } = error;
  return isThrottle || status >= 500 || reason === 'INSUFFICIENT_PERMISSIONS';
}
