import { expect, test } from 'vitest';
import { parseMfaCode } from '../../src/core/mfa-code.ts';

test.each([
  ['123456', '123456'],
  ['123 456', '123456'],
  ['123\u00a0456', '123456'],
  ['123\u202f456', '123456'],
  [' 12 34 56\r\n', '123456'],
  ['012345', '012345'],
])('%j is a code, without its spaces', (text, code) => {
  expect(parseMfaCode(text)).toBe(code);
});

test.each(['', ' ', '12345', '1234567', '123-456', 'abcdef', '12345a', '١٢٣٤٥٦'])(
  '%j is no code',
  (text) => {
    expect(parseMfaCode(text)).toBeUndefined();
  },
);
