// Opens the token of a portal: renewed, or by a person who signs in. Loaded only for that.

import { ssoToken, type SsoToken } from '../../core/credentials.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import { randomId } from '../../host/files.ts';
import type { Kept, OpenContext, Opened, SignIn } from '../contract.ts';
import {
  describeEnd,
  fields,
  minLeftMs,
  newestFirst,
  registrationIn,
  registrationRefusals,
  renew,
  type Ended,
  type Renewal,
} from './identity-center-renewal.ts';
import { accepts, type Center } from './identity-center-settings.ts';
import { withPortal } from './portal.ts';
import { keptForCli, shareWithCli } from './shared-token.ts';
import { loginAt, type SignInRequest } from './sign-in-page.ts';
import { withSsoOidc, type IssuedToken, type Registration, type SsoOidc } from './sso-oidc.ts';
import { isRefusal } from './json-service.ts';

/**
 * Gives the token of the portal, with what renews it. A token that another provider keeps, of a person
 * who was not compared with `spec.expect`, is compared now.
 *
 * A token that was renewed is kept whatever the comparison says: it is of the same person as before,
 * and what renewed that one is spent. That of a person who has just signed in is kept if it could not
 * be compared, and the next time only the comparison is left.
 *
 * @throws ERR_AUTH_SIGN_IN_REQUIRED, ERR_AUTH_SIGN_IN_FAILED, ERR_AUTH_OTHER_USER; ERR_IO for the port
 *   of the redirect; ERR_NETWORK, ERR_AWS, ERR_AWS_ENDPOINT, ERR_CONFIG_INVALID
 */
export async function open(center: Center, context: OpenContext): Promise<Opened> {
  const { previous, host, isForced = false } = context;
  const compared = await comparePrevious(center, context);
  if (compared !== undefined) return compared;
  const kept = () => (isForced ? [] : newestFirst(previous, keptForCli(center, host)));
  return withSsoOidc(center.portal, context, async (oidc) => {
    const renewed = await renew(oidc, kept, host);
    if (typeof renewed !== 'string') {
      const { registration, issued, renewal } = renewed;
      const opened = openedOf(center, registration, issued, renewal);
      shareWithCli(center, opened, context);
      if (!accepts(center.settings, opened)) await context.keep?.(opened);
      return compare(center, opened, context);
    }
    const { signIn, whyNoSignIn } = context.ask;
    if (signIn === undefined)
      throw signInRequired(center, isForced ? 'forced' : renewed, whyNoSignIn);
    return signInAt(oidc, center, signIn, context);
  });
}

/**
 * The token that is kept, if it needs only the comparison. Undefined: the portal does not accept
 * it any longer, or it needs another one.
 */
async function comparePrevious(center: Center, context: OpenContext): Promise<Opened | undefined> {
  const { previous, host } = context;
  if (previous === undefined || previous.isRefused || accepts(center.settings, previous)) {
    return undefined;
  }
  const { isRefused: _, ...kept } = previous;
  const { credentials, clockOffsetMs } = kept;
  const now = host.now().getTime() + clockOffsetMs;
  if (credentials.type !== 'sso' || credentials.expiresAt.getTime() - now <= minLeftMs) {
    return undefined;
  }
  try {
    return await compare(center, { ...kept, credentials }, context);
  } catch (error) {
    if (isAtmosError(error, 'ERR_AUTH_BASE_REFUSED')) return undefined;
    throw error;
  }
}

type RevokeContext = Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>;

/**
 * Ends the session of the person at the portal. @throws as the calls of the portal and of SSO-OIDC
 */
export async function revoke(center: Center, kept: Kept, context: RevokeContext): Promise<void> {
  const token = await unexpired(center, kept, context);
  try {
    await withPortal(center.portal, token, context, (opened) => opened.logOut());
  } catch (error) {
    // It has ended already.
    if (!isRefusal(error) || error.status !== 401) throw error;
  }
}

/** The portal ends no session for a token that has expired, although it may be renewed. */
async function unexpired(center: Center, kept: Kept, context: RevokeContext): Promise<SsoToken> {
  const { host, clockOffsetMs = 0 } = context;
  const all = () => newestFirst(kept, keptForCli(center, host));
  const [{ credentials } = kept] = all();
  if (credentials.type !== 'sso') throw new TypeError(`a portal gives no ${credentials.type}`);
  if (credentials.expiresAt.getTime() > host.now().getTime() + clockOffsetMs) return credentials;
  const renewed = await withSsoOidc(center.portal, context, (oidc) => renew(oidc, all, host));
  if (typeof renewed === 'string') return credentials;
  const { accessToken, expiresAt } = renewed.issued;
  return ssoToken({ ...credentials, accessToken, expiresAt });
}

