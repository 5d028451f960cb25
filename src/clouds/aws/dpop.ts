// Proofs of possession (DPoP, RFC 9449): what is issued for one key can be used with that key only.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';

/** The private key of a sign-in. */
export function createDpopKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** As it is stored: PKCS #8 in base64, as Atmos stores it. */
export function formatDpopKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}

/** Undefined for anything but the private key of the curve P-256. */
export function parseDpopKey(text: string): KeyObject | undefined {
  try {
    const der = Buffer.from(text, 'base64');
    const key = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** One request that is proven. */
export interface ProvenRequest {
  readonly method: string;
  readonly url: URL;
  /** By the clock of the service. */
  readonly at: Date;
}

/** The header `DPoP` of one request, which cannot be used for another one: RFC 9449, section 4.2. */
export function proofOf(key: KeyObject, { method, url, at }: ProvenRequest): string {
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } };
  const iat = Math.floor(at.getTime() / 1000);
  const htu = `${url.origin}${url.pathname}`;
  const claims = { jti: randomUUID(), htm: method, htu, iat };
  const text = `${encoded(header)}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
