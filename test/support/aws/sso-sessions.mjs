// The portal sessions of users, and the tokens that depend on them.
import { randomBytes } from 'node:crypto';

/**
 * @import { IssuedToken, PortalSession, SsoClient, SsoSessions,
 *   SsoSettings } from './identity-center-types.ts'
 */

/** Without scopes a client gets one token for the working day. */
const legacyTokenSeconds = 8 * 60 * 60;

/**
 * @param {SsoSettings} settings
 * @returns {SsoSessions}
 */
export function createSessions({ lifetimes, clock }) {
  /** @type {Map<string, PortalSession>} by user */
  const current = new Map();
  /** @type {Map<string, { session: PortalSession, expiresAt: Date }>} */
  const accessTokens = new Map();
  /** @type {Map<string, { session: PortalSession, clientId: string }>} */
  const refreshTokens = new Map();
  /** @param {PortalSession} session */
  const isOpen = ({ endsAt }) => clock() < endsAt;

  return {
    open(user) {
      const known = current.get(user);
      if (known && isOpen(known)) return known;
      const session = { user, endsAt: secondsAfter(clock(), lifetimes.portal) };
      current.set(user, session);
      return session;
    },
    issue(session, client) {
      const wanted = client.scopes.length > 0 ? lifetimes.token : legacyTokenSeconds;
      const left = Math.floor((session.endsAt.getTime() - clock().getTime()) / 1000);
      const expiresIn = Math.min(wanted, left);
      const accessToken = newSecret('aoa');
      accessTokens.set(accessToken, { session, expiresAt: secondsAfter(clock(), expiresIn) });
      /** @type {IssuedToken} */
      const token = { accessToken, tokenType: 'Bearer', expiresIn };
      if (!isRefreshable(client)) return token;
      const refreshToken = newSecret('aor');
      refreshTokens.set(refreshToken, { session, clientId: client.id });
      return { ...token, refreshToken };
    },
    spend(refreshToken, client) {
      const known = refreshTokens.get(refreshToken);
      if (known?.clientId !== client.id || !isOpen(known.session)) return undefined;
      refreshTokens.delete(refreshToken);
      return known.session;
    },
    find(accessToken) {
      const known = accessTokens.get(accessToken);
      return known && clock() < known.expiresAt && isOpen(known.session)
        ? known.session
        : undefined;
    },
    expireTokens() {
      for (const token of accessTokens.values()) token.expiresAt = clock();
    },
    end(session) {
      session.endsAt = clock();
    },
    endAll() {
      for (const session of current.values()) session.endsAt = clock();
    },
  };
}

/** @param {SsoClient} client */
function isRefreshable({ scopes, grantTypes }) {
  return scopes.length > 0 && (grantTypes?.includes('refresh_token') ?? true);
}

/**
 * @param {Date} date
 * @param {number} seconds
 */
export function secondsAfter(date, seconds) {
  return new Date(date.getTime() + seconds * 1000);
}

/**
 * A random text, whose beginning says what it is.
 *
 * @param {string} prefix
 */
export function newSecret(prefix) {
  return prefix + randomBytes(48).toString('base64url');
}
