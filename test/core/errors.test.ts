import { describe, expect, test } from 'vitest';
import {
  AtmosError,
  KeyringError,
  isAtmosError,
  isEntryError,
  isErrorCode,
  joinErrors,
  keyringErrorCodes,
  systemErrorCode,
  type ErrorCode,
} from '../../src/core/errors.ts';
import { run, say } from '../../src/core/hint.ts';

describe('an error of ours', () => {
  test('says what, with a code, and what mends it', () => {
    const cause = new Error('inner');
    const error = new AtmosError('ERR_IO', 'cannot write it', { hints: ['df -h'], cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'AtmosError',
      code: 'ERR_IO',
      message: 'cannot write it',
      hints: ['df -h'],
      cause,
    });
  });

  test('has its hints as data too, and treats text as words', () => {
    const command = run(['rm', '/a b']);
    const { hints, hintValues } = new AtmosError('ERR_IO', 'x', { hints: ['or wait', command] });
    expect(hints).toEqual(['or wait', "rm '/a b'"]);
    expect(hintValues).toEqual([say('or wait'), command]);
  });

  test('has no hints and no cause unless it was given some', () => {
    const error = new AtmosError('ERR_IO', 'cannot write it');
    expect(error.hints).toEqual([]);
    expect('cause' in error).toBe(false);
  });

  test('is told from others, and by its code', () => {
    const error: unknown = new KeyringError('ERR_KEYRING_LOCKED', 'it is locked');
    expect(isAtmosError(error)).toBe(true);
    expect(isAtmosError(error, 'ERR_KEYRING_LOCKED')).toBe(true);
    expect(isAtmosError(error, 'ERR_KEYRING_BUSY')).toBe(false);
    expect(isAtmosError(Object.assign(new Error('x'), { code: 'ERR_IO' }))).toBe(false);
    expect(isAtmosError(undefined)).toBe(false);
  });

  test('of the keyring is one of a closed set', () => {
    expect(new KeyringError('ERR_KEYRING_LOCKED', 'it is locked').name).toBe('KeyringError');
    expect(new Set(keyringErrorCodes).size).toBe(keyringErrorCodes.length);
    expect(keyringErrorCodes.every((code) => code.startsWith('ERR_KEYRING_'))).toBe(true);
  });
});

test.each<[unknown, string | undefined]>([
  [Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENOENT'],
  [Object.assign(new Error('x'), { code: 5 }), undefined],
  [new Error('x'), undefined],
  [new AtmosError('ERR_CONFIG_INVALID', 'x'), undefined],
  [{ code: 'ENOENT' }, undefined],
  [undefined, undefined],
])('the code of a system error, if it is one: %#', (error, code) => {
  expect(systemErrorCode(error)).toBe(code);
});

/** Of every code, whether its error concerns one entry: a new code does not compile without it. */
const concernsOneEntry: Readonly<Record<ErrorCode, boolean>> = {
  ERR_KEYRING_UNAVAILABLE: false,
  ERR_KEYRING_LOCKED: false,
  ERR_KEYRING_TIMEOUT: false,
  ERR_KEYRING_BUSY: false,
  ERR_KEYRING_PASSWORD_REQUIRED: false,
  ERR_KEYRING_PASSWORD_WRONG: false,
  ERR_KEYRING_PASSWORD_TOO_SHORT: false,
  ERR_KEYRING_DAMAGED: true,
  ERR_KEYRING_FOREIGN: true,
  ERR_KEYRING_PERMISSIONS: true,
  ERR_KEYRING_VERSION: false,
  ERR_KEYRING_IO: true,
  ERR_KEYRING_TOO_LARGE: true,
  ERR_KEYRING_INVALID_KEY: true,
  ERR_KEYRING_UNKNOWN_TYPE: false,
  ERR_STORE_INVALID: true,
  ERR_STORE_CONFLICT: true,
  ERR_USAGE: false,
  ERR_NO_TERMINAL: false,
  ERR_CONFIG_NOT_FOUND: false,
  ERR_CONFIG_UNREADABLE: false,
  ERR_CONFIG_SYNTAX: false,
  ERR_CONFIG_INVALID: false,
  ERR_CONFIG_UNTRUSTED: false,
  ERR_PROFILE_UNKNOWN: false,
  ERR_IDENTITY_UNKNOWN: false,
  ERR_IDENTITY_REQUIRED: false,
  ERR_IDENTITY_UNSUPPORTED: false,
  ERR_REALM_INVALID: false,
  ERR_HANDLE_UNKNOWN: false,
  ERR_AUTH_NO_SESSION: false,
  ERR_AUTH_KEYS_MISSING: false,
  ERR_AUTH_KEYS_REFUSED: false,
  ERR_AUTH_MFA_REFUSED: false,
  ERR_AUTH_MFA_REQUIRED: false,
  ERR_AUTH_SESSION_EXPIRED: false,
  ERR_AUTH_DENIED: false,
  ERR_NETWORK: false,
  ERR_AWS: false,
  ERR_AWS_ENDPOINT: false,
  ERR_CLOCK_SKEW: false,
  ERR_LOGIN_BUSY: false,
  ERR_IO: false,
  ERR_CANCELLED: false,
  ERR_COMMAND_NOT_FOUND: false,
  ERR_COMMAND_NOT_EXECUTABLE: false,
};

describe('an error of one entry', () => {
  const codes = Object.keys(concernsOneEntry).filter(isErrorCode);

  test.each(codes)('is told from an error of the whole keyring by its code: %s', (code) => {
    expect(isEntryError(new AtmosError(code, 'x'))).toBe(concernsOneEntry[code]);
  });

  test('is never an error of another program', () => {
    expect(isEntryError(Object.assign(new Error('x'), { code: 'ERR_KEYRING_IO' }))).toBe(false);
    expect(isEntryError(new TypeError('x'))).toBe(false);
  });
});

test('several errors join to one with all messages and hints, and the code of the first', () => {
  const first = new KeyringError('ERR_KEYRING_DAMAGED', 'one', { hints: ['a'] });
  const second = new KeyringError('ERR_KEYRING_FOREIGN', 'two', { hints: ['b', 'a'] });
  expect(joinErrors([first])).toBe(first);
  expect(joinErrors([first, second])).toMatchObject({
    code: 'ERR_KEYRING_DAMAGED',
    message: 'one\ntwo',
    hints: ['a', 'b'],
  });
});
