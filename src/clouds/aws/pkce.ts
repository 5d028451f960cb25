// Signing in on a page that redirects to this process: the authorization code grant with PKCE
// (RFC 7636, RFC 8252). Loaded only for that.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { addOptions, say } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import { listenForRedirect } from '../../host/loopback-listener.ts';
import { isLoopback } from '../../core/loopback.ts';
import { saidWithout } from './said.ts';
import {
  refused,
  signInFailed,
  unfinished,
  untilSignedIn,
  type SignInRequest,
} from './sign-in-page.ts';
import {
  redirectPath,
  scopes,
  type AuthorizationCode,
  type IssuedToken,
  type Registration,
  type SsoOidc,
} from './sso-oidc.ts';
import { isRefusal } from './sso-refusal.ts';

/** As long as the AWS CLI waits. */
const limitMs = 10 * 60 * 1000;

export interface BrowserSignIn extends SignInRequest {
  /** The port of the redirect. Default: any free port. */
  readonly port: number | undefined;
  /** Where it is configured. Undefined: it is not. */
  readonly portPlace: string | undefined;
}

/** The address to which the browser was sent. */
interface Arrived {
  readonly parameters: URLSearchParams;
  /** Shows the outcome in the browser, if it waits for it. Only the first call has an effect. */
  answer?(isSignedIn: boolean): void;
}

/**
 * Shows the page, opens it if a browser can be opened, and waits for the redirect, or for its address
 * that the person enters.
 *
 * @param complete what must succeed before the browser says that the person is signed in
 * @throws ERR_AUTH_SIGN_IN_FAILED; ERR_IO for the port; as the calls of `oidc`, and as `complete`
 */
export async function signInByBrowser<T>(
  oidc: SsoOidc,
  registration: Registration,
  request: BrowserSignIn,
  complete: (token: IssuedToken) => Promise<T>,
): Promise<T> {
  const { context, signIn, port } = request;
  const state = randomBytes(32).toString('base64url');
  const codeVerifier = randomBytes(32).toString('base64url');
  const isExpected = (parameters: URLSearchParams) => isSame(parameters.get('state') ?? '', state);
  const listener = await listenForRedirect({
    path: redirectPath,
    isExpected,
    ...withoutAbsent({ port }),
  }).catch((error: unknown) => {
    throw withPortHint(error, request);
  });
  try {
    const redirectUri = `http://127.0.0.1:${listener.port}${redirectPath}`;
    const url = authorizeUrl(oidc.endpoint, {
      response_type: 'code',
      client_id: registration.clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge_method: 'S256',
      scopes: scopes.join(' '),
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    });
    const { pasteAddress } = signIn;
    const waits = (signal: AbortSignal): readonly Promise<Arrived>[] => [
      listener.next(signal).then(({ url: { searchParams: parameters }, answer }) => ({
        parameters,
        answer,
      })),
      ...(pasteAddress === undefined
        ? []
        : [pastedParameters(() => pasteAddress(signal), isExpected, context)]),
      context.host.sleep(limitMs, signal).then(() => {
        throw unfinished(request);
      }),
    ];
    return await untilSignedIn({ url, limitMs }, request, waits, async (arrived) => {
      try {
        const code = codeIn(arrived.parameters, request);
        const grant = { code, redirectUri, codeVerifier };
        const completed = await complete(await exchange(oidc, registration, grant, request));
        arrived.answer?.(true);
        return completed;
      } finally {
        arrived.answer?.(false);
      }
    });
  } finally {
    listener.close();
  }
}

/** The listener does not know where its port is configured. */
function withPortHint(error: unknown, { portPlace }: BrowserSignIn): unknown {
  if (!isAtmosError(error, 'ERR_IO')) return error;
  const change = say(`stop the other program, or change ${portPlace}`);
  return new AtmosError(error.code, error.message, {
    hints: [
      addOptions(['--device-code'], 'to sign in with a code, which needs no port'),
      ...(portPlace === undefined ? [] : [change]),
    ],
    cause: error,
  });
}

/** The page is at the endpoint of the service, and its parameter is `scopes`: as in the AWS CLI. */
function authorizeUrl(endpoint: URL, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(`${endpoint.pathname.replace(/\/$/, '')}/authorize`, endpoint);
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

/** Takes the time that it takes for any text of this length. */
function isSame(text: string, expected: string): boolean {
  const [one, other] = [Buffer.from(text), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The parameters of the address that the person enters, who may try again. */
async function pastedParameters(
  paste: () => Promise<string>,
  isExpected: (parameters: URLSearchParams) => boolean,
  { warn }: Pick<BrowserSignIn['context'], 'warn'>,
): Promise<Arrived> {
  for (;;) {
    const parameters = parametersIn(plainAddress(await paste()));
    if (parameters !== undefined && isExpected(parameters)) return { parameters };
    warn(
      `this is not the address of the last page of this sign-in: it starts with http://127.0.0.1 and contains ${redirectPath}`,
    );
  }
}

/** Without what programs put around and into an address: quotes, `<>` and line breaks. */
function plainAddress(text: string): string {
  const address = text.replaceAll(/\s+/g, '');
  return (
    /^(?:"(.*)"|'(.*)'|<(.*)>)$/
      .exec(address)
      ?.slice(1)
      .find((part) => part !== undefined) ?? address
  );
}

function parametersIn(address: string): URLSearchParams | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname, searchParams } = new URL(address);
  return isLoopback(hostname) && pathname === redirectPath ? searchParams : undefined;
}

/** @throws ERR_AUTH_SIGN_IN_FAILED */
function codeIn(parameters: URLSearchParams, request: BrowserSignIn): string {
  const error = parameters.get('error');
  const code = parameters.get('code') ?? '';
  if (error === null && /^[\x21-\x7e]{1,16384}$/.test(code)) return code;
  if (error === null) {
    throw signInFailed(`the page of ${request.shownStartUrl} sent no code`, request);
  }
  if (error === 'access_denied') throw refused(request);
  const description = parameters.get('error_description') ?? '';
  const said = saidWithout([code], [error, description].filter((text) => text !== '').join(': '));
  throw signInFailed(`the sign-in to ${request.shownStartUrl} failed: ${said}`, request);
}

/** @throws ERR_AUTH_SIGN_IN_FAILED for a code that the service does not accept */
async function exchange(
  oidc: SsoOidc,
  registration: Registration,
  code: AuthorizationCode,
  request: BrowserSignIn,
): Promise<IssuedToken> {
  try {
    return await oidc.exchange(registration, code);
  } catch (error) {
    if (isRefusal(error, 'AccessDeniedException')) throw refused(request);
    if (isRefusal(error, 'InvalidGrantException', 'ExpiredTokenException')) {
      const said = `the code of the page was not accepted (${error.reason})`;
      throw signInFailed(`the sign-in to ${request.shownStartUrl} failed: ${said}`, request);
    }
    throw error;
  }
}
