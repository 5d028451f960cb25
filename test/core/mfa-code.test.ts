import { expect, test } from 'vitest';
import { parseMfaCode } from '../../src/core/mfa-code.ts';

test.each([
  ['123456', '123456'],
  ['123 456', '123456'],
  ['123\u00a0456', '123456'],
  ['123\u202f456', '123456'],
  [' 12 34 56\r\n', '123456'],
  ['012345', '012345'],
])('%j is a valid code with its spaces removed', (text, code) => {
  expect(parseMfaCode(text)).toBe(code);
});

test.each(['', ' ', '12345', '1234567', '123-456', 'abcdef', '12345a', '١٢٣٤٥٦'])(
  '%j is not a code',
  (text) => {
    expect(parseMfaCode(text)).toBeUndefined();
  },
);
