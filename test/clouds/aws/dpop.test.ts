import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  createDpopKey,
  formatDpopKey,
  parseDpopKey,
  proofOf,
} from '../../../src/clouds/aws/dpop.ts';

const at = new Date('2026-01-31T12:00:00.900Z');
const url = new URL('https://eu-west-1.signin.aws.amazon.com/v1/token');

const decoded = (part = '') =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

describe('a proof', () => {
  test('names the request, the time and the public key, and is signed with the private key', () => {
    const key = createDpopKey();
    const [head = '', body = '', signature = ''] = proofOf(key, { method: 'POST', url, at }).split(
      '.',
    );
    const { x, y } = createPublicKey(key).export({ format: 'jwk' });
    expect(decoded(head)).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x, y },
    });
    expect(decoded(body)).toEqual({
      jti: expect.stringMatching(/^[\w-]{36}$/),
      htm: 'POST',
      htu: 'https://eu-west-1.signin.aws.amazon.com/v1/token',
      iat: 1_769_860_800,
    });
    const publicKey = { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' } as const;
    const text = Buffer.from(`${head}.${body}`);
    expect(verify('sha256', text, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  test('is another one for each request', () => {
    const key = createDpopKey();
    const id = () => decoded(proofOf(key, { method: 'POST', url, at }).split('.')[1])['jti'];
    expect(id()).not.toBe(id());
  });
});

describe('a stored key', () => {
  test('is read as it was written', () => {
    const key = createDpopKey();
    expect(parseDpopKey(formatDpopKey(key))?.equals(key)).toBe(true);
  });

  const der = (type: 'P-384' | 'rsa') => {
    const { privateKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: type });
    return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  };
  test.each([
    ['nothing', ''],
    ['text', 'no key'],
    ['a key that was cut short', formatDpopKey(createDpopKey()).slice(0, 80)],
    ['a key of another curve', der('P-384')],
    ['a key of RSA', der('rsa')],
  ])('is not %s', (_, text) => {
    expect(parseDpopKey(text)).toBeUndefined();
  });
});
