// What the stand-in for AWS Sign-In issues: credentials, and the refresh tokens that renew them.
import { randomBytes } from 'node:crypto';
import { ProofError } from './signin-dpop.mjs';

/**
 * @import { SigninAnswer, SigninErrorCode, SigninSettings } from './signin-types.ts'
 *
 * @typedef {object} Session
 * @property {string} clientId
 * @property {string} thumbprint
 * @property {Date} endsAt
 *
 * @typedef {object} RefreshToken
 * @property {Session} session
 * @property {{ answer: SigninAnswer, until: Date }} [used] what its first use got
 */

/** Thrown inside the stand-in: an error response of the API. */
export class Refusal extends Error {
  /**
   * @param {SigninErrorCode} code
   * @param {string} [message]
   * @param {boolean} [isThrottle]
   */
  constructor(code, message = code, isThrottle = false) {
    super(message);
    /** @type {SigninErrorCode} */
    this.code = code;
    this.isThrottle = isThrottle;
  }
}

/** @param {SigninSettings} settings */
export function createTokens({ clock, lifetimes, principal, onCredentials }) {
  /** @type {Map<string, RefreshToken>} */
  const refreshTokens = new Map();
  /** @type {SigninErrorCode | undefined} */
  let ended;
  const after = (/** @type {number} */ seconds) => new Date(clock().getTime() + seconds * 1000);

  /**
   * @param {Session} session
   * @param {Record<string, string>} [others]
   * @returns {SigninAnswer}
   */
  function answerFor(session, others) {
    const refreshToken = randomBytes(96).toString('base64url');
    refreshTokens.set(refreshToken, { session });
    const credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
    };
    const token = randomBytes(240).toString('base64');
    onCredentials({ ...credentials, token, expiresAt: after(lifetimes.credentials), principal });
    const body = {
      accessToken: { ...credentials, sessionToken: token },
      tokenType: 'aws_sigv4',
      expiresIn: lifetimes.credentials,
      refreshToken,
      ...others,
    };
    return { body: JSON.stringify(body) };
  }

  return {
    /** @param {Omit<Session, 'endsAt'>} signedIn */
    issue(signedIn) {
      ended = undefined;
      return answerFor(
        { ...signedIn, endsAt: after(lifetimes.session) },
        { idToken: idTokenOf(principal, signedIn.clientId, clock()) },
      );
    },
    /**
     * The same token gives the same answer until shortly after its first use.
     *
     * @param {string} refreshToken
     * @param {Omit<Session, 'endsAt'>} caller
     */
    refresh(refreshToken, { clientId, thumbprint }) {
      const known = refreshTokens.get(refreshToken);
      if (known?.session.clientId !== clientId) throw new Refusal('INVALID_REQUEST');
      if (known.session.thumbprint !== thumbprint) {
        throw new ProofError('the refresh token is bound to another key');
      }
      if (ended !== undefined) throw new Refusal(ended);
      if (clock() >= known.session.endsAt) throw new Refusal('TOKEN_EXPIRED');
      if (known.used && clock() >= known.used.until) throw new Refusal('TOKEN_EXPIRED');
      known.used ??= { answer: answerFor(known.session), until: after(lifetimes.repeat) };
      return known.used.answer;
    },
    /** @param {SigninErrorCode} [code] */
    endAll(code = 'TOKEN_EXPIRED') {
      ended = code;
    },
  };
}

/**
 * Its signature is not one of AWS: the clients do not verify it.
 *
 * @param {string} principal
 * @param {string} clientId
 * @param {Date} at
 */
function idTokenOf(principal, clientId, at) {
  const iat = Math.floor(at.getTime() / 1000);
  const claims = {
    iss: 'https://signin.aws.amazon.com/signin',
    sub: principal,
    aud: clientId,
    iat,
  };
  const part = (/** @type {unknown} */ value) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES384', typ: 'JWT' })}.${part(claims)}.${randomBytes(96).toString('base64url')}`;
}

/**
 * @param {Refusal} refusal
 * @returns {SigninAnswer}
 */
export function errorAnswer({ code, message, isThrottle }) {
  const [status, name] = isThrottle
    ? [429, 'TooManyRequestsError']
    : code === 'INVALID_REQUEST'
      ? [400, 'ValidationException']
      : code === 'server_error'
        ? [500, 'InternalServerException']
        : [code.endsWith('_EXPIRED') ? 401 : 403, 'AccessDeniedException'];
  return {
    status,
    headers: { 'x-amzn-errortype': name },
    body: JSON.stringify({ error: code, message }),
  };
}
