// Opens sessions of aws/user by a sign-in of the person in a browser: renewed without the person until the
// sign-in ends. Loaded only for that.

import type { KeyObject } from 'node:crypto';
import type { SignInToken } from '../../core/credentials.ts';
import { AtmosError, isAtmosError, isDamagedEntry } from '../../core/errors.ts';
import { edit, optionWords, run, type Hint } from '../../core/hint.ts';
import { titleOf } from '../../core/kind-config.ts';
import type { KeptSignIn, OpenContext, Opened, SignIn } from '../contract.ts';
import { createDpopKey, formatDpopKey } from './dpop.ts';
import { isRefusal } from './json-service.ts';
import { signInFailed, type AuthorizationCode, type SignInRequest } from './sign-in-page.ts';
import {
  clientIds,
  describeRefusal,
  mayPassLater,
  withSignin,
  type IssuedSession,
  type Signin,
} from './signin-service.ts';
import { describeEnd, fields, renewalIn, targetOf, unmetExpectation } from './user-renewal.ts';
import type { User } from './user-settings.ts';

/** A sign-in cannot be renewed for longer. */
const maxSignInMs = 12 * 60 * 60 * 1000;

/**
 * Renews the session of the person who signed in before, or lets a person sign in.
 *
 * @throws ERR_AUTH_SIGN_IN_REQUIRED, ERR_AUTH_SIGN_IN_FAILED, ERR_AUTH_OTHER_USER, ERR_AUTH_DENIED;
 *   ERR_NETWORK, ERR_AWS, ERR_AWS_ENDPOINT, ERR_CONFIG_INVALID; ERR_USAGE if the configuration does not allow it
 */
export async function openBySignIn(user: User, context: OpenContext): Promise<Opened> {
  if (user.settings.webflowEnabled === false) throw notAllowed(user);
  return withSignin(targetOf(user), context, async (signin) => {
    const renewed = context.mustSignIn
      ? 'a new one was requested'
      : await renew(signin, user, context);
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

/** Or why it cannot be read: a person can always sign in again. */
async function readKept(context: OpenContext): Promise<KeptSignIn | string> {
  try {
    return (await context.keptSignIn?.()) ?? 'no one has signed in';
  } catch (error) {
    if (!isDamagedEntry(error)) throw error;
    return error.message;
  }
}

/** The session, or why a person is needed. */
async function renew(signin: Signin, user: User, context: OpenContext): Promise<Opened | string> {
  const kept = await readKept(context);
  if (typeof kept === 'string') return kept;
  const found = renewalIn(user, kept, signin.endpoint, context.host.now());
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
  const complete = (code: AuthorizationCode) =>
    exchange(signin, user, { clientId, key }, code, request);
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

/**
 * Nothing is stored for a person who is not expected.
 *
 * @throws ERR_AUTH_SIGN_IN_FAILED for a code that the service does not accept; ERR_AUTH_OTHER_USER
 */
async function exchange(
  signin: Signin,
  user: User,
  client: { readonly clientId: string; readonly key: KeyObject },
  code: AuthorizationCode,
  request: SignInRequest,
): Promise<Opened> {
  const { context } = request;
  try {
    const { principal, ...issued } = await signin.exchange(client, code);
    const expected = unmetExpectation(user, principal);
    if (expected !== undefined) throw otherUser(user, expected, principal);
    const before = await principalBefore(context);
    const endMs = context.host.now().getTime() + issued.clockOffsetMs + maxSignInMs;
    const endpoint = signin.endpoint.href;
    const token = { type: 'sign-in', principal, endpoint, expiresAt: new Date(endMs) } as const;
    await context.keepSignIn?.(keptOf(token, client, issued));
    if (before !== undefined && before !== principal) {
      context.warn(`${titleOf(user.identity)} was signed in as ${before}, and is now ${principal}`);
    }
    return { ...openedOf(issued), signedInAs: principal };
  } catch (error) {
    if (!isRefusal(error) || mayPassLater(error)) throw error;
    const said = `the code of the page was not accepted (${describeRefusal(error)})`;
    throw signInFailed(
      `the sign-in to ${request.place} for ${request.named} failed: ${said}`,
      request,
    );
  }
}

function otherUser(user: User, expected: string, principal: string): AtmosError {
  return new AtmosError(
    'ERR_AUTH_OTHER_USER',
    `${titleOf(user.identity)} expects ${expected}, but ${principal} signed in`,
    { hints: [signInCommand(user, [], 'after signing out at AWS in the browser')] },
  );
}

/** Who signed in before. A sign-in that cannot be read is replaced. */
async function principalBefore({ keptSignIn }: OpenContext): Promise<string | undefined> {
  try {
    return (await keptSignIn?.())?.token.principal;
  } catch (error) {
    if (!isAtmosError(error) || error.code === 'ERR_CANCELLED') throw error;
    return undefined;
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

function signInCommand(
  { identity }: User,
  options: readonly string[] = [],
  comment?: string,
): Hint {
  const words = optionWords('--identity', identity.name);
  return run(['atmos', 'auth', 'login', ...words, '--webflow', ...options], comment);
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
