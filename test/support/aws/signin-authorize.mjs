// The pages of the stand-in for AWS Sign-In: the request for an authorization code with PKCE (RFC 7636),
// and the page that shows the code to a person whose browser is on another device.
import { createHash, randomBytes } from 'node:crypto';
import { confirmPage, messagePage, redirectTo } from './sso-pages.mjs';

/**
 * @import { SigninAnswer, SigninGrant, SigninSettings } from './signin-types.ts'
 *
 * @typedef {SigninGrant & { expiresAt: Date }} Code
 */

export const clientIds = {
  sameDevice: 'arn:aws:signin:::devtools/same-device',
  crossDevice: 'arn:aws:signin:::devtools/cross-device',
};

/** Thrown for a request that the published flow does not have. */
export class Problem extends Error {}

/** @param {SigninSettings} settings */
export function createAuthorize({ clock, lifetimes, origin, pages, principal }) {
  /** @type {Map<string, SigninGrant>} shown on a page */
  const requests = new Map();
  /** @type {Map<string, Code>} */
  const codes = new Map();

  /**
   * @param {SigninGrant} request
   * @param {boolean} isAllowed
   */
  function decided(request, isAllowed) {
    const url = new URL(request.redirectUri);
    url.searchParams.set('state', request.state);
    if (isAllowed) {
      const code = randomBytes(24).toString('base64url');
      const expiresAt = new Date(clock().getTime() + lifetimes.code * 1000);
      codes.set(code, { ...request, expiresAt });
      url.searchParams.set('code', code);
    } else {
      url.searchParams.set('error', 'access_denied');
    }
    return redirectTo(url);
  }

  return {
    /**
     * @param {URLSearchParams} query
     * @returns {SigninAnswer}
     */
    authorize(query) {
      const request = requestIn(query, origin());
      if (pages() !== 'ask') return decided(request, pages() === 'allow');
      const id = randomBytes(16).toString('base64url');
      requests.set(id, request);
      const title = 'Continue with an active session?';
      return confirmPage(title, '/v1/decide', { request: id }, [{ name: principal }]);
    },
    /**
     * @param {URLSearchParams} fields
     * @returns {SigninAnswer}
     */
    decide(fields) {
      const request = requests.get(fields.get('request') ?? '');
      if (!request) throw new Problem('unknown request');
      requests.delete(fields.get('request') ?? '');
      return decided(request, fields.get('decision') === 'allow');
    },
    /**
     * Shows what a person copies to the terminal.
     *
     * @param {URLSearchParams} query
     * @returns {SigninAnswer}
     */
    confirm(query) {
      const [state, code] = [query.get('state'), query.get('code')];
      if (state === null || code === null) return messagePage('Request denied');
      return messagePage(Buffer.from(`state=${state}&code=${code}`).toString('base64'));
    },
    /**
     * Whether the grant belongs to a code, which is spent by this.
     *
     * @param {{ clientId: string, code: string, redirectUri: string, verifier: string }} grant
     */
    redeem({ clientId, code, redirectUri, verifier }) {
      if (!/^[\w.~-]{43,128}$/.test(verifier)) throw new Problem('codeVerifier is invalid');
      const known = codes.get(code);
      codes.delete(code);
      return (
        known?.clientId === clientId &&
        known.redirectUri === redirectUri &&
        known.challenge === createHash('sha256').update(verifier).digest('base64url') &&
        clock() < known.expiresAt
      );
    },
  };
}

const expected = {
  response_type: 'code',
  code_challenge_method: 'SHA-256',
  scope: 'openid',
};

/**
 * @param {URLSearchParams} query
 * @param {string} origin
 * @returns {SigninGrant}
 */
function requestIn(query, origin) {
  const names = ['client_id', 'state', 'redirect_uri', 'code_challenge', ...Object.keys(expected)];
  const given = [...query.keys()];
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Problem(`unknown parameter ${unknown}`);
  const missing = names.find((name) => query.getAll(name).length !== 1);
  if (missing !== undefined) throw new Problem(`${missing} is missing or repeated`);
  for (const [name, value] of Object.entries(expected)) {
    if (query.get(name) !== value) throw new Problem(`${name} is not ${value}`);
  }
  const text = (/** @type {string} */ name) => query.get(name) ?? '';
  if (!/^[\w-]{43}$/.test(text('code_challenge'))) throw new Problem('code_challenge is invalid');
  const [clientId, redirectUri] = [text('client_id'), text('redirect_uri')];
  const isCross = redirectUri === `${origin}/v1/sessions/confirmation`;
  const isSame = /^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback$/.test(redirectUri);
  const isValid =
    (clientId === clientIds.sameDevice && isSame) ||
    (clientId === clientIds.crossDevice && isCross);
  if (!isValid) throw new Problem('client_id and redirect_uri do not belong together');
  return { clientId, redirectUri, challenge: text('code_challenge'), state: text('state') };
}
