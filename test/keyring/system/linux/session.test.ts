import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  createEncryptedSession,
  createPlainSession,
} from '../../../../src/keyring/system/linux/session.ts';

const value = Buffer.from('the secret');

describe('an encrypted session', () => {
  const session = createEncryptedSession('/s/1', randomBytes(16));

  test('decrypts what it encrypted, of any length', () => {
    for (const length of [0, 1, 15, 16, 17, 65536]) {
      const bytes = randomBytes(length);
      expect(session.open(session.seal(bytes))).toEqual(bytes);
    }
  });

  test('encrypts the same value differently each time', () => {
    const [one, other] = [session.seal(value), session.seal(value)];
    expect(one.value).not.toEqual(other.value);
    expect(one.value.includes('secret')).toBe(false);
    expect(one.session).toBe('/s/1');
  });

  test('decrypts only its own secrets', () => {
    const sealed = session.seal(value);
    const stranger = createEncryptedSession('/s/1', randomBytes(16)).open(sealed);
    if (stranger !== undefined) expect(stranger).not.toEqual(value);
    expect(session.open({ ...sealed, session: '/s/2' })).toBe(undefined);
    expect(session.open({ ...sealed, parameters: Buffer.alloc(0) })).toBe(undefined);
    expect(session.open({ ...sealed, value: Buffer.alloc(0) })).toBe(undefined);
    expect(session.open({ ...sealed, value: sealed.value.subarray(1) })).toBe(undefined);
  });
});

test('a plain session does not encrypt, and rejects secrets of other sessions', () => {
  const session = createPlainSession('/s/3');
  expect(session.seal(value)).toEqual({ session: '/s/3', parameters: Buffer.alloc(0), value });
  expect(session.open(session.seal(value))).toEqual(value);
  expect(session.open({ ...session.seal(value), session: '/s/2' })).toBe(undefined);
});
