// The flow of SSO-OIDC for browsers: authorization codes with PKCE (RFC 7636), and their page.
import { createHash, randomBytes } from 'node:crypto';
import { SsoError } from './sso-answers.mjs';
import { confirmPage, redirectTo } from './sso-pages.mjs';
import { newSecret, secondsAfter } from './sso-sessions.mjs';

/**
 * @import { SsoClient, SsoOperations, SsoRequest, SsoSettings } from './identity-center-types.ts'
 *
 * @typedef {object} AuthorizationRequest
 * @property {SsoClient} client
 * @property {string} redirectUri
 * @property {string} challenge
 * @property {string | undefined} state
 */

/**
 * @param {SsoSettings} settings
 * @param {(id: string) => SsoClient | undefined} findClient
 */
export function createAuthorize(settings, findClient) {
  const { users, userNamed, clock, lifetimes } = settings;
  /** @type {Map<string, AuthorizationRequest>} shown on a page */
  const requests = new Map();
  /** @type {Map<string, AuthorizationRequest & { user: string, expiresAt: Date }>} */
  const codes = new Map();

  /**
   * @param {AuthorizationRequest} request
   * @param {boolean} isAllowed
   * @param {string} [user]
   */
  const decided = (request, isAllowed, user) => {
    if (!isAllowed) return answerWith(request, { error: 'access_denied' });
    const code = newSecret('aoc');
    const expiresAt = secondsAfter(clock(), lifetimes.authorizationCode);
    codes.set(code, { ...request, user: userNamed(user), expiresAt });
    return answerWith(request, { code });
  };

  /** @type {SsoOperations} */
  const operations = {
    'GET /authorize': {
      name: 'Authorize',
      input: 'query',
      // The parameter of the scopes is `scopes`, not `scope` as in OAuth.
      required: [
        'response_type',
        'client_id',
        'redirect_uri',
        'code_challenge_method',
        'code_challenge',
        'scopes',
      ],
      optional: ['state'],
      answer({ params }) {
        const request = requestOf(params, findClient(String(params['client_id'])));
        const problem = problemOf(params, request.client);
        if (problem !== undefined) return answerWith(request, { error: problem });
        if (settings.pages() !== 'ask') {
          return decided(request, settings.pages() === 'allow');
        }
        const id = randomBytes(16).toString('base64url');
        requests.set(id, request);
        const title = `Allow ${new URL(request.redirectUri).host} to access your accounts?`;
        return confirmPage(title, '/authorize', { request: id }, users);
      },
    },
    'POST /authorize': {
      name: 'AuthorizeDecision',
      input: 'form',
      required: ['request', 'decision', 'user'],
      optional: [],
      answer({ params }) {
        const id = String(params['request']);
        const request = requests.get(id);
        if (!request) throw new SsoError('InvalidRequestException');
        requests.delete(id);
        return decided(request, params['decision'] === 'allow', String(params['user']));
      },
    },
  };

  return {
    operations,
    /**
     * The user who allowed the request of the code, which is spent by this.
     *
     * @param {{ code: string, redirectUri: string, verifier: string }} grant
     * @param {SsoClient} client
     */
    redeem({ code, redirectUri, verifier }, client) {
      if (!/^[\w.~-]{43,128}$/.test(verifier)) {
        throw new SsoError('InvalidRequestException', 'codeVerifier is invalid');
      }
      const known = codes.get(code);
      codes.delete(code);
      const isValid =
        known?.client.id === client.id &&
        known.redirectUri === redirectUri &&
        known.challenge === createHash('sha256').update(verifier).digest('base64url') &&
        clock() < known.expiresAt;
      return isValid ? known.user : undefined;
    },
  };
}

/**
 * The parts of a request without which there is no one to redirect to.
 *
 * @param {SsoRequest['params']} params
 * @param {SsoClient | undefined} client
 * @returns {AuthorizationRequest}
 */
function requestOf(params, client) {
  if (!client) throw new SsoError('InvalidClientException');
  const redirectUri = String(params['redirect_uri']);
  if (!client.redirectUris.some((registered) => matches(redirectUri, registered))) {
    throw new SsoError('InvalidRedirectUriException');
  }
  const state = params['state'] === undefined ? undefined : String(params['state']);
  return { client, redirectUri, challenge: String(params['code_challenge']), state };
}

/**
 * @param {SsoRequest['params']} params
 * @param {SsoClient} client
 * @returns {string | undefined} the error of OAuth
 */
function problemOf(params, { scopes, grantTypes }) {
  if (!grantTypes?.includes('authorization_code')) return 'unauthorized_client';
  if (params['response_type'] !== 'code') return 'unsupported_response_type';
  const wanted = String(params['scopes']).split(' ');
  if (!wanted.every((scope) => scopes.includes(scope))) return 'invalid_scope';
  const isS256 = params['code_challenge_method'] === 'S256';
  return isS256 && /^[\w-]{43}$/.test(String(params['code_challenge']))
    ? undefined
    : 'invalid_request';
}

/**
 * @param {string} used
 * @param {string} registered without a port
 */
function matches(used, registered) {
  if (!URL.canParse(used)) return false;
  const url = new URL(used);
  url.port = '';
  return url.href === new URL(registered).href;
}

/**
 * @param {AuthorizationRequest} request
 * @param {Record<string, string>} answer
 */
function answerWith({ redirectUri, state }, answer) {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({
    ...answer,
    ...(state !== undefined && { state }),
  })) {
    url.searchParams.set(name, value);
  }
  return redirectTo(url);
}
