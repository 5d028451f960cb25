// What the sign-in of a person that is kept for an aws/user can do: whether it renews a session, and where.

import type { Host } from '../../host/host.ts';
import { isAtmosError } from '../../core/errors.ts';
import { quoteValue, withoutAbsent } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import type { KeptSignIn, Route } from '../contract.ts';
import { parseDpopKey } from './dpop.ts';
import { checkEndpointVariable } from './endpoint-variables.ts';
import { unmetBy } from './principal.ts';
import { routeTo } from './route.ts';
import { shownValues } from './shown-values.ts';
import { signinEndpoint, type SigninTarget } from './signin-endpoint.ts';
import type { SigninClient } from './signin-service.ts';
import { defaultRegion, type User } from './user-settings.ts';

/** What is left of a sign-in must be enough to use it. */
const minLeftMs = 60_000;

/** The names of what is kept with a sign-in. */
export const fields = {
  refreshToken: 'refresh_token',
  clientId: 'client_id',
  dpopKey: 'dpop_key',
  /** Why nothing can be renewed any longer: the code of the service. */
  ended: 'ended',
} as const;

/** Where a person signs in for the identity. */
export function targetOf({ identity, settings }: User): SigninTarget {
  const shownRegion = shownValues(identity, settings).region;
  return {
    named: titleOf(identity),
    region: settings.region ?? defaultRegion,
    endpoint: settings.signin,
    ...withoutAbsent({ shownRegion }),
  };
}

/** `whyNotRenewed` of the plan. */
export function whyNotRenewed(
  user: User,
  kept: KeptSignIn,
  { env, now }: Pick<Host, 'env' | 'now'>,
): string | undefined {
  const target = targetOf(user);
  try {
    checkEndpointVariable(target.endpoint, env);
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    return error.message;
  }
  const found = renewalIn(user, kept, signinEndpoint(target, env), now());
  return typeof found === 'string' ? found : undefined;
}

/** `signInRoute` of the plan. */
export function signInRoute(user: User, host: Pick<Host, 'env'>): Route {
  const target = targetOf(user);
  return routeTo(target.endpoint, () => signinEndpoint(target, host.env), host);
}

/** What renews a session without a person. */
interface Renewal extends SigninClient {
  readonly refreshToken: string;
  /** Of the service, as known from the time before. */
  readonly clockOffsetMs: number;
}

/** What a sign-in has to renew a session, or why it cannot. */
export function renewalIn(
  user: User,
  { token, renewal: stored = {}, clockOffsetMs = 0 }: KeptSignIn,
  { href }: URL,
  now: Date,
): Renewal | string {
  const { principal, endpoint, expiresAt } = token;
  const { [fields.ended]: ended, [fields.refreshToken]: refreshToken } = stored;
  const expected = unmetExpectation(user, principal);
  if (expected !== undefined) return `${expected} is expected, and ${principal} had signed in`;
  if (ended !== undefined) return describeEnd(principal, ended);
  if (endpoint !== href) {
    return `the sign-in of ${principal} was at ${endpoint}, and requests now go to ${href}`;
  }
  const leftMs = expiresAt.getTime() - now.getTime() - clockOffsetMs;
  if (leftMs <= minLeftMs) return `the sign-in of ${principal} has expired`;
  const key = parseDpopKey(stored[fields.dpopKey] ?? '');
  const clientId = stored[fields.clientId];
  if (key === undefined) return `the stored sign-in of ${principal} has no valid DPoP key`;
  if (refreshToken === undefined || clientId === undefined) {
    return `the stored sign-in of ${principal} has no refresh token`;
  }
  return { key, clientId, refreshToken, clockOffsetMs };
}

export function describeEnd(principal: string, reason: string): string {
  return `AWS does not renew the sign-in of ${principal} (${reason})`;
}

/** What the configuration expects and the person is not: `the account "123456789012" (PLACE)`. */
export function unmetExpectation(
  { identity, settings }: User,
  principal: string,
): string | undefined {
  const key = unmetBy(principal, settings.expect);
  if (key === undefined) return undefined;
  const path = ['spec', 'expect', key];
  const value = settings.expect[key] ?? '';
  return `the ${key} ${quoteValue({ value, tag: identity.tagAt?.(path) })} (${identity.locate(path)})`;
}
