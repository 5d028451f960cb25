import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatStored, parseStored } from '../../../../src/keyring/system/linux/collection.ts';
import { hostileValues } from '../../../contract/hostile.ts';

describe('a stored value', () => {
  test('is unchanged for everything that Atmos stores', () => {
    for (const value of [
      '',
      'text',
      '{"type":"aws","data":{"a":"b\\u0000"}}',
      'a\nb\tc',
      'naïve 🔑',
    ]) {
      expect(formatStored(value).toString()).toBe(value);
    }
  });

  test.each(['val\0ue', '\ufeffvalue', 'a\r\nb', '\u001b[0m', '\u0085', 'atmos-auth-base64:eA=='])(
    'is base64 where a provider would change %j',
    (value) => {
      const stored = formatStored(value).toString();
      expect(stored).toMatch(/^atmos-auth-base64:[\w+/]+=*$/);
      expect(parseStored(Buffer.from(stored))).toBe(value);
    },
  );

  test('is read back unchanged, whatever it is', () => {
    const back = (value: string) => {
      expect(parseStored(formatStored(value))).toBe(value);
    };
    Object.values(hostileValues).forEach(back);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
        back,
      ),
    );
  });

  test.each([
    ['not text', Buffer.from([0xff]), 'a value is not UTF-8 text'],
    [
      'not base64',
      Buffer.from('atmos-auth-base64:?'),
      'a value is marked as base64 but is not valid base64',
    ],
    [
      'another base64',
      Buffer.from('atmos-auth-base64:eA'),
      'a value is marked as base64 but is not valid base64',
    ],
    ['base64 of invalid UTF-8', Buffer.from('atmos-auth-base64:/w=='), 'a value is not UTF-8 text'],
  ])('is rejected if it is %s', (_, stored, message) => {
    expect(() => parseStored(stored)).toThrow(message);
  });
});
