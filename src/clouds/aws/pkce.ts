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
  redirectPath,
  refused,
  signInFailed,
  unfinished,
  untilSignedIn,
  type AuthorizationCode,
  type SignInRequest,
} from './sign-in-page.ts';

/** As long as the AWS CLI waits. */
export const limitMs = 10 * 60 * 1000;

export interface RedirectSignIn extends SignInRequest {
  /** The port of the redirect. Default: any free port. */
  readonly port?: number | undefined;
  /** Where it is configured. Absent: it is not. */
  readonly portPlace?: string | undefined;
  /** The page, for these parameters of the request. */
  pageOf(parameters: PageParameters): URL;
}

/** The parameters of a request for a code that are the same for every service. */
export interface PageParameters {
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
}

/** The address to which the browser was sent. */
interface Arrived {
  readonly parameters: URLSearchParams;
  /** Shows the outcome in the browser, if it waits for it. Only the first call has an effect. */
  answer?(isSignedIn: boolean): void;
}

/** What one sign-in is recognized by. */
export interface Attempt {
  readonly codeVerifier: string;
  readonly codeChallenge: string;
  readonly state: string;
  /** Whether the parameters belong to this sign-in. */
  isExpected(parameters: URLSearchParams): boolean;
}

export function newAttempt(): Attempt {
  const state = randomBytes(32).toString('base64url');
  const codeVerifier = randomBytes(32).toString('base64url');
  return {
    state,
    codeVerifier,
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    isExpected: (parameters) => isSame(parameters.get('state') ?? '', state),
  };
}

/**
 * Shows the page, opens it if a browser can be opened, and waits for the redirect, or for its address
 * that the person enters.
 *
 * @param complete exchanges the code, and does what must succeed before the browser says that the person is
 *   signed in
 * @throws ERR_AUTH_SIGN_IN_FAILED; ERR_IO for the port; what `complete` throws
 */
export async function signInByRedirect<T>(
  request: RedirectSignIn,
  complete: (code: AuthorizationCode) => Promise<T>,
): Promise<T> {
  const { context, signIn, port } = request;
  const { state, codeVerifier, codeChallenge, isExpected } = newAttempt();
  const listener = await listenForRedirect({
    path: redirectPath,
    isExpected,
    ...withoutAbsent({ port }),
  }).catch((error: unknown) => {
    throw withPortHint(error, request);
  });
  try {
    const redirectUri = `http://127.0.0.1:${listener.port}${redirectPath}`;
    const url = request.pageOf({ redirectUri, state, codeChallenge });
    const { pasteAddress } = signIn;
    const waits = (signal: AbortSignal): readonly Promise<Arrived>[] => [
      listener.next(signal).then(({ url: { searchParams: parameters }, answer }) => ({
        parameters,
        answer,
      })),
      ...(pasteAddress === undefined
        ? []
        : [pastedParameters(() => pasteAddress(signal), isExpected, context)]),
      unfinishedAfterLimit(request, signal),
    ];
    return await untilSignedIn({ url, limitMs }, request, waits, async (arrived) => {
      try {
        const code = codeIn(arrived.parameters, request);
        const completed = await complete({ code, redirectUri, codeVerifier });
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

/** Rejects when no one has signed in in time. */
export async function unfinishedAfterLimit(
  request: SignInRequest,
  signal: AbortSignal,
): Promise<never> {
  await request.context.host.sleep(limitMs, signal);
  throw unfinished(request);
}

/** The listener does not know where its port is configured. */
function withPortHint(error: unknown, { portPlace }: RedirectSignIn): unknown {
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

/** Takes as long as for any other text of this length. */
function isSame(text: string, expected: string): boolean {
  const [one, other] = [Buffer.from(text), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The parameters of the address that the person enters, who may try again. */
async function pastedParameters(
  paste: () => Promise<string>,
  isExpected: (parameters: URLSearchParams) => boolean,
  { warn }: Pick<SignInRequest['context'], 'warn'>,
): Promise<Arrived> {
  for (;;) {
    const parameters = parametersIn(plainText(await paste()));
    if (parameters !== undefined && isExpected(parameters)) return { parameters };
    warn(
      `this is not the address of the last page of this sign-in: it starts with http://127.0.0.1 and contains ${redirectPath}`,
    );
  }
}

/** Without what programs put around and into an address or a code: quotes, `<>` and line breaks. */
export function plainText(text: string): string {
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

/** The code of the redirect. @throws ERR_AUTH_SIGN_IN_FAILED */
export function codeIn(parameters: URLSearchParams, request: SignInRequest): string {
  const error = parameters.get('error');
  const code = parameters.get('code') ?? '';
  if (error === null && /^[\x21-\x7e]{1,16384}$/.test(code)) return code;
  if (error === null) {
    throw signInFailed(`the page of ${request.place} sent no code`, request);
  }
  if (error === 'access_denied') throw refused(request);
  const description = parameters.get('error_description') ?? '';
  const said = saidWithout([code], [error, description].filter((text) => text !== '').join(': '));
  throw signInFailed(`the sign-in to ${request.place} failed: ${said}`, request);
}
