// Opens sessions of aws/user by a sign-in of the person in a browser: renewed without the person until the
// sign-in ends. Loaded only for that.

import type { KeyObject } from 'node:crypto';
import type { SignInToken } from '../../core/credentials.ts';
import { AtmosError, isAtmosError, isDamagedEntry } from '../../core/errors.ts';
import { edit, optionWords, run, type Hint } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import type { Host } from '../../host/host.ts';
import type { KeptSignIn, OpenContext, Opened, Route, SignIn } from '../contract.ts';
import { createDpopKey, formatDpopKey, parseDpopKey } from './dpop.ts';
import { checkEndpointVariable } from './endpoint-variables.ts';
import { isRefusal } from './json-service.ts';
import { routeTo } from './route.ts';
import { shownValues } from './shown-values.ts';
import { signInFailed, type AuthorizationCode, type SignInRequest } from './sign-in-page.ts';
import { signinEndpoint, type SigninTarget } from './signin-endpoint.ts';
import {
  clientIds,
  describeRefusal,
  mayPassLater,
  withSignin,
  type IssuedSession,
  type Signin,
  type SigninClient,
} from './signin-service.ts';
import { defaultRegion, type User } from './user-settings.ts';

/** A sign-in cannot be renewed for longer. */
const maxSignInMs = 12 * 60 * 60 * 1000;
/** What is left of a sign-in must be enough to use it. */
const minLeftMs = 60_000;

/** The names of what is kept with a sign-in. */
const fields = {
  refreshToken: 'refresh_token',
  clientId: 'client_id',
  dpopKey: 'dpop_key',
  /** Why nothing can be renewed any longer: the code of the service. */
  ended: 'ended',
} as const;

/**
 * Renews the session of the person who signed in before, or lets a person sign in.
 *
 * @throws ERR_AUTH_SIGN_IN_REQUIRED, ERR_AUTH_SIGN_IN_FAILED, ERR_AUTH_DENIED; ERR_NETWORK, ERR_AWS,
 *   ERR_AWS_ENDPOINT, ERR_CONFIG_INVALID; ERR_USAGE if the configuration does not allow it
 */
export async function openBySignIn(user: User, context: OpenContext): Promise<Opened> {
  if (user.settings.webflowEnabled === false) throw notAllowed(user);
  return withSignin(targetOf(user), context, async (signin) => {
    const renewed = context.mustSignIn ? 'a new one was requested' : await renew(signin, context);
    if (typeof renewed !== 'string') return renewed;
    const { signIn, whyNoSignIn } = context.ask;
    if (signIn === undefined) {
      const isUnsaid = context.mustSignIn && whyNoSignIn === undefined;
      const why = isUnsaid ? `${renewed}, and no one can be asked here` : renewed;
      throw signInRequired(user, why, whyNoSignIn);
    }
    return signInAt(signin, user, signIn, context);
  });
}

