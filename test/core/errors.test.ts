import { describe, expect, test } from 'vitest';
import {
  AtmosError,
  BackendError,
  KeyringError,
  causesOf,
  isAtmosError,
  isEntryError,
  isErrorCode,
  joinErrors,
  keyringErrorCodes,
  systemErrorCode,
  type ErrorCode,
} from '../../src/core/errors.ts';
import { run, say } from '../../src/core/hint.ts';

describe('an AtmosError', () => {
  test('has a message, a code, and hints that fix it', () => {
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

  test('also has its hints as data, and treats strings as prose', () => {
    const command = run(['rm', '/a b']);
    const { hints, hintValues } = new AtmosError('ERR_IO', 'x', { hints: ['or wait', command] });
    expect(hints).toEqual(['or wait', "rm '/a b'"]);
    expect(hintValues).toEqual([say('or wait'), command]);
  });

  test('has neither hints nor a cause by default', () => {
    const error = new AtmosError('ERR_IO', 'cannot write it');
    expect(error.hints).toEqual([]);
    expect('cause' in error).toBe(false);
  });

  test('is recognized by isAtmosError, also by its code', () => {
    const error: unknown = new KeyringError('ERR_KEYRING_LOCKED', 'it is locked');
    expect(isAtmosError(error)).toBe(true);
    expect(isAtmosError(error, 'ERR_KEYRING_LOCKED')).toBe(true);
    expect(isAtmosError(error, 'ERR_KEYRING_BUSY')).toBe(false);
    expect(isAtmosError(Object.assign(new Error('x'), { code: 'ERR_IO' }))).toBe(false);
    expect(isAtmosError(undefined)).toBe(false);
  });

  test('of the keyring has one of the codes of a keyring', () => {
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
])('systemErrorCode returns the code of system errors only: %#', (error, code) => {
  expect(systemErrorCode(error)).toBe(code);
});

describe('the causes of an error', () => {
  test('are listed from the direct one on, with reasons that hold no secret', () => {
    const parsing = new SyntaxError('Unexpected token in "CanarySecret"');
    const opening = Object.assign(new Error("ENOENT: open '/x'", { cause: parsing }), {
      code: 'ENOENT',
      syscall: 'open',
    });
    const answered = new BackendError('the service is gone', { cause: opening });
    const error = new KeyringError('ERR_KEYRING_IO', 'cannot read', { cause: answered });
    expect(causesOf(error)).toEqual([
      { name: 'BackendError', code: undefined, reason: 'the service is gone' },
      { name: 'Error', code: 'ENOENT', reason: "ENOENT: open '/x'" },
      { name: 'SyntaxError', code: undefined, reason: undefined },
    ]);
    expect(causesOf(new Error('alone'))).toEqual([]);
    expect(causesOf('no error')).toEqual([]);
  });

  test('are cut where a chain leads back', () => {
    const error = new Error('round');
    error.cause = new Error('and round', { cause: error });
    expect(causesOf(error).length).toBeLessThan(10);
  });
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
  ERR_AUTH_BASE_REFUSED: false,
  ERR_AUTH_SOURCE_FAILED: false,
  ERR_AUTH_SIGN_IN_REQUIRED: false,
  ERR_AUTH_SIGN_IN_FAILED: false,
  ERR_AUTH_OTHER_USER: false,
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

describe('an entry error', () => {
  const codes = Object.keys(concernsOneEntry).filter(isErrorCode);

  test.each(codes)(
    'is distinguished from an error of the whole keyring by its code: %s',
    (code) => {
      expect(isEntryError(new AtmosError(code, 'x'))).toBe(concernsOneEntry[code]);
    },
  );

  test('is never an error of another program', () => {
    expect(isEntryError(Object.assign(new Error('x'), { code: 'ERR_KEYRING_IO' }))).toBe(false);
    expect(isEntryError(new TypeError('x'))).toBe(false);
  });
});

test('joined errors have all messages and hints, and the code of the first error', () => {
  const first = new KeyringError('ERR_KEYRING_DAMAGED', 'one', { hints: ['a'] });
  const second = new KeyringError('ERR_KEYRING_FOREIGN', 'two', { hints: ['b', 'a'] });
  expect(joinErrors([first])).toBe(first);
  expect(joinErrors([first, second])).toMatchObject({
    code: 'ERR_KEYRING_DAMAGED',
    message: 'one\ntwo',
    hints: ['a', 'b'],
  });
});
