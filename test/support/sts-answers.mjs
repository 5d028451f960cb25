// The responses of STS in its query XML.
import { randomUUID } from 'node:crypto';

/** @import { IssuedKey, StsAnswer, StsPrincipal } from './sts-types.ts' */

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
 * @param {StsPrincipal} principal
 * @returns {StsAnswer}
 */
export function callerIdentity({ account, arn, userId }) {
  return result('GetCallerIdentity', [
    element('Arn', arn),
    element('UserId', userId),
    element('Account', account),
  ]);
}

/**
 * The response to an action that issues credentials.
 *
 * @param {string} action
 * @param {IssuedKey} key
 * @param {Readonly<Record<string, string | number | undefined>>} [fields] besides the credentials
 *   and the assumed role
 * @returns {StsAnswer}
 */
export function issued(action, key, fields = {}) {
  const { accessKeyId, secretAccessKey, principal, session } = key;
  const credentials =
    element('AccessKeyId', accessKeyId) +
    element('SecretAccessKey', secretAccessKey) +
    element('SessionToken', session.token) +
    element('Expiration', formatSeconds(session.expiresAt));
  const assumed = element('AssumedRoleId', principal.userId) + element('Arn', principal.arn);
  return result(action, [
    `<Credentials>${credentials}</Credentials>`,
    ...(principal.kind === 'role' ? [`<AssumedRoleUser>${assumed}</AssumedRoleUser>`] : []),
    ...Object.entries(fields).map(([name, value]) => element(name, value)),
  ]);
}

/**
 * @param {Refusal} refusal
 * @returns {StsAnswer}
 */
export function errorResponse({ code, message, status }) {
  const error =
    element('Type', status < 500 ? 'Sender' : 'Receiver') +
    element('Code', code) +
    element('Message', message === '' ? undefined : message);
  const body =
    `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error>` +
    `${element('RequestId', randomUUID())}</ErrorResponse>\n`;
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
 * @param {readonly string[]} elements
 * @returns {StsAnswer}
 */
function result(action, elements) {
  const body =
    `<${action}Response xmlns="${namespace}">` +
    `<${action}Result>${elements.join('')}</${action}Result>` +
    `<ResponseMetadata>${element('RequestId', randomUUID())}</ResponseMetadata>` +
    `</${action}Response>\n`;
  return { body };
}

/**
 * @param {string} name
 * @param {string | number | undefined} value undefined: no element
 */
function element(name, value) {
  if (value === undefined) return '';
  const text = String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<${name}>${text.replaceAll('>', '&gt;')}</${name}>`;
}
