import { malformed } from './bus-error.ts';
import * as decode from './decode.ts';
import * as encode from './encode.ts';

/** A method call. */
export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body?: readonly encode.Argument[];
  /** Its values must not appear in the text of an error. */
  readonly isSecret?: boolean;
}

/** A message from the bus, limited to the fields that are used here. */
export interface Message {
  readonly type: 'return' | 'error' | 'signal' | 'other';
  /** Serial of the call that this message answers. */
  readonly replySerial: number | undefined;
  readonly path: string | undefined;
  readonly member: string | undefined;
  readonly errorName: string | undefined;
  readonly signature: string;
  readonly body: decode.Reader;
}

/** Size of the fixed part at the start of every message. */
export const headBytes = 16;
/** Longest accepted message. D-Bus allows 128 MiB; the answers to our calls are much shorter. */
export const maxMessageBytes = 8 * 1024 * 1024;

const protocolVersion = 1;
const types = { call: 1, return: 2, error: 3, signal: 4 } as const;
const typeNames: Readonly<Record<number, Message['type']>> = {
  2: 'return',
  3: 'error',
  4: 'signal',
};
const fields = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  destination: 6,
  signature: 8,
} as const;
const noReplyExpected = 1;
const little = 'l'.charCodeAt(0);
const big = 'B'.charCodeAt(0);

/** @param serial identifies the answer, if one is expected */
export function formatCall(call: Call, serial: number, wantsReply: boolean): Buffer {
  const { body = [] } = call;
  const content = encode.createWriter();
  for (const argument of body) encode.writeAligned(content, argument);
  const writer = encode.createWriter();
  writer.byte(little);
  writer.byte(types.call);
  writer.byte(wantsReply ? 0 : noReplyExpected);
  writer.byte(protocolVersion);
  writer.uint32(content.length());
  writer.uint32(serial);
  const header = [
    field(fields.path, encode.objectPath(call.path)),
    field(fields.interface, encode.text(call.interface)),
    field(fields.member, encode.text(call.member)),
    field(fields.destination, encode.text(call.destination)),
    ...(body.length > 0
      ? [field(fields.signature, encode.signature(encode.signatureOf(body)))]
      : []),
  ];
  encode.writeAligned(writer, encode.list('(yv)', header));
  writer.align(8);
  writer.raw(content.finish());
  return writer.finish();
}

function field(code: number, value: encode.Argument): encode.Argument {
  const content = encode.variant(value);
  return {
    signature: '(yv)',
    boundary: 8,
    write(writer) {
      writer.byte(code);
      encode.writeAligned(writer, content);
    },
  };
}

/** Length in bytes of the message with this head. */
export function messageBytes(head: Buffer): number {
  const order = head.readUInt8(0);
  if (order !== little && order !== big) throw malformed('a message has an invalid byte order');
  if (head.readUInt8(3) !== protocolVersion)
    throw malformed('a message has an unsupported protocol version');
  const reader = decode.createReader(head, order === little);
  reader.raw(4);
  const bodyLength = reader.uint32();
  reader.uint32();
  const headerLength = reader.uint32();
  const length = headBytes + Math.ceil(headerLength / 8) * 8 + bodyLength;
  if (length > maxMessageBytes) throw malformed(`a message of ${length} bytes is too long`);
  return length;
}

/** @param buffer one complete message */
export function parseMessage(buffer: Buffer): Message {
  const reader = decode.createReader(buffer, buffer.readUInt8(0) === little);
  reader.raw(12);
  const known = new Map<number, string | number>(headerFields.read(reader));
  reader.align(8);
  const textOf = (code: number) => {
    const value = known.get(code);
    return typeof value === 'string' ? value : undefined;
  };
  const replySerial = known.get(fields.replySerial);
  return {
    type: typeNames[buffer.readUInt8(1)] ?? 'other',
    replySerial: typeof replySerial === 'number' ? replySerial : undefined,
    path: textOf(fields.path),
    member: textOf(fields.member),
    errorName: textOf(fields.errorName),
    signature: textOf(fields.signature) ?? '',
    body: decode.createReader(reader.raw(reader.left()), buffer.readUInt8(0) === little),
  };
}

const headerTypes = [decode.text, decode.objectPath, decode.signature, decode.uint32];

/** The fields of a header. Known and unknown fields have one of four types. */
const headerFields = decode.listOf<readonly [number, string | number]>({
  signature: '(yv)',
  boundary: 8,
  read(reader) {
    const code = reader.byte();
    const signature = decode.signature.read(reader);
    const type = headerTypes.find((known) => known.signature === signature);
    if (type === undefined) throw malformed('a header has a field of an unknown type');
    return [code, decode.readAligned<string | number>(reader, type)];
  },
});

/** Reads the body with the decoder. @throws BusError `malformed` if it has another type */
export function readBody<T>(message: Message, decoder: decode.Decoder<T>): T {
  if (message.signature !== decoder.signature) throw malformed('an answer has an unexpected type');
  const value = decoder.read(message.body);
  if (message.body.left() > 0) throw malformed('an answer has extra bytes at its end');
  return value;
}

/**
 * Cuts a stream into messages: accepts chunks and calls `onMessage` with each complete message.
 * Keeps at most one incomplete message.
 *
 * @throws BusError `malformed` if the next bytes cannot begin a message
 */
export function createFrames(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let neededBytes = headBytes;
  return (chunk) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < neededBytes) return;
    let rest = Buffer.concat(held);
    while (rest.length >= headBytes) {
      neededBytes = messageBytes(rest);
      if (rest.length < neededBytes) break;
      onMessage(rest.subarray(0, neededBytes));
      rest = rest.subarray(neededBytes);
      neededBytes = headBytes;
    }
    held = [rest];
    heldBytes = rest.length;
  };
}
