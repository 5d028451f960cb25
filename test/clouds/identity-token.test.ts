import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIdentityToken, type TokenTerms } from '../../src/clouds/identity-token.ts';
import { isAtmosError } from '../../src/core/errors.ts';
import { say } from '../../src/core/hint.ts';
import { thrownBy } from '../support/error-of.ts';
import { testStart as now } from '../support/fake-host.ts';
import { audience, issuer, secondsAt, signedToken, validToken } from './jwt.ts';

const terms: TokenTerms = { from: 'the variable T', renewal: [say('get another one')] };
const strict: TokenTerms = { ...terms, audience, issuer };

const parsed = (text: string, given: TokenTerms = strict) => parseIdentityToken(text, given, now);

describe('a token is accepted', () => {
  test('with its expiry, and without the white space at its ends', () => {
    const token = validToken(now);
    const read = parsed(`\n${token}\n`);
    expect(read.type).toBe('oidc');
    expect(read.token).toBe(token);
    expect(read.expiresAt).toEqual(new Date('2026-01-01T00:05:00Z'));
  });

  test.each([
    ['one of several audiences', { aud: ['other', audience] }],
    ['a start in the past', { nbf: secondsAt(now, -1000) }],
    ['a start that the clock of the issuer is ahead of', { nbf: secondsAt(now, 50_000) }],
    ['a fraction of a second', { exp: secondsAt(now, 300_000) + 0.5 }],
  ])('with %s', (_, claims) => {
    expect(parsed(validToken(now, claims)).type).toBe('oidc');
  });

  test('of any audience and issuer if the caller expects no certain one', () => {
    expect(parsed(validToken(now, { aud: undefined, iss: undefined }), terms).type).toBe('oidc');
  });

  test('and redacts itself', () => {
    expect(JSON.stringify(parsed(validToken(now)))).toBe(
      '{"type":"oidc","expiresAt":"2026-01-01T00:05:00.000Z"}',
    );
  });
});

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const [header = '', payload = '', signature = ''] = validToken(now).split('.');

describe('a token is refused', () => {
  test.each([
    ['', 'the variable T is empty'],
    [' \n', 'the variable T is empty'],
    ['x'.repeat(20_001), 'the variable T has more than the 20000 characters of a token'],
    ['ghp_canary', 'the variable T is not a JSON Web Token'],
    [`${header}.${payload}`, 'the variable T is not a JSON Web Token'],
    [`${header}.${payload}.`, 'the variable T is not a JSON Web Token'],
    [`${header}.${payload}.${signature}.x`, 'the variable T is not a JSON Web Token'],
    [`${header}.${payload}.a b`, 'the variable T is not a JSON Web Token'],
    [`${header}.${part([1])}.${signature}`, 'the variable T is not a JSON Web Token'],
    [`${header}.${part(null)}.${signature}`, 'the variable T is not a JSON Web Token'],
    [`${part({})}.${payload}.${signature}`, 'the variable T is not a JSON Web Token'],
    [`${part({ alg: 'None' })}.${payload}.${signature}`, 'the variable T is not a JSON Web Token'],
  ])('that is malformed: %#', (text, message) => {
    expect(thrownBy(() => parsed(text))).toMatchObject({
      code: 'ERR_AUTH_SOURCE_FAILED',
      message,
      hints: ['get another one'],
    });
  });

  test.each([
    [{ exp: undefined }, 'has no expiry'],
    [{ exp: '1767225900' }, 'has no expiry'],
    [{ exp: 1e300 }, 'has no expiry'],
    [{ exp: secondsAt(now) }, 'expired at 2026-01-01T00:00:00Z'],
    [{ exp: secondsAt(now, -3600_000) }, 'expired at 2025-12-31T23:00:00Z'],
    [{ exp: secondsAt(now, 59_000) }, 'expires in less than a minute'],
    [{ nbf: secondsAt(now, 120_000) }, 'is not valid before 2026-01-01T00:02:00Z'],
    [{ aud: 'a' }, 'is for "a", not for the audience "sts.amazonaws.com"'],
    [{ aud: ['a', 'b'] }, 'is for "a", "b", not for the audience "sts.amazonaws.com"'],
    [{ aud: [1, {}] }, 'has no audience, not for the audience "sts.amazonaws.com"'],
    [{ aud: undefined }, 'has no audience, not for the audience "sts.amazonaws.com"'],
    [{ iss: 'https://x' }, 'is from "https://x", not from "https://issuer.example.com"'],
    [{ iss: undefined }, 'is from no issuer, not from "https://issuer.example.com"'],
  ])('for its claims: %j', (claims, message) => {
    const error = thrownBy(() => parsed(validToken(now, claims)));
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(`the token of the variable T ${message}`);
  });

  test('never with an error that quotes it, whatever it is', () => {
    const claim = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null));
    const claims = fc.dictionary(fc.constantFrom('exp', 'nbf', 'sub'), claim);
    const token = claims.map((value) => ({ text: signedToken(value), isToken: true }));
    const any = fc.string({ maxLength: 60 }).map((text) => ({ text, isToken: false }));
    const mutated = fc
      .tuple(fc.nat(), fc.string({ maxLength: 3 }))
      .map(([at, put]) => [at % validToken(now).length, put] as const)
      .map(([at, put]) => {
        const valid = validToken(now);
        return { text: valid.slice(0, at) + put + valid.slice(at + put.length), isToken: true };
      });
    fc.assert(
      fc.property(fc.oneof(token, any, mutated), ({ text, isToken }) => {
        try {
          expect(parsed(text, terms).token).toBe(text.trim());
        } catch (error) {
          if (!isAtmosError(error, 'ERR_AUTH_SOURCE_FAILED')) throw error;
          expect(error.cause).toBeUndefined();
          if (isToken) expect(error.message).not.toContain(text.slice(-12));
        }
      }),
    );
  });
});
