import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, maxFrameBytes, readFrames } from '../../../src/keyring/agent/protocol.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function framesOf(chunks: AsyncIterable<Buffer>): Promise<unknown[]> {
  const frames = [];
  for await (const frame of readFrames(chunks)) frames.push(JSON.parse(frame.toString()));
  return frames;
}

test('messages are unchanged, however the stream is split', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())),
      fc.integer({ min: 1, max: 50 }),
      async (values, size) => {
        // JSON turns -0 into 0.
        const messages = values.map((value) => JSON.parse(JSON.stringify(value)));
        const bytes = Buffer.concat(messages.map(encodeFrame));
        expect(await framesOf(inPieces(bytes, size))).toEqual(messages);
      },
    ),
    { numRuns: 50 },
  );
});

test('an incomplete message at the end is ignored', async () => {
  const frame = encodeFrame({ op: 'keys' });
  for (let length = 0; length < frame.length; length++)
    expect(await framesOf(inPieces(frame.subarray(0, length), 3))).toEqual([]);
});

test('a value of 1 MiB fits; a message over the limit is neither sent nor read', async () => {
  const value = Buffer.alloc(1024 * 1024).toString('base64');
  const whole = encodeFrame({ op: 'set', key: 'k'.repeat(240), value });
  expect(await framesOf(inPieces(whole, 65_536))).toMatchObject([{ value }]);
  expect(() => encodeFrame({ value: 'x'.repeat(maxFrameBytes) })).toThrow(RangeError);
  const announced = Buffer.alloc(4);
  announced.writeUInt32BE(maxFrameBytes + 1);
  await expect(framesOf(inPieces(announced, 4))).rejects.toThrow(
    'a message of 2097153 bytes is announced',
  );
});
