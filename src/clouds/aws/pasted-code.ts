// Signing in on another device, whose last page shows a code that the person copies to the terminal.
// Loaded only for that.

import {
  codeIn,
  limitMs,
  newAttempt,
  plainText,
  unfinishedAfterLimit,
  type PageParameters,
} from './pkce.ts';
import { untilSignedIn, type AuthorizationCode, type SignInRequest } from './sign-in-page.ts';

export interface CodeSignIn extends SignInRequest {
  /** The address of the page that shows the code. */
  readonly redirectUri: string;
  /** The page, for these parameters of the request. */
  pageOf(parameters: PageParameters): URL;
  /** Reads a code that the person enters. */
  pasteCode(signal: AbortSignal): Promise<string>;
}

/**
 * Shows the page, and waits for the code that the person enters, who may try again.
 *
 * @param complete exchanges the code
 * @throws ERR_AUTH_SIGN_IN_FAILED; what `complete` throws
 */
export function signInByPastedCode<T>(
  request: CodeSignIn,
  complete: (code: AuthorizationCode) => Promise<T>,
): Promise<T> {
  const { redirectUri, pageOf, pasteCode, context } = request;
  const { state, codeVerifier, codeChallenge, isExpected } = newAttempt();
  async function pasted(signal: AbortSignal): Promise<URLSearchParams> {
    for (;;) {
      const parameters = parametersIn(plainText(await pasteCode(signal)), redirectUri);
      if (parameters !== undefined && isExpected(parameters)) return parameters;
      context.warn(
        parameters === undefined
          ? 'this is not the code of the last page of the sign-in: copy all of it'
          : 'this code belongs to another sign-in: copy the code of the page above',
      );
    }
  }
  return untilSignedIn(
    { url: pageOf({ redirectUri, state, codeChallenge }), limitMs },
    request,
    (signal) => [pasted(signal), unfinishedAfterLimit(request, signal)],
    (parameters) => complete({ code: codeIn(parameters, request), redirectUri, codeVerifier }),
  );
}

/** `state=…&code=…` in base64, or the address of the page that shows it. Undefined for anything else. */
function parametersIn(text: string, redirectUri: string): URLSearchParams | undefined {
  const parameters = text.startsWith(`${redirectUri}?`)
    ? new URL(text).searchParams
    : decoded(text);
  return parameters?.has('state') && parameters.has('code') ? parameters : undefined;
}

function decoded(code: string): URLSearchParams | undefined {
  if (!/^[\w+/-]{8,8192}={0,2}$/.test(code)) return undefined;
  return new URLSearchParams(Buffer.from(code, 'base64').toString('utf8'));
}
