import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBusError } from '../../../../../src/keyring/system/linux/dbus/bus-error.ts';
import * as decode from '../../../../../src/keyring/system/linux/dbus/decode.ts';
import * as encode from '../../../../../src/keyring/system/linux/dbus/encode.ts';
import {
  createFrames,
  formatCall,
  headBytes,
  maxMessageBytes,
  messageBytes,
  parseMessage,
  readBody,
} from '../../../../../src/keyring/system/linux/dbus/message.ts';

function written(argument: encode.Argument): Buffer {
  const writer = encode.createWriter();
  encode.writeAligned(writer, argument);
  return writer.finish();
}

function readBack<T>(argument: encode.Argument, decoder: decode.Decoder<T>): T {
  expect(argument.signature).toBe(decoder.signature);
  const reader = decode.createReader(written(argument), true);
  const value = decode.readAligned(reader, decoder);
  expect(reader.left()).toBe(0);
  return value;
}

const hello = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

describe('values', () => {
  test('are encoded as in the specification', () => {
    expect(written(encode.text('foo')).toString('hex')).toBe('03000000666f6f00');
    expect(written(encode.flag(true)).toString('hex')).toBe('01000000');
    expect(written(encode.bytes(Buffer.from([1, 2]))).toString('hex')).toBe('020000000102');
    expect(written(encode.variant(encode.uint32(5))).toString('hex')).toBe('0175000005000000');
    // The length of a list does not include the padding before its first item.
    const map = encode.map('s', [['a', encode.text('b')]]);
    expect(written(map).toString('hex')).toBe('0e000000000000000100000061000000010000006200');
    expect(written(encode.map('s', [])).toString('hex')).toBe('0000000000000000');
  });

  test('are decoded to the same values', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word)),
        fc.uint8Array().map((array) => Buffer.from(array)),
        fc.boolean(),
        (entries, bytes, flag) => {
          const pairs = entries.map(([key, value]) => [key, encode.text(value)] as const);
          const argument = encode.struct(
            encode.map('s', pairs),
            encode.variant(encode.bytes(bytes)),
            encode.flag(flag),
            encode.list('o', [encode.objectPath('/a/b_1')]),
          );
          const decoder = decode.structOf<[Map<string, string>, Buffer, boolean, string[]]>(
            decode.mapOf(decode.text, decode.text),
            decode.variantOf(decode.bytes),
            decode.flag,
            decode.listOf(decode.objectPath),
          );
          expect(readBack(argument, decoder)).toEqual([new Map(entries), bytes, flag, ['/a/b_1']]);
        },
      ),
    );
  });

  test.each<[string, string, decode.Decoder<unknown>, string]>([
    [
      'a string longer than its message',
      'ffffff7f61',
      decode.text,
      'a value is longer than its message',
    ],
    ['a string without its end', '0100000061', decode.text, 'a value is longer than its message'],
    [
      'a string with a NUL',
      '02000000610000',
      decode.text,
      'a string does not end at its stated length',
    ],
    ['invalid UTF-8', '01000000ff00', decode.text, 'a string is not UTF-8'],
    ['an invalid object path', '020000002f2f00', decode.objectPath, 'an object path is invalid'],
    ['an invalid boolean', '02000000', decode.flag, 'a boolean is neither 0 nor 1'],
    [
      'a list longer than its message',
      'ffffff7f00',
      decode.listOf(decode.uint32),
      'a list is longer than its message',
    ],
    [
      'a list that ends inside an item',
      '020000000100000001000000',
      decode.listOf(decode.uint32),
      'a list ends within an item',
    ],
    [
      'a variant of another type',
      '01730000',
      decode.variantOf(decode.uint32),
      'a value has an unexpected type',
    ],
  ])('%s is rejected', (_, hex, decoder, message) => {
    const reader = decode.createReader(Buffer.from(hex, 'hex'), true);
    expect(() => decode.readAligned(reader, decoder)).toThrow(message);
  });

  test('are decoded in both byte orders', () => {
    const big = decode.createReader(Buffer.from('0000000000000005', 'hex'), false);
    expect(decode.uint64.read(big)).toBe(5n);
  });
});

describe('messages', () => {
  const call = formatCall(hello, 1, true);

  test('contain their length', () => {
    expect(messageBytes(call.subarray(0, headBytes))).toBe(call.length);
    expect(parseMessage(call)).toMatchObject({ path: hello.path, member: 'Hello', type: 'other' });
  });

  test('are split from a stream, however it is chunked', () => {
    const stream = Buffer.concat([call, formatCall(hello, 2, true), call]);
    for (let size = 1; size <= stream.length; size++) {
      const cut: Buffer[] = [];
      const take = createFrames((message) => cut.push(Buffer.from(message)));
      for (let at = 0; at < stream.length; at += size) take(stream.subarray(at, at + size));
      expect(Buffer.concat(cut)).toEqual(stream);
      expect(cut).toHaveLength(3);
    }
  });

  test.each([
    ['no byte order', 0, 0, 'a message has an invalid byte order'],
    ['another version', 3, 2, 'a message has an unsupported protocol version'],
  ])('of %s are rejected', (_, at, value, message) => {
    const changed = Buffer.from(call);
    changed[at] = value;
    expect(() => createFrames(() => {})(changed)).toThrow(message);
  });

  test('that are too long are rejected before they arrive', () => {
    const changed = Buffer.from(call);
    changed.writeUInt32LE(maxMessageBytes, 4);
    expect(() => messageBytes(changed)).toThrow(/^a message of \d+ bytes is too long$/);
    changed.writeUInt32LE(0xffffffff, 4);
    changed.writeUInt32LE(0xffffffff, 12);
    expect(() => messageBytes(changed)).toThrow('a message of 8589934607 bytes is too long');
  });

  test('of any bytes are either parsed or rejected', () => {
    const answers: readonly decode.Decoder<unknown>[] = [
      decode.tupleOf<[Map<string, string>]>(decode.mapOf(decode.text, decode.text)),
      decode.tupleOf<[string[], string]>(decode.listOf(decode.objectPath), decode.objectPath),
      decode.tupleOf<[bigint]>(decode.variantOf(decode.uint64)),
    ];
    const read = (bytes: Buffer) => {
      try {
        const take = createFrames((whole) => {
          const message = parseMessage(whole);
          for (const answer of answers)
            readBody({ ...message, signature: answer.signature }, answer);
        });
        take(bytes);
      } catch (error) {
        if (!isBusError(error, 'malformed')) throw error;
      }
    };
    const noise = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    fc.assert(fc.property(noise, read));
    // A valid message with some changed bytes reaches more code.
    const body = [encode.map('s', [['username', encode.text('atmos-auth')]])];
    const whole = formatCall({ ...hello, body }, 7, true);
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const changed = Buffer.from(whole);
        for (const { at, to } of changes) changed[at] = to;
        read(changed);
      }),
      { numRuns: 3000 },
    );
  });
});
