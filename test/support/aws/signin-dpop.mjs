// Verifies the proof of possession of a request: RFC 9449, section 4.3, with the only algorithm that the
// AWS CLI and the SDKs use.
import { createHash, createPublicKey, verify } from 'node:crypto';

/** @import { SigninSettings } from './signin-types.ts' */

/** Thrown for a proof that is not valid; the message says why. */
export class ProofError extends Error {}

/**
 * @param {Pick<SigninSettings, 'clock' | 'origin' | 'proofSeconds'>} settings
 */
export function createProofs({ clock, origin, proofSeconds }) {
  /** @type {Set<string>} */
  const used = new Set();
  return {
    /**
     * @param {string | string[] | undefined} proof the header `DPoP`
     * @param {{ method: string, path: string }} request
     * @returns {string} the thumbprint of the key
     */
    check(proof, { method, path }) {
      if (typeof proof !== 'string' || proof === '') throw new ProofError('no DPoP header');
      const [head = '', body = '', signature = '', ...rest] = proof.split('.');
      if (rest.length > 0 || signature === '') throw new ProofError('not a JWT');
      const header = objectIn(head);
      const claims = objectIn(body);
      if (header['typ'] !== 'dpop+jwt') throw new ProofError('typ is not dpop+jwt');
      if (header['alg'] !== 'ES256') throw new ProofError('alg is not ES256');
      const jwk = keyIn(header['jwk']);
      const isValid = verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
      if (!isValid) throw new ProofError('the signature is wrong');
      if (claims['htm'] !== method) throw new ProofError(`htm is not ${method}`);
      if (claims['htu'] !== `${origin()}${path}`) {
        throw new ProofError(`htu is not ${origin()}${path}`);
      }
      const { iat, jti } = claims;
      if (typeof iat !== 'number' || !Number.isInteger(iat)) throw new ProofError('iat is missing');
      if (Math.abs(iat * 1000 - clock().getTime()) > proofSeconds * 1000) {
        throw new ProofError(`iat is more than ${proofSeconds} seconds from now`);
      }
      if (typeof jti !== 'string' || jti === '') throw new ProofError('jti is missing');
      if (used.has(jti)) throw new ProofError('jti was used before');
      used.add(jti);
      return thumbprintOf(jwk);
    },
  };
}

/**
 * RFC 7638, section 3.
 *
 * @param {{ crv?: unknown, kty?: unknown, x?: unknown, y?: unknown }} jwk
 */
export function thumbprintOf({ crv, kty, x, y }) {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/** @param {unknown} jwk */
function keyIn(jwk) {
  if (typeof jwk !== 'object' || jwk === null) throw new ProofError('jwk is missing');
  if ('d' in jwk) throw new ProofError('jwk contains the private key');
  const { kty, crv, x, y } = /** @type {Record<string, unknown>} */ (jwk);
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') {
    throw new ProofError('jwk is not a public key of P-256');
  }
  return { kty, crv, x, y };
}

/**
 * @param {string} part
 * @returns {Record<string, unknown>}
 */
function objectIn(part) {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below.
  }
  throw new ProofError('not a JWT');
}
