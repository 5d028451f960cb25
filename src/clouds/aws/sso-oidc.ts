// The sign-in service of IAM Identity Center (SSO OIDC). The fields are those of its API model.

import type { OpenContext } from '../contract.ts';
import type { JsonAnswer, JsonCall, JsonConnection } from './json-service.ts';
import { redirectPath, type AuthorizationCode } from './sign-in-page.ts';
import { lifetimeMs } from './service-time.ts';
import type { SsoTarget } from './sso-endpoint.ts';
import { withSsoService } from './sso-service.ts';

/** How a person signs in: on a page that redirects to this process, or with a code. */
export type SignInFlow = 'browser' | 'device';

/** This program as the service knows it. */
export interface Registration {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly expiresAt: Date;
  readonly flow: SignInFlow;
}

export interface IssuedToken {
  readonly accessToken: string;
  /** By the clock of the service. */
  readonly expiresAt: Date;
  readonly refreshToken?: string;
  readonly clockOffsetMs: number;
}

export interface DeviceCode {
  readonly deviceCode: string;
  readonly userCode: string;
  /** The page, with the code if the service gives such an address. Not checked. */
  readonly page: URL;
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

/** Errors of every call: those of `withSsoService`. */
export interface SsoOidc extends Pick<JsonConnection, 'endpoint' | 'endpointSetting'> {
  register(flow: SignInFlow, startUrl: string): Promise<Registration>;
  startDevice(registration: Registration, startUrl: string): Promise<DeviceCode>;
  /** One attempt, whose refusal says whether another one makes sense. */
  pollDevice(registration: Registration, deviceCode: string): Promise<IssuedToken>;
  exchange(registration: Registration, code: AuthorizationCode): Promise<IssuedToken>;
  refresh(registration: Registration, refreshToken: string): Promise<IssuedToken>;
}

/** With it the service gives a refresh token, and tokens for the portal. */
export const scopes: readonly string[] = ['sso:account:access'];

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const registrationTerms = {
  browser: {
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: [`http://127.0.0.1${redirectPath}`],
  },
  device: { grantTypes: [deviceGrant, 'refresh_token'] },
} as const;

const maxRegistrationMs = 180 * 24 * 60 * 60 * 1000;
const maxDeviceMs = 60 * 60 * 1000;
const maxTextLength = 16_384;

/** Opens the service of a portal for one use. @throws as `withSsoService` */
export function withSsoOidc<T>(
  target: SsoTarget,
  context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
  use: (oidc: SsoOidc) => Promise<T>,
): Promise<T> {
  const { now } = context.host;
  return withSsoService('sso-oidc', target, context, (connection) => {
    const { send, damaged, endpoint, endpointSetting } = connection;

    const textIn = (answer: JsonAnswer, field: string, action: string): string => {
      const value = answer.body[field];
      if (isToken(value)) return value;
      throw damaged(action, field);
    };

    async function createToken(
      grant: string,
      registration: Registration,
      given: Readonly<Record<string, string>>,
      kind: Pick<JsonCall, 'isOnce' | 'isPoll'>,
    ): Promise<IssuedToken> {
      const { clientId, clientSecret } = registration;
      const answer = await send({
        action: 'CreateToken',
        method: 'POST',
        path: '/token',
        body: { clientId, clientSecret, grantType: grant, ...given },
        secrets: [clientSecret, ...Object.values(given)],
        ...kind,
      });
      const lifeMs = lifetimeMs(answer.body['expiresIn']);
      if (lifeMs === undefined) throw damaged('CreateToken', 'expiresIn');
      const { clockOffsetMs } = answer;
      const refreshToken = answer.body['refreshToken'];
      return {
        accessToken: textIn(answer, 'accessToken', 'CreateToken'),
        expiresAt: new Date(now().getTime() + clockOffsetMs + lifeMs),
        ...(isToken(refreshToken) ? { refreshToken } : {}),
        clockOffsetMs,
      };
    }

    return use({
      endpoint,
      endpointSetting,

      async register(flow, startUrl) {
        const action = 'RegisterClient';
        const answer = await send({
          action,
          method: 'POST',
          path: '/client/register',
          body: {
            clientName: 'atmos-auth',
            clientType: 'public',
            scopes,
            ...registrationTerms[flow],
            ...(flow === 'browser' && { issuerUrl: startUrl }),
          },
          secrets: [],
        });
        const expiresAt = registrationEnd(answer.body['clientSecretExpiresAt'], now());
        if (expiresAt === undefined) throw damaged(action, 'clientSecretExpiresAt');
        return {
          clientId: textIn(answer, 'clientId', action),
          clientSecret: textIn(answer, 'clientSecret', action),
          expiresAt,
          flow,
        };
      },

      async startDevice({ clientId, clientSecret }, startUrl) {
        const action = 'StartDeviceAuthorization';
        const answer = await send({
          action,
          method: 'POST',
          path: '/device_authorization',
          body: { clientId, clientSecret, startUrl },
          secrets: [clientSecret],
        });
        const { verificationUriComplete, verificationUri, expiresIn, interval } = answer.body;
        const page = urlIn(verificationUriComplete) ?? urlIn(verificationUri);
        const expiresInMs = lifetimeMs(expiresIn, maxDeviceMs);
        if (page === undefined) throw damaged(action, 'verificationUri');
        if (expiresInMs === undefined) throw damaged(action, 'expiresIn');
        const userCode = textIn(answer, 'userCode', action);
        if (!/^[\w-]{1,64}$/.test(userCode)) throw damaged(action, 'userCode');
        return {
          deviceCode: textIn(answer, 'deviceCode', action),
          userCode,
          page,
          expiresInMs,
          intervalMs: intervalIn(interval),
        };
      },

      pollDevice: (registration, deviceCode) =>
        createToken(deviceGrant, registration, { deviceCode }, { isPoll: true }),

      exchange: (registration, { code, redirectUri, codeVerifier }) =>
        createToken(
          'authorization_code',
          registration,
          { code, redirectUri, codeVerifier },
          { isOnce: true },
        ),

      refresh: (registration, refreshToken) =>
        createToken('refresh_token', registration, { refreshToken }, { isOnce: true }),
    });
  });
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && /^[\x21-\x7e]+$/.test(value);
}

/** 5 seconds unless the service says another time (RFC 8628, section 3.2); from a second to a minute. */
function intervalIn(seconds: unknown): number {
  if (typeof seconds !== 'number' || !(seconds > 0)) return 5_000;
  return Math.floor(Math.min(Math.max(seconds, 1), 60) * 1000);
}

/** 0 means that it does not expire (RFC 7591, section 3.2.1). */
function registrationEnd(seconds: unknown, now: Date): Date | undefined {
  if (typeof seconds !== 'number' || !(seconds >= 0)) return undefined;
  const latestMs = now.getTime() + maxRegistrationMs;
  return new Date(seconds === 0 ? latestMs : Math.min(seconds * 1000, latestMs));
}

function urlIn(value: unknown): URL | undefined {
  if (!isToken(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username === '' && url.password === '' ? url : undefined;
}
