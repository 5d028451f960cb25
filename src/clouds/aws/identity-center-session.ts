// Opens the token of a portal: renewed, or by a person who signs in. Loaded only for that.

import { ssoToken, type SsoToken } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import { titleOf } from '../../core/kind-config.ts';
import { parseTimestamp } from '../../core/time.ts';
import type { Kept, OpenContext, Opened, SignIn } from '../contract.ts';
import { accepts, expectedFields, type Center } from './identity-center-settings.ts';
import { withPortal } from './portal.ts';
import { loginAt, type SignInRequest } from './sign-in-page.ts';
import {
  withSsoOidc,
  type IssuedToken,
  type Registration,
  type SignInFlow,
  type SsoOidc,
} from './sso-oidc.ts';
import { isRefusal } from './sso-service.ts';

/** What is left of a token or a registration must be enough to use it. */
const minLeftMs = 60_000;

/**
 * Gives the token of the portal, with what renews it. A token that another provider keeps, of a person
 * who was not compared with `spec.expect`, is compared now.
 *
 * @throws ERR_AUTH_SIGN_IN_REQUIRED, ERR_AUTH_SIGN_IN_FAILED, ERR_AUTH_OTHER_USER; ERR_IO for the port
 *   of the redirect; ERR_NETWORK, ERR_AWS, ERR_AWS_ENDPOINT, ERR_CONFIG_INVALID
 */
export async function open(center: Center, context: OpenContext): Promise<Opened> {
  const { previous, host } = context;
  if (previous !== undefined && !previous.isRefused && !accepts(center.settings, previous)) {
    const { credentials, clockOffsetMs, limits, renewal = {} } = previous;
    const now = host.now().getTime() + clockOffsetMs;
    if (credentials.type === 'sso' && credentials.expiresAt.getTime() - now > minLeftMs) {
      const checked = await check(center, credentials, {}, { ...context, clockOffsetMs });
      return { credentials, clockOffsetMs, limits, renewal: { ...renewal, ...checked } };
    }
  }
  return withSsoOidc(center.portal, context, async (oidc) => {
    const renewed = await renew(oidc, previous, host);
    if (typeof renewed !== 'string') {
      const { registration, issued } = renewed;
      return finish(center, registration, issued, previous?.renewal ?? {}, context);
    }
    const { signIn, whyNoSignIn } = context.ask;
    if (signIn === undefined) throw signInRequired(center, renewed, whyNoSignIn);
    return signInAt(oidc, center, signIn, context);
  });
}

/** Ends the session of the person at the portal. @throws as the calls of the portal */
export async function revoke(
  { portal }: Center,
  { credentials }: Kept,
  context: Pick<OpenContext, 'host' | 'timeoutMs' | 'clockOffsetMs'>,
): Promise<void> {
  if (credentials.type !== 'sso') throw new TypeError(`a portal gives no ${credentials.type}`);
  try {
    await withPortal(portal, credentials, context, (opened) => opened.logOut());
  } catch (error) {
    // It has ended already.
    if (!isRefusal(error) || error.status !== 401) throw error;
  }
}

/** The names of what is kept with the token. */
const fields = {
  refreshToken: 'refresh_token',
  clientId: 'client_id',
  clientSecret: 'client_secret',
  registrationExpiresAt: 'registration_expires_at',
  flow: 'flow',
  ...expectedFields,
} as const;

type Renewal = NonNullable<Kept['renewal']>;

/** Why a token cannot be renewed without a person. */
type Ended = keyof typeof describeEnd;

const describeEnd = {
  absent: (portal: string) => `no one has signed in to ${portal}`,
  token: (portal: string) => `the token of ${portal} has expired and cannot be renewed`,
  registration: (portal: string) => `the registration of this program at ${portal} has ended`,
  session: (portal: string) => `the session at ${portal} has ended`,
} as const;

/** Renews the token. A network error is no reason to sign in, so it is thrown. */
async function renew(
  oidc: SsoOidc,
  previous: Kept | undefined,
  { now }: OpenContext['host'],
): Promise<{ readonly registration: Registration; readonly issued: IssuedToken } | Ended> {
  if (previous === undefined) return 'absent';
  const refreshToken = previous.renewal?.[fields.refreshToken];
  if (refreshToken === undefined) return 'token';
  const registration = registrationIn(previous.renewal, now());
  if (registration === undefined) return 'registration';
  try {
    const issued = await oidc.refresh(registration, refreshToken);
    return { registration, issued: { refreshToken, ...issued } };
  } catch (error) {
    if (!isRefusal(error) || error.status === 429 || error.status >= 500) throw error;
    if (error.reason === 'SlowDownException') throw error;
    return registrationRefusals.includes(error.reason) ? 'registration' : 'session';
  }
}

