// The responses of STS in its query XML.
import { randomUUID } from 'node:crypto';

/** @import { KnownKey, StsAnswer, StsUser } from './sts-types.ts' */

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** Thrown inside the stand-in: an error response of STS. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} status
   */
  constructor(code, message, status = 403) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/**
 * @param {StsUser} user
 * @returns {StsAnswer}
 */
export function callerIdentity({ account, arn, userId }) {
  return result(
    'GetCallerIdentity',
    `<Arn>${escape(arn)}</Arn><UserId>${userId}</UserId><Account>${account}</Account>`,
  );
}

/**
 * @param {KnownKey & Required<Pick<KnownKey, 'session'>>} key
 * @returns {StsAnswer}
 */
export function sessionToken({ accessKeyId, secretAccessKey, session }) {
  return result(
    'GetSessionToken',
    `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId>` +
      `<SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
      `<SessionToken>${session.token}</SessionToken>` +
      `<Expiration>${formatSeconds(session.expiresAt)}</Expiration></Credentials>`,
  );
}

/**
 * @param {Refusal} refusal
 * @returns {StsAnswer}
 */
export function errorResponse({ code, message, status }) {
  const body =
    `<ErrorResponse xmlns="${namespace}"><Error>` +
    `<Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>` +
    `<Code>${escape(code)}</Code><Message>${escape(message)}</Message></Error>` +
    `<RequestId>${randomUUID()}</RequestId></ErrorResponse>\n`;
  return { status, body };
}

/**
 * `2026-01-31T12:00:00Z`
 *
 * @param {Date} date
 */
export function formatSeconds(date) {
  return date.toISOString().replace(/\.\d{3}/, '');
}

/**
 * @param {string} action
 * @param {string} content
 * @returns {StsAnswer}
 */
function result(action, content) {
  const body =
    `<${action}Response xmlns="${namespace}"><${action}Result>${content}</${action}Result>` +
    `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>` +
    `</${action}Response>\n`;
  return { body };
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