function targetOf({ identity, settings }: User): SigninTarget {
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
  const found = renewalIn(kept, signinEndpoint(target, env), now());
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
function renewalIn(
  { token, renewal: stored = {}, clockOffsetMs = 0 }: KeptSignIn,
  { href }: URL,
  now: Date,
): Renewal | string {
  const { principal, endpoint, expiresAt } = token;
  const { [fields.ended]: ended, [fields.refreshToken]: refreshToken } = stored;
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

/** Or why there is none that can be read: a person can always sign in again. */
async function readKept(context: OpenContext): Promise<KeptSignIn | string> {
  try {
    return (await context.keptSignIn?.()) ?? 'no one has signed in';
  } catch (error) {
    if (!isDamagedEntry(error)) throw error;
    return error.message;
  }
}

/** The session, or why a person is needed. */
async function renew(signin: Signin, context: OpenContext): Promise<Opened | string> {
  const kept = await readKept(context);
  if (typeof kept === 'string') return kept;
  const found = renewalIn(kept, signin.endpoint, context.host.now());
  if (typeof found === 'string') return found;
  const { token } = kept;
  const { principal } = token;
  const { refreshToken, clockOffsetMs } = found;
  try {
    const issued = await signin.refresh(found, refreshToken, clockOffsetMs);
    await context.keepSignIn?.(keptOf(token, found, issued));
    return openedOf(issued);
  } catch (error) {
    if (!isRefusal(error) || mayPassLater(error)) throw error;
    const reason = describeRefusal(error);
    // What was refused is not sent again by every program that needs a session.
    const endedToken = { ...token, expiresAt: context.host.now() };
    const renewal = { [fields.ended]: reason };
    await context.keepSignIn?.({ token: endedToken, renewal, clockOffsetMs });
    return describeEnd(principal, reason);
  }
}

function describeEnd(principal: string, reason: string): string {
  return `AWS does not renew the sign-in of ${principal} (${reason})`;
}

async function signInAt(
  signin: Signin,
  user: User,
  signIn: SignIn,
  context: OpenContext,
): Promise<Opened> {
  const { identity } = user;
  const request: SignInRequest = {
    context,
    signIn,
    named: titleOf(identity),
    place: 'AWS',
    again: signInCommand(user),
    browser: undefined,
  };
  const key = createDpopKey();
  const auto = signIn.openPage === undefined ? 'device' : 'browser';
  const flow = signIn.flow ?? auto;
  const clientId = clientIds[flow];
  const pageOf: (parameters: Parameters<Signin['pageOf']>[1]) => URL = (parameters) =>
    signin.pageOf(clientId, parameters);
  const complete = (code: AuthorizationCode) => exchange(signin, { clientId, key }, code, request);
  if (flow === 'browser') {
    const { signInByRedirect } = await import('./pkce.ts');
    return signInByRedirect({ ...request, pageOf }, complete);
  }
  const { pasteCode } = signIn;
  if (pasteCode === undefined) {
    const reason = 'no browser is opened here, and there is no terminal for a code';
    throw signInRequired(user, reason, undefined);
  }
  const { signInByPastedCode } = await import('./pasted-code.ts');
  const redirectUri = signin.confirmationPage;
  return signInByPastedCode({ ...request, pageOf, pasteCode, redirectUri }, complete);
}

/** @throws ERR_AUTH_SIGN_IN_FAILED for a code that the service does not accept */
async function exchange(
  signin: Signin,
  client: { readonly clientId: string; readonly key: KeyObject },
  code: AuthorizationCode,
  request: SignInRequest,
): Promise<Opened> {
  const { context } = request;
  try {
    const { principal, ...issued } = await signin.exchange(client, code);
    const endMs = context.host.now().getTime() + issued.clockOffsetMs + maxSignInMs;
    const endpoint = signin.endpoint.href;
    const token = { type: 'sign-in', principal, endpoint, expiresAt: new Date(endMs) } as const;
    await context.keepSignIn?.(keptOf(token, client, issued));
    return openedOf(issued);
  } catch (error) {
    if (!isRefusal(error) || mayPassLater(error)) throw error;
    const said = `the code of the page was not accepted (${describeRefusal(error)})`;
    throw signInFailed(
      `the sign-in to ${request.place} for ${request.named} failed: ${said}`,
      request,
    );
  }
}

function keptOf(
  token: SignInToken,
  { clientId, key }: { readonly clientId: string; readonly key: KeyObject },
  { refreshToken, clockOffsetMs }: IssuedSession,
): KeptSignIn {
  const renewal = {
    [fields.refreshToken]: refreshToken,
    [fields.clientId]: clientId,
    [fields.dpopKey]: formatDpopKey(key),
  };
  return { token, renewal, clockOffsetMs };
}

function openedOf({ credentials, clockOffsetMs }: IssuedSession): Opened {
  return { credentials, clockOffsetMs, limits: [] };
}

function signInRequired(user: User, why: string, whyNoSignIn: string | undefined): AtmosError {
  const reason = whyNoSignIn === undefined ? '' : `; ${whyNoSignIn}, so no one is asked`;
  return new AtmosError(
    'ERR_AUTH_SIGN_IN_REQUIRED',
    `${titleOf(user.identity)} needs a sign-in in the browser: ${why}${reason}`,
    { hints: [signInCommand(user, whyNoSignIn === undefined ? [] : ['--interactive'])] },
  );
}

function signInCommand({ identity }: User, options: readonly string[] = []): Hint {
  const words = optionWords('--identity', identity.name);
  return run(['atmos', 'auth', 'login', ...words, '--webflow', ...options]);
}

function notAllowed({ identity }: User): AtmosError {
  const path = ['credentials', 'webflow_enabled'];
  const place = identity.locate(path);
  return new AtmosError(
    'ERR_USAGE',
    `${titleOf(identity)} cannot be opened by a sign-in in the browser: ${path.join('.')} (${place}) is false`,
    { hints: [edit(place, 'set it to true, or remove it')] },
  );
}
