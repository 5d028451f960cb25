import { describe, expect, test } from 'vitest';
import { createDerivation } from '../../../src/keyring/file/derivation.ts';
import {
  createSecret,
  fingerprintOf,
  formatSharedSecret,
  isFingerprint,
  maxRevision,
  parseSharedSecret,
} from '../../../src/keyring/file/shared-secret.ts';
import { createParametersFor, isStrongFor } from '../../../src/keyring/file/strength.ts';

const reader = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const shared = {
  secret: createSecret(),
  revision: 2,
  readers: [reader],
  earlier: ['0'.repeat(32)],
};

describe('a secret', () => {
  test('has 256 random bits and a fingerprint of 128', () => {
    expect(shared.secret).toMatch(/^akr1_[\w-]{43}$/);
    expect(createSecret()).not.toBe(shared.secret);
    expect(isFingerprint(fingerprintOf(shared.secret))).toBe(true);
    expect(fingerprintOf(shared.secret)).toBe(fingerprintOf(shared.secret));
  });

  test('has entries with the fewest rounds, and a password has not', () => {
    const [ofSecret, ofPassword] = [shared.secret, 'akr1_ that a person has typed'].map((text) =>
      createDerivation(Buffer.from(text)),
    );
    if (!ofSecret || !ofPassword) throw new TypeError('two derivations');
    const [few, many] = [createParametersFor(ofSecret), createParametersFor(ofPassword)];
    expect(few.rounds).toBe(1000);
    expect(many.rounds).toBeGreaterThan(1000);
    expect(isStrongFor(ofSecret, few)).toBe(true);
    expect(isStrongFor(ofPassword, few)).toBe(false);
  });
});

describe('the content of the wrapped file', () => {
  test('is read as it was written', () => {
    expect(parseSharedSecret(formatSharedSecret(shared))).toEqual(shared);
  });

  test('of a newer version says so', () => {
    expect(parseSharedSecret('{"version":2}')).toEqual({ newer: '2' });
  });

  test.each([
    ['no JSON', ''],
    ['a list', '[]'],
    ['another secret', { ...shared, secret: 'a password' }],
    ['a revision that is no whole number', { ...shared, revision: 1.5 }],
    ['a revision of 0', { ...shared, revision: 0 }],
    ['a revision that cannot grow', { ...shared, revision: Number.MAX_SAFE_INTEGER }],
    ['a revision above the last one', { ...shared, revision: maxRevision + 1 }],
    ['a reader that is no public key', { ...shared, readers: ['ssh-ed25519'] }],
    ['a fingerprint of another form', { ...shared, earlier: ['0'] }],
    ['no readers', { ...shared, readers: undefined }],
  ])('with %s is invalid', (_, content) => {
    const text = typeof content === 'string' ? content : JSON.stringify({ version: 1, ...content });
    expect(parseSharedSecret(text)).toBeUndefined();
  });
});
