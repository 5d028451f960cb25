import { createDiffieHellman, getDiffieHellman, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { agreeOnKey, createKeyPair, power } from '../../../../src/keyring/system/linux/session.ts';

// RFC 2409 §6.2, from Node.
const prime = getDiffieHellman('modp2').getPrime();

function peer() {
  const other = createDiffieHellman(prime, Buffer.from([2]));
  return { other, publicKey: other.generateKeys() };
}

describe('the key agreement', () => {
  test('derives the same key as Node', () => {
    for (let tries = 0; tries < 5; tries++) {
      const own = createKeyPair();
      const { other, publicKey } = peer();
      const shared = other.computeSecret(own.publicKey);
      const expected = Buffer.from(hkdfSync('sha256', shared, '', '', 16));
      const key = agreeOnKey(own, publicKey);
      if (shared.length === 128 && shared[0] !== 0) expect(key).toEqual(expected);
      else expect(key).toBe(undefined);
    }
  });

  test('creates public keys that are equal as signed and unsigned numbers', () => {
    for (let tries = 0; tries < 600; tries++) {
      const { publicKey } = createKeyPair();
      expect(publicKey).toHaveLength(128);
      expect([0x00, 0xff]).not.toContain(publicKey[0]);
    }
  });

  test('accepts a public key with and without leading zeros', () => {
    const own = createKeyPair();
    const { publicKey } = peer();
    const padded = Buffer.concat([Buffer.alloc(1), publicKey]);
    expect(agreeOnKey(own, padded)).toEqual(agreeOnKey(own, publicKey));
    // 2, 4 and 8 are short public keys, each a power with a small exponent.
    const short = agreeOnKey(own, Buffer.from([8]));
    expect(short).toEqual(agreeOnKey(own, Buffer.from('00000008', 'hex')));
  });

  test('fails if the shared number begins with a zero byte', () => {
    // With the exponent 1 the shared number is the peer's public key.
    const own = { publicKey: Buffer.from([2]), exponent: 1n };
    expect(agreeOnKey(own, Buffer.alloc(128, 0x42))).toHaveLength(16);
    expect(agreeOnKey(own, Buffer.alloc(127, 0x42))).toBe(undefined);
  });

  const beforePrime = Buffer.from(prime);
  beforePrime[127] = 0xfe;
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['0', Buffer.alloc(128)],
    ['1', Buffer.from([1])],
    ['the prime less 1', beforePrime],
    ['the prime', prime],
    ['more than the prime', Buffer.alloc(128, 0xff)],
    ['a megabyte', Buffer.alloc(1 << 20, 0x42)],
  ])('rejects %s as a public key', (_, publicKey) => {
    expect(() => agreeOnKey(createKeyPair(), publicKey)).toThrow(
      'a session has a public key outside the group',
    );
  });

  test('computes powers', () => {
    expect(power(3n, 0n)).toBe(1n);
    expect(power(3n, 13n)).toBe(1594323n);
    expect(power(2n, BigInt(`0x${beforePrime.toString('hex')}`))).toBe(1n);
  });
});