const registrationRefusals = ['InvalidClientException', 'UnauthorizedClientException'];

/** The registration that is kept, unless it has expired. */
function registrationIn(renewal: Renewal = {}, now: Date): Registration | undefined {
  const { [fields.clientId]: clientId, [fields.clientSecret]: clientSecret } = renewal;
  const expiresAt = parseTimestamp(renewal[fields.registrationExpiresAt] ?? '');
  if (clientId === undefined || clientSecret === undefined || expiresAt === undefined) {
    return undefined;
  }
  if (expiresAt.getTime() - now.getTime() < minLeftMs) return undefined;
  const flow: SignInFlow = renewal[fields.flow] === 'device' ? 'device' : 'browser';
  return { clientId, clientSecret, expiresAt, flow };
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
    provider: provider.name,
    shownStartUrl: portal.shownStartUrl,
    browser: settings.browser,
  };
  const auto = signIn.openPage === undefined ? 'device' : 'browser';
  const flow = signIn.flow ?? settings.flow ?? auto;
  if (flow === 'browser') {
    const { signInByBrowser } = await import('./pkce.ts');
    // Always a new registration: a page shows that it does not accept one, and never redirects.
    const registration = await oidc.register('browser', startUrl);
    const port = settings.callbackPort;
    const portPlace = port === undefined ? undefined : provider.locate(['spec', 'callback_port']);
    const listening = { ...request, port, portPlace };
    return signInByBrowser(oidc, registration, listening, (issued) =>
      finish(center, registration, issued, {}, context),
    );
  }
  const { signInByDevice } = await import('./device-code.ts');
  const byDevice = async (registration: Registration) => {
    const issued = await signInByDevice(oidc, registration, startUrl, request);
    return finish(center, registration, issued, {}, context);
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

/** @param known what was compared when the person signed in, if the token was renewed */
async function finish(
  center: Center,
  registration: Registration,
  { accessToken, expiresAt, refreshToken, clockOffsetMs }: IssuedToken,
  known: Renewal,
  context: OpenContext,
): Promise<Opened> {
  const { startUrl, region } = center.settings;
  const credentials = ssoToken({ accessToken, expiresAt, startUrl, region });
  const checked = await check(center, credentials, known, { ...context, clockOffsetMs });
  const { clientId, clientSecret, expiresAt: registrationEnd, flow } = registration;
  return {
    credentials,
    clockOffsetMs,
    limits: [],
    renewal: {
      ...withoutAbsent({ [fields.refreshToken]: refreshToken }),
      [fields.clientId]: clientId,
      [fields.clientSecret]: clientSecret,
      [fields.registrationExpiresAt]: registrationEnd.toISOString(),
      [fields.flow]: flow,
      ...checked,
    },
  };
}

/** Compares who signed in, unless this was done before. @returns what is kept of it */
async function check(
  center: Center,
  token: SsoToken,
  known: Renewal,
  context: OpenContext,
): Promise<Renewal> {
  const { expect } = center.settings;
  if (!accepts(center.settings, { renewal: known })) {
    const { checkExpected } = await import('./expected-user.ts');
    await checkExpected(center, token, context);
  }
  const { [fields.account]: account, [fields.user]: user } = known;
  return withoutAbsent({
    [fields.account]: expect.account ?? account,
    [fields.user]: expect.user ?? user,
  });
}

function signInRequired(
  { provider, portal }: Center,
  ended: Ended,
  whyNoSignIn: string | undefined,
): AtmosError {
  const needed = `${titleOf(provider)} needs a sign-in: ${describeEnd[ended](portal.shownStartUrl)}`;
  const reason = whyNoSignIn === undefined ? '' : `; ${whyNoSignIn}, so no one is asked`;
  return new AtmosError('ERR_AUTH_SIGN_IN_REQUIRED', `${needed}${reason}`, {
    hints: [loginAt(provider.name, whyNoSignIn === undefined ? [] : ['--interactive'])],
  });
}
