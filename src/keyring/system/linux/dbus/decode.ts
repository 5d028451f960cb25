import { malformed } from './bus-error.ts';

/**
 * Decodes D-Bus values. A decoder states the signature it reads, and a message with another
 * signature is rejected as a whole: no signature is ever interpreted. Every length is checked
 * against the bytes that exist, and every item takes at least one byte, so decoding terminates.
 */
export interface Decoder<T> {
  readonly signature: string;
  readonly boundary: 1 | 4 | 8;
  read(reader: Reader): T;
}

export interface Reader {
  /** Number of bytes left. */
  left(): number;
  align(boundary: number): void;
  byte(): number;
  uint32(): number;
  uint64(): bigint;
  /** A view, not a copy. */
  raw(length: number): Buffer;
}

/** @param buffer begins on a boundary of 8 bytes of the message */
export function createReader(buffer: Buffer, littleEndian: boolean): Reader {
  let position = 0;
  const raw = (length: number) => {
    if (length > buffer.length - position) throw malformed('a value is longer than its message');
    position += length;
    return buffer.subarray(position - length, position);
  };
  const align = (boundary: number) => void raw((boundary - (position % boundary)) % boundary);
  return {
    left: () => buffer.length - position,
    align,
    byte: () => raw(1).readUInt8(),
    uint32() {
      align(4);
      return littleEndian ? raw(4).readUInt32LE() : raw(4).readUInt32BE();
    },
    uint64() {
      align(8);
      return littleEndian ? raw(8).readBigUInt64LE() : raw(8).readBigUInt64BE();
    },
    raw,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const uint32: Decoder<number> = {
  signature: 'u',
  boundary: 4,
  read: (reader) => reader.uint32(),
};

export const uint64: Decoder<bigint> = {
  signature: 't',
  boundary: 8,
  read: (reader) => reader.uint64(),
};

export const flag: Decoder<boolean> = {
  signature: 'b',
  boundary: 4,
  read(reader) {
    const value = reader.uint32();
    if (value > 1) throw malformed('a boolean is neither 0 nor 1');
    return value === 1;
  },
};

export const text: Decoder<string> = {
  signature: 's',
  boundary: 4,
  read: (reader) => readText(reader, reader.uint32()),
};

export const objectPath: Decoder<string> = {
  signature: 'o',
  boundary: 4,
  read(reader) {
    const path = text.read(reader);
    if (!/^\/$|^(\/\w+)+$/.test(path)) throw malformed('an object path is invalid');
    return path;
  },
};

export const signature: Decoder<string> = {
  signature: 'g',
  boundary: 1,
  read: (reader) => readText(reader, reader.byte()),
};

export const bytes: Decoder<Buffer> = {
  signature: 'ay',
  boundary: 4,
  read: (reader) => Buffer.from(reader.raw(reader.uint32())),
};

/** A variant that must contain this type. */
export function variantOf<T>(value: Decoder<T>): Decoder<T> {
  return {
    signature: 'v',
    boundary: 1,
    read(reader) {
      if (signature.read(reader) !== value.signature)
        throw malformed('a value has an unexpected type');
      return readAligned(reader, value);
    },
  };
}

export function listOf<T>(item: Decoder<T>): Decoder<T[]> {
  return {
    signature: `a${item.signature}`,
    boundary: 4,
    read(reader) {
      const length = reader.uint32();
      reader.align(item.boundary);
      const end = reader.left() - length;
      if (end < 0) throw malformed('a list is longer than its message');
      const items: T[] = [];
      while (reader.left() > end) items.push(readAligned(reader, item));
      if (reader.left() !== end) throw malformed('a list ends within an item');
      return items;
    },
  };
}

export function mapOf<K, V>(key: Decoder<K>, value: Decoder<V>): Decoder<Map<K, V>> {
  const entries = listOf({
    ...tupleOf(key, value),
    signature: `{${key.signature}${value.signature}}`,
    boundary: 8,
  });
  return { ...entries, read: (reader) => new Map(entries.read(reader)) };
}

export function structOf<T extends readonly unknown[]>(...fields: Decoders<T>): Decoder<T> {
  const tuple = tupleOf<T>(...fields);
  return { ...tuple, signature: `(${tuple.signature})`, boundary: 8 };
}

export type Decoders<T extends readonly unknown[]> = { [K in keyof T]: Decoder<T[K]> };

/** Consecutive values, as in the body of a message. */
export function tupleOf<T extends readonly unknown[]>(...fields: Decoders<T>): Decoder<T> {
  return {
    signature: fields.map((field) => field.signature).join(''),
    boundary: 1,
    read: (reader) => {
      const values = fields.map((field) => readAligned(reader, field));
      // A mapped tuple keeps its length, but the compiler types it as an array.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return values as unknown as T;
    },
  };
}

export function readAligned<T>(reader: Reader, decoder: Decoder<T>): T {
  reader.align(decoder.boundary);
  return decoder.read(reader);
}

function readText(reader: Reader, length: number): string {
  const encoded = reader.raw(length);
  if (reader.byte() !== 0 || encoded.includes(0))
    throw malformed('a string does not end at its stated length');
  try {
    return utf8.decode(encoded);
  } catch {
    throw malformed('a string is not UTF-8');
  }
}
