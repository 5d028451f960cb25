// The device flow of SSO-OIDC (RFC 8628): device codes, and the page where a person allows them.
import { randomBytes } from 'node:crypto';
import { SsoError, json } from './sso-answers.mjs';
import { confirmPage, messagePage, userCodePage } from './sso-pages.mjs';
import { newSecret, secondsAfter } from './sso-sessions.mjs';

/**
 * @import { SsoAnswer, SsoClient, SsoOperations, SsoRequest, SsoSettings } from './identity-center-types.ts'
 *
 * @typedef {object} DeviceAuthorization
 * @property {string} clientId
 * @property {string} userCode
 * @property {Date} expiresAt
 * @property {number} intervalSeconds which the client has to wait between two polls
 * @property {number} polls
 * @property {Date} [polledAt] the last poll but the first
 * @property {{ user: string } | 'denied'} [decision]
 */

/** A timer of the client may be a little early. */
const earlyMs = 100;
/** What SlowDown adds to the interval (RFC 8628, section 3.5). */
const slowDownSeconds = 5;
const letters = 'BCDFGHJKLMNPQRSTVWXZ';

/**
 * @param {SsoSettings} settings
 * @param {(request: SsoRequest) => SsoClient} authenticate
 */
export function createDevice(settings, authenticate) {
  const { users, userNamed, clock, lifetimes, pollIntervalSeconds } = settings;
  /** @type {Map<string, DeviceAuthorization>} by device code */
  const authorizations = new Map();

  /** @param {string | undefined} userCode undefined: every one */
  const waiting = (userCode) =>
    [...authorizations.values()].filter(
      (one) =>
        one.decision === undefined &&
        clock() < one.expiresAt &&
        (userCode ?? one.userCode) === one.userCode,
    );

  /**
   * @param {string | undefined} userCode
   * @param {{ user: string } | 'denied'} decision
   * @returns {boolean} whether a code was waiting
   */
  const decide = (userCode, decision) => {
    const found = waiting(userCode);
    for (const one of found) one.decision = decision;
    return found.length > 0;
  };

  /**
   * @param {string} userCode
   * @param {boolean} isAllowed
   * @param {string} [user]
   * @returns {SsoAnswer}
   */
  const decided = (userCode, isAllowed, user) => {
    if (!decide(userCode, isAllowed ? { user: userNamed(user) } : 'denied'))
      return messagePage('Invalid code', 400);
    return messagePage(isAllowed ? 'Request approved' : 'Request denied');
  };

  /** @type {SsoOperations} */
  const operations = {
    'POST /device_authorization': {
      name: 'StartDeviceAuthorization',
      input: 'json',
      required: ['clientId', 'clientSecret', 'startUrl'],
      optional: [],
      answer(request) {
        const { id } = authenticate(request);
        if (!settings.isPortal(String(request.params['startUrl']))) {
          throw new SsoError('InvalidRequestException', 'Invalid start url provided');
        }
        const deviceCode = newSecret('dev');
        const userCode = newUserCode();
        authorizations.set(deviceCode, {
          clientId: id,
          userCode,
          expiresAt: secondsAfter(clock(), lifetimes.deviceCode),
          intervalSeconds: pollIntervalSeconds,
          polls: 0,
          ...(settings.isPreauthorized && { decision: { user: userNamed() } }),
        });
        const host = String(request.headers.host);
        // A host of AWS: a test leads its TLS connections here.
        const scheme = host.endsWith('.amazonaws.com') ? 'https' : 'http';
        const verificationUri = `${scheme}://${host}/device`;
        return json({
          deviceCode,
          userCode,
          verificationUri,
          verificationUriComplete: `${verificationUri}?user_code=${userCode}`,
          expiresIn: lifetimes.deviceCode,
          interval: pollIntervalSeconds,
        });
      },
    },
    'GET /device': {
      name: 'DevicePage',
      input: 'query',
      required: [],
      optional: ['user_code'],
      answer({ params }) {
        const userCode = params['user_code'];
        if (userCode === undefined) return userCodePage();
        if (waiting(String(userCode)).length === 0) return messagePage('Invalid code', 400);
        if (settings.pages() === 'ask') {
          const fields = { user_code: String(userCode) };
          return confirmPage(`Code ${String(userCode)}`, '/device', fields, users);
        }
        return decided(String(userCode), settings.pages() === 'allow');
      },
    },
    'POST /device': {
      name: 'DeviceDecision',
      input: 'form',
      required: ['user_code', 'decision', 'user'],
      optional: [],
      answer: ({ params }) =>
        decided(
          String(params['user_code']),
          params['decision'] === 'allow',
          String(params['user']),
        ),
    },
  };

  return {
    operations,
    decide,
    /**
     * The user who allowed the code, which is spent by this.
     *
     * @param {string} deviceCode
     * @param {SsoClient} client
     */
    redeem(deviceCode, client) {
      const one = authorizations.get(deviceCode);
      if (one?.clientId !== client.id) return undefined;
      if (clock() >= one.expiresAt) throw new SsoError('ExpiredTokenException');
      checkInterval(one, clock());
      if (one.decision === undefined) throw new SsoError('AuthorizationPendingException');
      if (one.decision === 'denied') throw new SsoError('AccessDeniedException');
      authorizations.delete(deviceCode);
      return one.decision.user;
    },
  };
}

/**
 * The first poll does not count: the AWS CLI makes it before it shows the page, and the next one at
 * once.
 *
 * @param {DeviceAuthorization} one
 * @param {Date} now
 */
function checkInterval(one, now) {
  one.polls += 1;
  if (one.polls === 1) return;
  const waitedMs = now.getTime() - (one.polledAt?.getTime() ?? 0);
  one.polledAt = now;
  if (waitedMs >= one.intervalSeconds * 1000 - earlyMs) return;
  one.intervalSeconds += slowDownSeconds;
  throw new SsoError('SlowDownException');
}

/** `BCDF-GHJK`: no vowels, as RFC 8628 recommends. */
function newUserCode() {
  const text = Array.from(randomBytes(8), (byte) => letters[byte % letters.length]).join('');
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
