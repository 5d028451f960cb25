// The responses of IAM Identity Center, in JSON.
import { randomUUID } from 'node:crypto';

/** @import { SsoAnswer, SsoErrorName } from './identity-center-types.ts' */

/**
 * The errors of SSO-OIDC, which have a code of OAuth, and those of the portal, which do not.
 * ForbiddenException is not in the model of the portal: the service answers with it for a role to
 * which the user is not assigned.
 *
 * @type {Readonly<Record<SsoErrorName, { status: number, code?: string, message: string }>>}
 */
const errors = {
  AccessDeniedException: { status: 400, code: 'access_denied', message: 'Access denied' },
  AuthorizationPendingException: {
    status: 400,
    code: 'authorization_pending',
    message: 'Authorization is still pending',
  },
  ExpiredTokenException: { status: 400, code: 'expired_token', message: 'Token has expired' },
  ForbiddenException: { status: 403, message: 'No access' },
  InternalServerException: { status: 500, code: 'server_error', message: 'Internal error' },
  InvalidClientException: { status: 401, code: 'invalid_client', message: 'Invalid client' },
  InvalidClientMetadataException: {
    status: 400,
    code: 'invalid_client_metadata',
    message: 'Invalid client metadata',
  },
  InvalidGrantException: { status: 400, code: 'invalid_grant', message: 'Invalid grant' },
  InvalidRedirectUriException: {
    status: 400,
    code: 'invalid_redirect_uri',
    message: 'Invalid redirect URI',
  },
  InvalidRequestException: { status: 400, code: 'invalid_request', message: 'Invalid request' },
  InvalidScopeException: { status: 400, code: 'invalid_scope', message: 'Invalid scope' },
  ResourceNotFoundException: { status: 404, message: 'Account not found' },
  SlowDownException: { status: 400, code: 'slow_down', message: 'Slow down' },
  TooManyRequestsException: { status: 429, message: 'HTTP 429 Unknown Code' },
  UnauthorizedClientException: {
    status: 400,
    code: 'unauthorized_client',
    message: 'Client is not authorized for this grant',
  },
  UnauthorizedException: { status: 401, message: 'Session token not found or invalid' },
  UnsupportedGrantTypeException: {
    status: 400,
    code: 'unsupported_grant_type',
    message: 'Unsupported grant type',
  },
};

/** Thrown inside the stand-in: an error response of the API. */
export class SsoError extends Error {
  /**
   * @param {SsoErrorName} name of the class in the model, which is in the header of the response
   * @param {string} [message]
   */
  constructor(name, message = errors[name].message) {
    super(message);
    /** @type {SsoErrorName} */
    this.errorName = name;
  }
}

/**
 * @param {unknown} value
 * @returns {SsoAnswer}
 */
export function json(value) {
  return { body: JSON.stringify(value) };
}

/**
 * The error in the form of both services: SSO-OIDC reads `error` and `error_description`, the portal
 * `message`.
 *
 * @param {SsoError} error
 * @returns {SsoAnswer}
 */
export function errorAnswer({ errorName, message }) {
  const { status, code } = errors[errorName];
  const body =
    code === undefined ? { message } : { error: code, error_description: message, message };
  const headers = { 'x-amzn-errortype': errorName, 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: JSON.stringify(body) };
}

/**
 * `2026-01-31T12:00:00Z`
 *
 * @param {Date} date
 */
export function formatSeconds(date) {
  return date.toISOString().replace(/\.\d{3}/, '');
}
