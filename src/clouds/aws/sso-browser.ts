// Signing in to IAM Identity Center on its page. Loaded only for that.

import { isRefusal } from './json-service.ts';
import { signInByRedirect, type RedirectSignIn } from './pkce.ts';
import {
  refused,
  signInFailed,
  type AuthorizationCode,
  type SignInRequest,
} from './sign-in-page.ts';
import { scopes, type IssuedToken, type Registration, type SsoOidc } from './sso-oidc.ts';

/**
 * Shows the page, and waits for the redirect: see {@link signInByRedirect}.
 *
 * @param complete what must succeed before the browser says that the person is signed in
 * @throws as `signInByRedirect` and the calls of `oidc`
 */
export function signInByBrowser<T>(
  oidc: SsoOidc,
  { clientId, ...registration }: Registration,
  request: Omit<RedirectSignIn, 'pageOf'>,
  complete: (token: IssuedToken) => Promise<T>,
): Promise<T> {
  const pageOf: RedirectSignIn['pageOf'] = ({ redirectUri, state, codeChallenge }) =>
    authorizeUrl(oidc.endpoint, {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge_method: 'S256',
      scopes: scopes.join(' '),
      code_challenge: codeChallenge,
    });
  return signInByRedirect({ ...request, pageOf }, async (code) =>
    complete(await exchange(oidc, { clientId, ...registration }, code, request)),
  );
}

/** The page is at the endpoint of the service, and its parameter is `scopes`: as in the AWS CLI. */
function authorizeUrl(endpoint: URL, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(`${endpoint.pathname.replace(/\/$/, '')}/authorize`, endpoint);
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

/** @throws ERR_AUTH_SIGN_IN_FAILED for a code that the service does not accept */
async function exchange(
  oidc: SsoOidc,
  registration: Registration,
  code: AuthorizationCode,
  request: SignInRequest,
): Promise<IssuedToken> {
  try {
    return await oidc.exchange(registration, code);
  } catch (error) {
    if (isRefusal(error, 'AccessDeniedException')) throw refused(request);
    if (isRefusal(error, 'InvalidGrantException', 'ExpiredTokenException')) {
      const said = `the code of the page was not accepted (${error.reason})`;
      throw signInFailed(`the sign-in to ${request.place} failed: ${said}`, request);
    }
    throw error;
  }
}
