import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  formatAddCommand,
  maxCommandBytes,
  secretRoom,
} from '../../../../src/keyring/system/macos/security.ts';
import { hostileKeys, invalidKeys, lookalikeKeys } from '../../../contract/hostile.ts';
import { thrownBy } from '../../../support/error-of.ts';
import { readLines, splitWords } from '../../../support/security/lines.mjs';
import { createTestMac } from './open-keyring.ts';

/** Splits a line into words as `security -i` does. */
function wordsOf(command: string): string[][] {
  const lines = readLines(Buffer.from(command).toString('latin1'));
  return lines.map((line) => splitWords(line).map(fromLatin1));
}

const fromLatin1 = (bytes: string) => Buffer.from(bytes, 'latin1').toString();

const attacks: readonly string[] = [
  'a" -A "b',
  'a" -T "" -w "chosen',
  'a\\" -A \\"b',
  'trailing\\',
  '\\',
  '"',
  '""',
  "'",
  `'"'"' -A '"'"'`,
  "a' -A 'b",
  '$(id)',
  '`id`',
  ' -T ',
  '-w',
  '-A',
  '--',
  ';help',
  '&& help',
  'a" login.keychain "b',
];

describe('the line for security -i', () => {
  test('is the line of go-keyring, in double quotes', () => {
    expect(formatAddCommand('atmos_realm_alias', 'go-keyring-base64:dg==')).toBe(
      'add-generic-password -U -s "atmos_realm_alias" -a "atmos-auth" -w "go-keyring-base64:dg=="\n',
    );
  });

  test.each([...attacks, ...hostileKeys, ...lookalikeKeys.flat()])(
    'keeps %j as one argument',
    (name) => {
      expect(wordsOf(formatAddCommand(name, 'secret'))).toEqual([
        ['add-generic-password', '-U', '-s', name, '-a', 'atmos-auth', '-w', 'secret'],
      ]);
    },
  );

  test('keeps any two texts as two arguments', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .filter((one) => !/\p{Cc}/u.test(one));
    fc.assert(
      fc.property(text, text, (name, secret) => {
        expect(wordsOf(formatAddCommand(name, secret))).toEqual([
          ['add-generic-password', '-U', '-s', name, '-a', 'atmos-auth', '-w', secret],
        ]);
      }),
    );
  });

  test.each(
    Object.entries(invalidKeys).filter(([, key]) => /\p{Cc}/u.test(key) || !key.isWellFormed()),
  )('is not created for %s', (_, name) => {
    expect(thrownBy(() => formatAddCommand(name, 'secret'))).toMatchObject({
      code: 'ERR_KEYRING_INVALID_KEY',
      message: 'a name with a control character cannot be passed to security',
    });
  });

  test('is at most as long as the longest line of security', () => {
    for (const name of ['key', '"\\'.repeat(120), 'é'.repeat(120)]) {
      const largest = formatAddCommand(name, 'x'.repeat(secretRoom(name)));
      expect(Buffer.byteLength(largest)).toBe(maxCommandBytes);
      expect(wordsOf(largest)).toHaveLength(1);
      expect(wordsOf(formatAddCommand(name, 'x'.repeat(secretRoom(name) + 1)))).toHaveLength(2);
    }
  });
});

describe('a malicious entry name', () => {
  test.each(attacks)(
    '%j is stored as one entry, and gives other programs no access',
    async (key) => {
      const mac = createTestMac();
      onTestFinished(mac.remove);
      const keyring = mac.open();
      await keyring.set(key, 'value');
      await keyring.set(key, 'another');
      expect(await keyring.get(key)).toBe('another');
      expect(await keyring.keys()).toEqual([key]);
      expect(mac.items()).toMatchObject([
        {
          service: Buffer.from(key).toString('latin1'),
          account: 'atmos-auth',
          secret: `go-keyring-base64:${Buffer.from('another').toString('base64')}`,
          isOpenToAll: false,
          trusted: [],
        },
      ]);
      expect(await keyring.delete(key)).toBe(true);
      expect(mac.items()).toEqual([]);
    },
  );
});
