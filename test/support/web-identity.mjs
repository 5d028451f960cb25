// Verifies a web identity token as STS does: its issuer must be known, its signature must match a
// key of the issuer, and it must not be expired. With node:crypto, independently of the issuer's code.
import { createPublicKey, verify } from 'node:crypto';
import { Refusal } from './sts-answers.mjs';

/** @import { StsIssuer, WebIdentity } from './sts-types.ts' */

const tagsClaim = 'https://aws.amazon.com/tags';
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity';

/**
 * @param {string} token
 * @param {readonly StsIssuer[]} issuers
 * @param {Date} at the server's time
 * @returns {Promise<WebIdentity>}
 * @throws {Refusal}
 */
export async function verifyWebIdentity(token, issuers, at) {
  const { header, claims, signed, signature } = parse(token);
  const issuer = issuers.find(({ url }) => url === claims.iss);
  if (!issuer) throw invalid(`No OpenIDConnect provider found in your account for ${claims.iss}`);
  const jwk = (await keysOf(issuer)).find(({ kid }) => kid === header.kid);
  if (!jwk) {
    throw invalid(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
  if (!isSignedBy(jwk, String(header.alg), signed, signature)) {
    throw invalid('The web identity token that was passed could not be validated by AWS.');
  }
  const now = Math.floor(at.getTime() / 1000);
  const expiry = Number(claims.exp);
  if (!(expiry > now)) {
    throw new Refusal(
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time ${expiry}`,
      400,
    );
  }
  const audience = [claims.aud].flat().find((one) => issuer.audiences.includes(String(one)));
  if (audience === undefined) throw invalid('Incorrect token audience');
  if (issuer.revoked?.includes(String(claims.jti)) === true) {
    throw new Refusal(
      'IDPRejectedClaim',
      'The identity provider (IdP) reported that authentication failed.',
    );
  }
  const { principal_tags: tags = {}, transitive_tag_keys: transitiveTagKeys = [] } =
    claims[tagsClaim] ?? {};
  return {
    issuer: issuer.url,
    subject: String(claims.sub),
    audience: String(audience),
    tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, [value].flat()[0]])),
    transitiveTagKeys,
    sourceIdentity: claims[sourceIdentityClaim],
  };
}

/** @param {string} token */
function parse(token) {
  const [head = '', body = '', mark = '', ...rest] = token.split('.');
  try {
    if (rest.length > 0 || mark === '') throw new Error('not three parts');
    return {
      header: readPart(head),
      claims: readPart(body),
      signed: Buffer.from(`${head}.${body}`),
      signature: Buffer.from(mark, 'base64url'),
    };
  } catch {
    throw invalid(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
}

/**
 * @param {string} text
 * @returns {Record<string, any>}
 */
function readPart(text) {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}

/**
 * @param {import('node:crypto').JsonWebKey} jwk
 * @param {string} algorithm
 * @param {Buffer} data
 * @param {Buffer} signature
 */
function isSignedBy(jwk, algorithm, data, signature) {
  const bits = /^(?:RS|ES)(256|384|512)$/.exec(algorithm)?.[1];
  if (bits === undefined || jwk.kty !== (algorithm.startsWith('RS') ? 'RSA' : 'EC')) return false;
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(`sha${bits}`, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/**
 * @param {StsIssuer} issuer
 * @returns {Promise<readonly (import('node:crypto').JsonWebKey & { kid?: string })[]>}
 */
async function keysOf({ url, jwks }) {
  if (jwks) return jwks.keys;
  try {
    const discovered = await fetchJson(`${url}/.well-known/openid-configuration`);
    const { keys } = await fetchJson(String(discovered['jwks_uri']));
    return keys;
  } catch {
    throw new Refusal(
      'IDPCommunicationError',
      'The identity provider (IdP) that was asked to verify the incoming identity token could not be reached.',
      400,
    );
  }
}

/**
 * @param {string} url
 * @returns {Promise<Record<string, any>>}
 */
async function fetchJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return /** @type {Promise<Record<string, any>>} */ (response.json());
}

/** @param {string} message */
function invalid(message) {
  return new Refusal('InvalidIdentityToken', message, 400);
}
