// Authenticates a request in the order of STS: access key, token, time, and then the signature.
import { isSignedWith } from './sigv4.mjs';
import { Refusal, formatSeconds } from './sts-answers.mjs';

/** @import { Authorization, KnownKey, SignedRequest, StsAccounts } from './sts-types.ts' */

const maxSkewMs = 15 * 60 * 1000;

/**
 * @param {SignedRequest} request
 * @param {Authorization | undefined} authorization
 * @param {StsAccounts} accounts
 * @param {Date} at the server's time
 * @returns {KnownKey}
 * @throws {Refusal}
 */
export function authenticate(request, authorization, accounts, at) {
  if (!authorization) throw unsigned(request);
  const key = accounts.find(authorization.accessKeyId);
  const token = request.headers['x-amz-security-token'];
  if (!key || token !== key.session?.token) {
    throw new Refusal(
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
    );
  }
  const date = String(request.headers['x-amz-date']);
  checkScope(authorization, date, token !== undefined);
  checkTime(date, at);
  if (!isSignedWith(request, authorization, key.secretAccessKey)) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. ' +
        'Check your AWS Secret Access Key and signing method. ' +
        'Consult the service documentation for details.',
    );
  }
  if (key.session && key.session.expiresAt <= at) {
    throw new Refusal('ExpiredToken', 'The security token included in the request is expired');
  }
  return key;
}

/** @param {SignedRequest} request */
function unsigned({ headers }) {
  return headers.authorization === undefined
    ? new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token')
    : new Refusal('IncompleteSignature', 'Authorization header is not of the known form.', 400);
}

/**
 * @param {Authorization} authorization
 * @param {string} date
 * @param {boolean} withToken
 */
function checkScope({ day, service, signedHeaders }, date, withToken) {
  const required = ['host', 'x-amz-date', ...(withToken ? ['x-amz-security-token'] : [])];
  const missing = required.find((name) => !signedHeaders.includes(name));
  if (missing !== undefined) {
    throw mismatch(`'${missing}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
  if (service !== 'sts') throw mismatch("Credential should be scoped to correct service: 'sts'. ");
  if (!date.startsWith(day)) {
    throw mismatch(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP',
    );
  }
}

/**
 * @param {string} date
 * @param {Date} at
 */
function checkTime(date, at) {
  const signedAt = parseBasicDate(date);
  if (!signedAt) throw new Refusal('IncompleteSignature', 'Date must be in ISO-8601 form.', 400);
  const earliest = new Date(at.getTime() - maxSkewMs);
  const latest = new Date(at.getTime() + maxSkewMs);
  const now = formatBasicDate(at);
  if (signedAt < earliest) {
    const limit = formatBasicDate(earliest);
    throw mismatch(`Signature expired: ${date} is now earlier than ${limit} (${now} - 15 min.)`);
  }
  if (signedAt > latest) {
    const limit = formatBasicDate(latest);
    throw mismatch(
      `Signature not yet current: ${date} is still later than ${limit} (${now} + 15 min.)`,
    );
  }
}

/** @param {string} message */
function mismatch(message) {
  return new Refusal('SignatureDoesNotMatch', message);
}

/** @param {string} text `20260131T120000Z` */
function parseBasicDate(text) {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** @param {Date} date */
function formatBasicDate(date) {
  return formatSeconds(date).replaceAll(/[-:]/g, '');
}