async function signInAt(
  oidc: SsoOidc,
  center: Center,
  signIn: SignIn,
  context: OpenContext,
): Promise<Opened> {
  const { provider, settings, portal } = center;
  const { resolveStartUrl } = await import('./resolve-start-url.ts');
  const configured = {
    startUrl: settings.startUrl,
    shownStartUrl: portal.shownStartUrl,
    region: settings.region,
    regionPlace: provider.locate(['region']),
  };
  const startUrl = await resolveStartUrl(configured, context);
  const request: SignInRequest = {
    context,
    signIn,
    named: titleOf(provider),
    place: portal.shownStartUrl,
    again: loginAt(provider.name),
    browser: settings.browser,
  };
  const auto = signIn.openPage === undefined ? 'device' : 'browser';
  const flow = signIn.flow ?? settings.flow ?? auto;
  if (flow === 'browser') {
    const { signInByBrowser } = await import('./sso-browser.ts');
    // Always a new registration: a page shows that it does not accept one, and never redirects.
    const registration = await oidc.register('browser', startUrl);
    const port = settings.callbackPort;
    const portPlace = port === undefined ? undefined : provider.locate(['spec', 'callback_port']);
    const listening = { ...request, port, portPlace };
    return signInByBrowser(oidc, registration, listening, (issued) =>
      finish(center, openedOf(center, registration, issued), context),
    );
  }
  const { signInByDevice } = await import('./device-code.ts');
  const byDevice = async (registration: Registration) => {
    const issued = await signInByDevice(oidc, registration, startUrl, request);
    return finish(center, openedOf(center, registration, issued), context);
  };
  const kept = registrationIn(context.previous?.renewal, context.host.now());
  if (kept?.flow === 'device') {
    try {
      return await byDevice(kept);
    } catch (error) {
      if (!isRefusal(error, ...registrationRefusals)) throw error;
    }
  }
  return byDevice(await oidc.register('device', startUrl));
}

interface OpenedToken extends Opened {
  readonly credentials: SsoToken;
}

/** @param previous what is kept with the token that was renewed. Default: a person has signed in */
function openedOf(
  { settings: { startUrl, region } }: Center,
  registration: Registration,
  { accessToken, expiresAt, refreshToken, clockOffsetMs }: IssuedToken,
  previous: Renewal = { [fields.signIn]: randomId() },
): OpenedToken {
  const { clientId, clientSecret, expiresAt: registrationEnd, flow } = registration;
  const { [fields.account]: account, [fields.user]: user, [fields.signIn]: signIn } = previous;
  return {
    credentials: ssoToken({ accessToken, expiresAt, startUrl, region }),
    clockOffsetMs,
    limits: [],
    renewal: {
      ...withoutAbsent({ [fields.refreshToken]: refreshToken }),
      [fields.clientId]: clientId,
      [fields.clientSecret]: clientSecret,
      [fields.registrationExpiresAt]: registrationEnd.toISOString(),
      [fields.flow]: flow,
      ...withoutAbsent({
        [fields.signIn]: signIn,
        [fields.account]: account,
        [fields.user]: user,
      }),
    },
  };
}

/** Compares who has just signed in. */
async function finish(center: Center, opened: OpenedToken, context: OpenContext): Promise<Opened> {
  try {
    const compared = await compare(center, opened, context);
    shareWithCli(center, opened, context);
    return compared;
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_OTHER_USER')) await context.keep?.(opened);
    throw error;
  }
}

/** Compares who signed in, unless this was done before, and notes it. */
async function compare(center: Center, opened: OpenedToken, context: OpenContext): Promise<Opened> {
  const { settings } = center;
  if (accepts(settings, opened)) return opened;
  const { credentials, clockOffsetMs, renewal } = opened;
  const { checkExpected } = await import('./expected-user.ts');
  await checkExpected(center, credentials, { ...context, clockOffsetMs });
  const { account, user } = settings.expect;
  const noted = withoutAbsent({ [fields.account]: account, [fields.user]: user });
  return { ...opened, renewal: { ...renewal, ...noted } };
}

function signInRequired(
  { provider, portal }: Center,
  ended: Ended | 'forced',
  whyNoSignIn: string | undefined,
): AtmosError {
  const isForced = ended === 'forced';
  const canAsk = whyNoSignIn !== undefined;
  const why = isForced ? 'a new one was requested' : describeEnd[ended](portal.shownStartUrl);
  const noTerminal = isForced ? ', and no one can be asked here' : '';
  const reason = canAsk ? `; ${whyNoSignIn}, so no one is asked` : noTerminal;
  const options = [...(isForced ? ['--force'] : []), ...(canAsk ? ['--interactive'] : [])];
  const comment = isForced && !canAsk ? 'in a terminal' : undefined;
  return new AtmosError(
    'ERR_AUTH_SIGN_IN_REQUIRED',
    `${titleOf(provider)} needs a sign-in: ${why}${reason}`,
    { hints: [loginAt(provider.name, options, comment)] },
  );
}
