// A page on which a person signs in: shown, opened in a browser, and waited for.

import { AtmosError } from '../../core/errors.ts';
import { optionWords, run, type Hint } from '../../core/hint.ts';
import type { OpenContext, SignIn } from '../contract.ts';

/** The path of the redirect, whose port is chosen later: any port is accepted (RFC 8252, section 7.3). */
export const redirectPath = '/oauth/callback';

/** What a redirect has brought, and what proves that this process asked for it. */
export interface AuthorizationCode {
  readonly code: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** Who is to sign in, and where. */
export interface SignInRequest {
  readonly context: OpenContext;
  readonly signIn: SignIn;
  /** For whom: `provider corp`. */
  readonly named: string;
  /** Where, in messages: the start URL of a portal. */
  readonly place: string;
  /** How to try again. */
  readonly again: Hint;
  /** The command that opens a page. Default: the browser of the user. */
  readonly browser: string | undefined;
}

interface Page {
  readonly url: URL;
  readonly code?: string;
  readonly limitMs: number;
}

/**
 * Shows the page, and opens it if a browser can be opened, until one of the waits settles. A browser that
 * cannot be started is no failure, because the page is shown as well.
 *
 * @param waits for the outcome; each ends when the signal aborts
 * @param use what happens with it before this returns. A caller may show the page until the browser has
 *   its answer, which is given here
 */
export async function untilSignedIn<T, Used>(
  { url, code, limitMs }: Page,
  { context, signIn, named, browser }: SignInRequest,
  waits: (signal: AbortSignal) => readonly Promise<T>[],
  use: (outcome: T) => Promise<Used>,
): Promise<Used> {
  const ended = new AbortController();
  const expiresAt = new Date(context.host.now().getTime() + limitMs);
  const page = { url, named, expiresAt, ...(code === undefined ? {} : { code }) };
  const shown = signIn.showPage(page, ended.signal);
  const opened = signIn.openPage?.(url, browser);
  try {
    const outcome = await Promise.race([
      ...waits(ended.signal),
      failureOf(shown),
      failureOf(opened),
    ]);
    ended.abort();
    return await use(outcome);
  } finally {
    ended.abort();
    // The terminal is free again only then.
    await Promise.allSettled([shown]);
  }
}

/** Rejects if the promise does, and never resolves. */
function failureOf(promise: Promise<unknown> | undefined): Promise<never> {
  return new Promise((_, reject) => {
    promise?.catch(reject);
  });
}

/** The person, or the administrator, does not allow it. */
export function refused(request: SignInRequest): AtmosError {
  return signInFailed(`the sign-in to ${request.place} (${request.named}) was refused`, request);
}

/** No one has signed in while the page was valid. */
export function unfinished(request: SignInRequest): AtmosError {
  return signInFailed(
    `no one signed in to ${request.place} (${request.named}) in time, so the page is no longer valid`,
    request,
  );
}

export function signInFailed(message: string, { again }: Pick<SignInRequest, 'again'>): AtmosError {
  return new AtmosError('ERR_AUTH_SIGN_IN_FAILED', message, { hints: [again] });
}

/** Signs in at the provider. */
export function loginAt(provider: string, options: readonly string[] = [], comment?: string) {
  const command = ['atmos', 'auth', 'login', ...optionWords('--provider', provider), ...options];
  return run(command, comment);
}
