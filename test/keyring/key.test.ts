import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkKey,
  checkReadKey,
  checkValue,
  decodeKey,
  encodeKey,
  isKey,
  isOwnEntry,
  maxKeyBytes,
} from '../../src/keyring/key.ts';
import { expectError, thrownBy } from './file/rejection.ts';

describe('the file name of an entry', () => {
  test.each([
    ['atmos_realm_alias', 'atmos_realm_alias'],
    ['a/b', 'a%2Fb'],
    ['a%b', 'a%25b'],
    ['a%2Fb', 'a%252Fb'],
    ['a\\b:c', 'a\\b:c'],
    ['naïve 🔑', 'naïve 🔑'],
  ])('for %s is %s, as Go writes it', (key, name) => {
    expect(encodeKey(key)).toBe(name);
    expect(decodeKey(name)).toBe(key);
  });

  test.each([
    '',
    '.',
    '..',
    '.state',
    'a%2fb',
    '%41',
    '100%',
    '%zz',
    'a%00b',
    'a/b',
    '.state%2Fverifier',
    'x'.repeat(256),
  ])('is never %j', (name) => {
    expect(decodeKey(name)).toBeUndefined();
  });

  test.each([
    ['.x%2Fdev%2FKEY', '.x/dev/KEY'],
    ['a\nb', 'a\nb'],
    ['k'.repeat(255), 'k'.repeat(255)],
    [`${'%2F'.repeat(80)}12345`, `${'/'.repeat(80)}12345`],
  ])('%j of another program is decoded and read, and never written', (name, key) => {
    expect(decodeKey(name)).toBe(key);
    expect(() => checkReadKey(key)).not.toThrow();
    expect(isKey(key)).toBe(false);
    expect(thrownBy(() => checkKey(key)).code).toBe('ERR_KEYRING_INVALID_KEY');
  });

  test('is decoded to its entry name, and is different for each', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, text, (one, two) => {
        const names = [encodeKey(one), encodeKey(two)];
        expect(names[0] === names[1]).toBe(one === two);
        for (const name of names) expect(name).not.toContain('/');
        const decoded = decodeKey(encodeKey(one));
        if (decoded !== undefined) expect(decoded).toBe(one);
      }),
    );
  });

  test('is decoded without throwing, and only in its canonical form', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(fc.constantFrom('%', '2', '5', 'F', 'f', '/', '.', 'a'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(name, (text) => {
        const key = decodeKey(text);
        if (key !== undefined) expect(encodeKey(key)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an entry name', () => {
  test.each<[string, string]>([
    ['', 'key "" is empty'],
    ['.hidden', 'key ".hidden" starts with a dot'],
    ['a\nb', 'key "a\\nb" holds a control character'],
    ['a\ud83d', 'key "a\\ud83d" is not well-formed text'],
    ['k'.repeat(241), `key "${'k'.repeat(80)}…" is too long (241 bytes, at most 240)`],
    ['/'.repeat(81), `key "${'/'.repeat(80)}…" is too long (243 bytes, at most 240)`],
  ])('%j is rejected with a short message', (key, message) => {
    expectError(
      thrownBy(() => checkKey(key)),
      'ERR_KEYRING_INVALID_KEY',
      message,
      `use a name without control characters or a leading dot, of at most ${maxKeyBytes} bytes`,
    );
  });

  test('never adds a control character to a message', () => {
    for (let code = 0; code < 0xa0; code++) {
      if (code >= 0x20 && code < 0x7f) continue;
      const { message } = thrownBy(() => checkKey(`a${String.fromCharCode(code)}[31mb`));
      // eslint-disable-next-line no-control-regex
      expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }
  });
});

describe('an entry of atmos auth', () => {
  const envelope = JSON.stringify({ type: 'aws', data: {} });

  test.each([
    ['atmos_realm_alias', undefined, true],
    ['atmos_realm_alias', 'anything', true],
    ['atmos_secrets/dev/app/TOKEN', undefined, false],
    ['atmos_secrets/dev/app/TOKEN', '"hunter2"', false],
    ['atmos_secrets/dev/app/TOKEN', '{"type":"aws"}', false],
    ['atmos_realm_team/admin', envelope, true],
    ['atmos/dev/app/TOKEN', envelope, false],
    ['a-profile-of-aws-vault', envelope, false],
  ])('with the name %s and the value %s: %s', (key, value, isOwn) => {
    expect(isOwnEntry(key, value)).toBe(isOwn);
  });
});

describe('a value', () => {
  test('may be as long as the limit in bytes', () => {
    expect(() => checkValue('key', 'éé', 4)).not.toThrow();
    expectError(
      thrownBy(() => checkValue('key', 'ééx', 4)),
      'ERR_KEYRING_TOO_LARGE',
      'the value of "key" has 5 bytes, and at most 4 can be stored',
    );
  });

  test('that is not well-formed is a TypeError without the value', () => {
    expect(() => checkValue('key', 'secret\ud83d')).toThrow(
      new TypeError('the value of "key" is not well-formed text'),
    );
  });
});
