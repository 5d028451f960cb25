import { createSign, generateKeyPairSync } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The public keys of the issuer. */
export const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test' }] };

/** A token as an OpenID Connect issuer signs it. */
export function signedToken(claims: Readonly<Record<string, unknown>>): string {
  const head = [{ alg: 'RS256', typ: 'JWT', kid: 'test' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = createSign('RSA-SHA256').update(head).sign(privateKey, 'base64url');
  return `${head}.${signature}`;
}

export const audience = 'sts.amazonaws.com';
export const issuer = 'https://issuer.example.com';

/** Seconds since 1970, as in a claim. */
export function secondsAt(date: Date, laterMs = 0): number {
  return Math.floor((date.getTime() + laterMs) / 1000);
}

/** A token that is valid for five minutes. */
export function validToken(now: Date, claims: Readonly<Record<string, unknown>> = {}): string {
  return signedToken({
    iss: issuer,
    sub: 'job-canary-subject',
    aud: audience,
    exp: secondsAt(now, 5 * 60_000),
    ...claims,
  });
}
