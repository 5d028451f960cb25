/** Most bytes of a message: a value of 1 MiB, in base64, has room. */
export const maxFrameBytes = 2 * 1024 * 1024;

const lengthBytes = 4;

/** A message as it travels: its length in four bytes, the high ones first, then UTF-8 JSON. */
export function encodeFrame(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > maxFrameBytes) throw new RangeError('the message is too large for a frame');
  const frame = Buffer.alloc(lengthBytes + text.length);
  frame.writeUInt32BE(text.length);
  text.copy(frame, lengthBytes);
  return frame;
}

/**
 * The messages in a stream of bytes, each still as text. Nothing is kept of a message that is
 * announced as too large; one that the end cuts off is none.
 *
 * @throws RangeError for a message that is too large
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let wanted = lengthBytes;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes >= wanted) {
      const joined = Buffer.concat(waiting);
      const length = joined.readUInt32BE(0);
      if (length > maxFrameBytes) throw new RangeError(`a message of ${length} bytes is announced`);
      wanted = lengthBytes + length;
      if (bytes >= wanted) {
        yield joined.subarray(lengthBytes, wanted);
        bytes -= wanted;
        waiting = [joined.subarray(wanted)];
        wanted = lengthBytes;
      } else {
        waiting = [joined];
      }
    }
  }
}
