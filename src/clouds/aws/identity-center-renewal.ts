// Renews the token of a portal, by what is kept with it.

import { parseTimestamp } from '../../core/time.ts';
import type { Kept, OpenContext } from '../contract.ts';
import { expectedFields } from './identity-center-settings.ts';
import type { IssuedToken, Registration, SignInFlow, SsoOidc } from './sso-oidc.ts';
import { isRefusal } from './json-service.ts';

/** What is left of a token or a registration must be enough to use it. */
export const minLeftMs = 60_000;

/** The names of what is kept with the token. */
export const fields = {
  refreshToken: 'refresh_token',
  clientId: 'client_id',
  clientSecret: 'client_secret',
  registrationExpiresAt: 'registration_expires_at',
  flow: 'flow',
  /** A random text for each sign-in of a person. Absent: another program has renewed the token. */
  signIn: 'sign_in',
  ...expectedFields,
} as const;

export type Renewal = NonNullable<Kept['renewal']>;

/** Why a token cannot be renewed without a person. */
export type Ended = keyof typeof describeEnd;

export const describeEnd = {
  absent: (portal: string) => `no one is signed in at ${portal}`,
  token: (portal: string) => `the token of ${portal} has expired and cannot be renewed`,
  registration: (portal: string) => `the registration of this program at ${portal} has ended`,
  session: (portal: string) => `the session at ${portal} has ended`,
} as const;

export interface Renewed {
  readonly registration: Registration;
  readonly issued: IssuedToken;
  /** What was kept with the token that was renewed. */
  readonly renewal: Renewal;
}

/** Each of them is one request. More would mean that other programs renew it all the time. */
const maxAttempts = 3;

/**
 * Renews a token by one of those that are kept. If what renews one is spent, another program may have
 * renewed it and kept the new one meanwhile, so the others are read again.
 *
 * @param all reads what is kept, in the order in which it is tried
 * @returns why no one of them can be renewed. A network error is no reason to sign in, so it is thrown
 */
export async function renew(
  oidc: SsoOidc,
  all: () => readonly Kept[],
  host: OpenContext['host'],
): Promise<Renewed | Ended> {
  const tried = new Set<string | undefined>();
  let ended: Ended = 'absent';
  while (tried.size < maxAttempts) {
    const kept = all().find((one) => !tried.has(refreshTokenOf(one)));
    if (kept === undefined) return ended;
    tried.add(refreshTokenOf(kept));
    const result = await renewOne(oidc, kept, host);
    if (typeof result !== 'string') return result;
    // That the session has ended explains more than what is missing in another token.
    if (ended !== 'session') ended = result;
  }
  return ended;
}

async function renewOne(
  oidc: SsoOidc,
  { renewal = {} }: Kept,
  { now }: OpenContext['host'],
): Promise<Renewed | Ended> {
  const refreshToken = renewal[fields.refreshToken];
  if (refreshToken === undefined) return 'token';
  const registration = registrationIn(renewal, now());
  if (registration === undefined) return 'registration';
  try {
    const issued = await oidc.refresh(registration, refreshToken);
    return { registration, issued: { refreshToken, ...issued }, renewal };
  } catch (error) {
    if (!isRefusal(error) || error.status === 429 || error.status >= 500) throw error;
    if (error.reason === 'SlowDownException') throw error;
    return registrationRefusals.includes(error.reason) ? 'registration' : 'session';
  }
}

export const registrationRefusals = ['InvalidClientException', 'UnauthorizedClientException'];

/** The registration that is kept, unless it has expired. */
export function registrationIn(renewal: Renewal = {}, now: Date): Registration | undefined {
  const { [fields.clientId]: clientId, [fields.clientSecret]: clientSecret } = renewal;
  const expiresAt = parseTimestamp(renewal[fields.registrationExpiresAt] ?? '');
  if (clientId === undefined || clientSecret === undefined || expiresAt === undefined) {
    return undefined;
  }
  if (expiresAt.getTime() - now.getTime() < minLeftMs) return undefined;
  const flow: SignInFlow = renewal[fields.flow] === 'device' ? 'device' : 'browser';
  return { clientId, clientSecret, expiresAt, flow };
}

/**
 * What is kept, that which lasts longest first: what renews the other one is spent. Of two with the same
 * refresh token only our own, with which more is kept.
 */
export function newestFirst(own: Kept | undefined, shared: Kept | undefined): readonly Kept[] {
  if (own === undefined || shared === undefined) return [own ?? shared ?? []].flat();
  const refreshToken = refreshTokenOf(own);
  if (refreshToken !== undefined && refreshToken === refreshTokenOf(shared)) return [own];
  return expiryMs(shared) >= expiryMs(own) ? [shared, own] : [own, shared];
}

function refreshTokenOf({ renewal }: Kept): string | undefined {
  return renewal?.[fields.refreshToken];
}

function expiryMs({ credentials }: Kept): number {
  return credentials.type === 'sso' ? credentials.expiresAt.getTime() : 0;
}
