import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatItem, parseItem } from '../../../src/keyring/file/entry.ts';

const noItem = { fault: 'it contains no item' };
const noKey = { fault: 'its item has no entry name' };
const noText = { fault: 'its item has a value that is not text' };

const parse = (json: unknown) => parseItem(Buffer.from(JSON.stringify(json)));

describe('an item', () => {
  test('is written with the same bytes as by Go', () => {
    expect(formatItem({ key: 'key', value: 'value' }).toString()).toBe(
      '{"Key":"key","Data":"dmFsdWU=","Label":"","Description":"",' +
        '"KeychainNotTrustApplication":false,"KeychainNotSynchronizable":false}',
    );
  });

  test('is unchanged when it is read back, whatever its name and value', () => {
    const text = fc.string({ unit: 'binary', maxLength: 500 });
    fc.assert(
      fc.property(text, text, (key, value) => {
        expect(parseItem(formatItem({ key, value }))).toEqual({ key, value });
      }),
    );
  });

  test('keeps a byte order mark', () => {
    const item = { key: '\ufeffkey', value: '\ufeffvalue' };
    expect(parseItem(formatItem(item))).toEqual(item);
  });

  test('has an empty value if Go wrote a nil slice', () => {
    expect(parse({ Key: 'key', Data: null })).toEqual({ key: 'key', value: '' });
  });

  test('may contain unknown fields', () => {
    expect(parse({ Key: 'key', Data: '', Other: [1] })).toEqual({ key: 'key', value: '' });
  });

  test.each<[unknown, { fault: string }]>([
    [null, noItem],
    [[], noItem],
    ['text', noItem],
    [1, noItem],
    [{}, noItem],
    [{ Key: 'key' }, noItem],
    [{ Data: '' }, noItem],
    [{ key: 'key', data: '' }, noItem],
    [{ Key: 1, Data: '' }, noKey],
    [{ Key: null, Data: '' }, noKey],
    [{ Key: ['key'], Data: '' }, noKey],
    [{ Key: 'key', Data: 1 }, noText],
    [{ Key: 'key', Data: {} }, noText],
    [{ Key: 'key', Data: ['dmFsdWU='] }, noText],
    [{ Key: 'key', Data: 'dmFsdWU' }, noText],
    [{ Key: 'key', Data: 'dmFsdWV=' }, noText],
    [{ Key: 'key', Data: ' dmFsdWU=' }, noText],
    [{ Key: 'key', Data: 'dmFs\ndWU=' }, noText],
    [{ Key: 'key', Data: '_-__' }, noText],
    [{ Key: 'key', Data: '!!!!' }, noText],
    [{ Key: 'key', Data: Buffer.from([0xff]).toString('base64') }, noText],
    [{ Key: 'key', Data: Buffer.from([0xed, 0xa0, 0x80]).toString('base64') }, noText],
  ])('is rejected if it is %j', (json, fault) => {
    expect(parse(json)).toEqual(fault);
  });

  test('is rejected if only its prototype has the fields', () => {
    const hidden = '{"__proto__":{"Key":"key","Data":""}}';
    expect(parseItem(Buffer.from(hidden))).toEqual(noItem);
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['half an item', formatItem({ key: 'key', value: 'value' }).subarray(0, 20)],
    ['two items', Buffer.concat([formatItem({ key: 'a', value: '' }), Buffer.from('{}')])],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['endlessly nested JSON', Buffer.from('['.repeat(1_000_000))],
  ])('is rejected if it is %s', (_, bytes) => {
    expect(parseItem(bytes)).toEqual(noItem);
  });

  test('is parsed to an item or a fault without an exception, whatever the bytes are', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 500 }).map((array) => Buffer.from(array)),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .record({ Key: fc.jsonValue(), Data: fc.jsonValue() }, { requiredKeys: [] })
        .map((fields) => Buffer.from(JSON.stringify(fields))),
    );
    fc.assert(
      fc.property(bytes, (plaintext) => {
        const item = parseItem(plaintext);
        if ('fault' in item) {
          expect(item.fault).toMatch(/^it/);
          return;
        }
        expect(item.key).toBeTypeOf('string');
        expect(item.value).toBeTypeOf('string');
        expect(item.value.isWellFormed()).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
