import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodedRoom,
  decodeSecret,
  encodeSecret,
} from '../../../../src/keyring/system/macos/items.ts';

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));

describe('a stored secret', () => {
  test('contains any bytes in base64, as in go-keyring', () => {
    expect(encodeSecret(Buffer.from('é'))).toBe('go-keyring-base64:w6k=');
    fc.assert(
      fc.property(bytes, (given) => {
        expect(decodeSecret(Buffer.from(encodeSecret(given)))?.equals(given)).toBe(true);
      }),
    );
  });

  test('has the maximum size that fits', () => {
    for (let room = 30; room < 60; room++) {
      const most = decodedRoom(room);
      expect(encodeSecret(Buffer.alloc(most)).length).toBeLessThanOrEqual(room);
      expect(encodeSecret(Buffer.alloc(most + 1)).length).toBeGreaterThan(room);
    }
  });

  test.each<[string, string, string | undefined]>([
    ['in hex, of older releases', 'go-keyring-encoded:610a62', 'a\nb'],
    ['in hex of capitals', 'go-keyring-encoded:C3A9', 'é'],
    ['without a prefix', 'plain text', 'plain text'],
    ['with white space around it', ' \t\u00a0plain text\u2003\n', 'plain text'],
    ['with a mark that is no white space', '\ufeffplain', '\ufeffplain'],
    ['of white space', ' \n', ''],
    ['of nothing', '', ''],
    ['with a prefix in the middle', 'x go-keyring-base64:Zm9v', 'x go-keyring-base64:Zm9v'],
    ['of the prefix alone', 'go-keyring-base64:', ''],
    ['with invalid hex', 'go-keyring-encoded:6g', undefined],
    ['of half a byte', 'go-keyring-encoded:616', undefined],
    ['with invalid base64', 'go-keyring-base64:***', undefined],
    ['that was cut short', 'go-keyring-base64:dmFsdW', undefined],
    ['of another base64', 'go-keyring-base64:-_8=', undefined],
  ])('%s is read as go-keyring reads it', (_, stored, value) => {
    expect(decodeSecret(Buffer.from(stored))?.toString()).toBe(value);
  });

  test('that is not UTF-8 is returned unchanged', () => {
    const stored = Buffer.from([0x20, 0xff, 0x20]);
    expect(decodeSecret(stored)).toEqual(stored);
  });
});
