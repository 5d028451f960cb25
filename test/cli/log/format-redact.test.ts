import { describe, expect, test } from 'vitest';
import { createRedaction, maxFieldLength } from '../../../src/cli/log/format.ts';

const redact = createRedaction({
  ATMOS_KEYRING_PASSWORD: 'correct horse "battery"\nstaple',
  ATMOS_MFA_TOKEN: '123456',
  GITHUB_TOKEN: 'ghp_canary',
  MY_SECRET: 'ghp_canary_and_more',
  PIN_TOKEN: '1234',
  EMPTY_TOKEN: '',
  UNSET_TOKEN: undefined,
  HOME: '/home/ada',
});

describe('a field is shown safely if it contains', () => {
  test.each([
    ['a secret variable', 'correct horse "battery"\nstaple', '***'],
    ['one inside of a text', 'before123456after', 'before***after'],
    ['a variable that contains another one', 'ghp_canary_and_more ghp_canary', '*** ***'],
    ['a short variable, which is not searched', '12345', '12345'],
    ['a variable that is not secret', '/home/ada/p', '/home/ada/p'],
    ['an access key id', 'id AKIAIOSFODNN7EXAMPLE.', 'id AKIA…MPLE.'],
    ['an access key id of a session', 'ASIAIOSFODNN7EXAMPLE', 'ASIA…MPLE'],
    ['control characters', 'a\u001b[31mb\u0085\u202ec', 'a�[31mb��c'],
    ['line breaks', 'a\r\nb\u2028c\u2029', 'a��b�c�'],
    ['half of a surrogate pair', 'a\ud83db', 'a�b'],
    ['nothing', '', ''],
  ])('%s', (_, text, shown) => {
    expect(redact(text)).toBe(shown);
  });
});

test('a long field is cut at the limit, between two characters', () => {
  expect(redact('x'.repeat(maxFieldLength))).toBe('x'.repeat(maxFieldLength));
  expect(redact('x'.repeat(maxFieldLength + 1))).toBe(`${'x'.repeat(maxFieldLength - 1)}…`);
  expect(redact(`x${'😀'.repeat(maxFieldLength)}`)).toBe(
    `x${'😀'.repeat(maxFieldLength / 2 - 1)}…`,
  );
});

test('a secret at the limit is masked before the field is cut', () => {
  expect(redact(`${'x'.repeat(maxFieldLength - 4)}ghp_canary`)).not.toContain('ghp');
});
