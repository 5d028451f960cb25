// Signing in with a code on any machine: the device authorization grant (RFC 8628). Loaded only for
// that.

import { isAtmosError, AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { isLoopback } from '../../core/loopback.ts';
import { refused, unfinished, untilSignedIn, type SignInRequest } from './sign-in-page.ts';
import type { DeviceCode, IssuedToken, Registration, SsoOidc } from './sso-oidc.ts';
import { isRefusal } from './json-service.ts';
import { isAwsPage } from './start-url.ts';

/** By how much SlowDown makes the interval longer, each time (RFC 8628, section 3.5). */
const slowDownMs = 5_000;

/**
 * Shows the page and the code, opens the page if a browser can be opened, and asks the service until the
 * person has signed in.
 *
 * @param startUrl of AWS
 * @throws ERR_AUTH_SIGN_IN_FAILED; ERR_AWS_ENDPOINT for a page that does not belong to AWS; as the calls
 *   of `oidc`
 */
export async function signInByDevice(
  oidc: SsoOidc,
  registration: Registration,
  startUrl: string,
  request: SignInRequest,
): Promise<IssuedToken> {
  const device = await oidc.startDevice(registration, startUrl);
  const { page: url, userCode: code, expiresInMs: limitMs } = device;
  checkPage(url, oidc);
  return untilSignedIn(
    { url, code, limitMs },
    request,
    (signal) => [poll(oidc, registration, device, request, signal)],
    (issued) => Promise.resolve(issued),
  );
}

/**
 * A person enters a password there. A service that is not AWS, which was trusted, may use pages of its
 * own host and port.
 *
 * @throws ERR_AWS_ENDPOINT
 */
function checkPage(
  url: URL,
  { endpoint, endpointSetting }: Pick<SsoOidc, 'endpoint' | 'endpointSetting'>,
): void {
  const isOfEndpoint = url.origin === endpoint.origin;
  const isSecure =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (isAwsPage(url) || (isOfEndpoint && isSecure)) return;
  // Other schemes have no origin: javascript:, file:.
  const shown = url.origin === 'null' ? `an address with ${url.protocol.slice(0, 40)}` : url.origin;
  throw new AtmosError(
    'ERR_AWS_ENDPOINT',
    `IAM Identity Center names a page for the sign-in that does not belong to AWS: ${shown}`,
    { hints: [say(`check ${endpointSetting}`)] },
  );
}

/** The first request is sent at once: the device may be allowed already. */
async function poll(
  oidc: SsoOidc,
  registration: Registration,
  { deviceCode, intervalMs: firstMs, expiresInMs }: DeviceCode,
  request: SignInRequest,
  signal: AbortSignal,
): Promise<IssuedToken> {
  const { host } = request.context;
  const endMs = host.monotonicMs() + expiresInMs;
  let intervalMs = firstMs;
  for (;;) {
    try {
      return await oidc.pollDevice(registration, deviceCode);
    } catch (error) {
      if (isRefusal(error, 'AccessDeniedException')) throw refused(request);
      if (isRefusal(error, 'ExpiredTokenException')) throw unfinished(request);
      if (isRefusal(error, 'SlowDownException')) intervalMs += slowDownMs;
      else if (!mayContinue(error)) throw error;
    }
    if (host.monotonicMs() + intervalMs >= endMs) throw unfinished(request);
    await host.sleep(intervalMs, signal);
  }
}

/** The person has not signed in yet, or the service did not answer this time. */
function mayContinue(error: unknown): boolean {
  if (isRefusal(error)) {
    const { reason, status } = error;
    return reason === 'AuthorizationPendingException' || status === 429 || status >= 500;
  }
  return isAtmosError(error, 'ERR_NETWORK');
}
