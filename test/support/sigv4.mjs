// Signature Version 4 on the server's side: recomputes the signature of a request with node:crypto
// only, independently of the SDK that signed it.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** @import { Authorization, SignedRequest } from './sts-types.ts' */

const algorithm = 'AWS4-HMAC-SHA256';
const authorizationForm = new RegExp(
  `^${algorithm} Credential=([^/, ]+)/(\\d{8})/([^/, ]+)/([^/, ]+)/aws4_request, ?` +
    'SignedHeaders=([a-z0-9;_-]+), ?Signature=([0-9a-f]{64})$',
);

/**
 * Reads the Authorization header.
 *
 * @param {string | undefined} header
 * @returns {Authorization | undefined} undefined when it is missing or of another form
 */
export function parseAuthorization(header) {
  const match = authorizationForm.exec(header ?? '');
  if (!match) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] =
    match;
  return { accessKeyId, day, region, service, signedHeaders: names.split(';'), signature };
}

/**
 * Whether the signature matches the one that `secretAccessKey` gives for this request.
 *
 * @param {SignedRequest} request
 * @param {Authorization} authorization
 * @param {string} secretAccessKey
 * @returns {boolean}
 */
export function isSignedWith(request, authorization, secretAccessKey) {
  const { day, region, service, signedHeaders, signature } = authorization;
  const stringToSign = [
    algorithm,
    headerValue(request, 'x-amz-date'),
    `${day}/${region}/${service}/aws4_request`,
    sha256(canonicalRequest(request, signedHeaders)),
  ].join('\n');
  const dayKey = hmac(`AWS4${secretAccessKey}`, day);
  const signingKey = hmac(hmac(hmac(dayKey, region), service), 'aws4_request');
  return timingSafeEqual(hmac(signingKey, stringToSign), Buffer.from(signature, 'hex'));
}

/**
 * @param {SignedRequest} request
 * @param {string[]} signedHeaders
 */
function canonicalRequest(request, signedHeaders) {
  const [path = '', query = ''] = request.url.split('?');
  return [
    request.method,
    path.split('/').map(encodeStrictly).join('/'),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${headerValue(request, name)}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** @param {string} query encoded, as it was sent */
function canonicalQuery(query) {
  const parameters = query.split('&').filter((parameter) => parameter !== '');
  return parameters
    .map((parameter) => (parameter.includes('=') ? parameter : `${parameter}=`))
    .toSorted()
    .join('&');
}

/**
 * @param {SignedRequest} request
 * @param {string} name
 */
function headerValue(request, name) {
  return String(request.headers[name] ?? '')
    .trim()
    .replaceAll(/\s+/g, ' ');
}

/** @param {string} text */
function encodeStrictly(text) {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @param {string | Buffer} data */
function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * @param {string | Buffer} key
 * @param {string} data
 */
function hmac(key, data) {
  return createHmac('sha256', key).update(data).digest();
}
