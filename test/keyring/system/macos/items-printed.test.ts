import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseBytes,
  parseItems,
  parsePassword,
} from '../../../../src/keyring/system/macos/items.ts';
import { printBytes, printItem } from '../../../support/security/print.mjs';

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array));

describe('bytes as security prints them', () => {
  test.each<[string, string | undefined]>([
    ['', ''],
    ['"plain"', 'plain'],
    ['"a "quote" in it"', 'a "quote" in it'],
    [String.raw`0x636166C3A9  "caf\303\251"`, 'caf\xc3\xa9'],
    ['0xC3A9 ', '\xc3\xa9'],
    ['"0x41"', '0x41'],
    [String.raw`0x5C  "\134"`, '\\'],
    ['<NULL>', undefined],
    ['plain', undefined],
    ['"', undefined],
    ['"open', undefined],
    [String.raw`"\134"`, undefined],
    ['0xC3A', undefined],
    ['0xc3a9 ', undefined],
    ['0xC3A9 "x', undefined],
  ])('%j are parsed', (printed, expected) => {
    expect(parseBytes(printed)?.toString('latin1')).toBe(expected);
  });

  test('are parsed to the same bytes, whatever they are', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(parseBytes(printBytes(given.toString('latin1')))?.equals(given)).toBe(true);
      }),
    );
  });
});

describe('printed items', () => {
  test('are parsed one by one, including those of other classes', () => {
    const item = {
      isOpenToAll: false,
      trusted: [],
      label: null,
      secret: '',
      account: 'atmos-auth',
    };
    const times = { createdAt: '20260101000000Z', modifiedAt: '20260101000000Z' };
    const printed = [
      printItem('/k', { class: 'genp', service: 'one', ...item, ...times }),
      'keychain: "/k"\nversion: 512\nclass: 0x0000000F \nattributes:\n    0x00000001 <blob>="x"\n',
      printItem('/k', { class: 'inet', service: null, ...item, ...times }),
      // The keychain of an item that was deleted meanwhile.
      'keychain: "/k"\n',
      printItem('/k', { class: 'genp', service: 'a\n    "svce"<blob>="b"', ...item, ...times }),
    ].join('');
    expect(
      parseItems(printed).map(({ itemClass, service }) => [itemClass, String(service)]),
    ).toEqual([
      ['genp', 'one'],
      ['\0\0\0\x0f', 'undefined'],
      ['inet', 'undefined'],
      [undefined, 'undefined'],
      ['genp', 'a\n    "svce"<blob>="b"'],
    ]);
  });

  test('are not found in any other text, and the parser never throws', () => {
    const line = fc.oneof(
      fc.constantFrom('keychain: ', 'class: "genp"', '    "svce"<blob>=', '    "acct"<blob>="x"'),
      fc.string(),
      bytes.map((given) => given.toString('latin1')),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n');
        expect(parseItems(text).length).toBeLessThanOrEqual(lines.join('\n').split('\n').length);
        parsePassword(text);
      }),
    );
  });
});

describe('a printed secret', () => {
  test.each<[string, string | undefined]>([
    ['password: "value"\n', 'value'],
    ['password: \n', ''],
    ['security: a warning\npassword: "value"\n', 'value'],
    ['password: "one"\npassword: "two"\n', undefined],
    ['', undefined],
  ])('is parsed from %j', (printed, expected) => {
    expect(parsePassword(printed)?.toString()).toBe(expected);
  });
});
