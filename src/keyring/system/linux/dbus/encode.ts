/**
 * Encodes D-Bus values: each value knows its signature and how to write itself (D-Bus
 * specification, "Marshaling"). Always little-endian, which every bus must accept.
 */
export interface Argument {
  readonly signature: string;
  /** Its start is a multiple of this many bytes from the start of the message. */
  readonly boundary: 1 | 4 | 8;
  write(writer: Writer): void;
}

export interface Writer {
  /** Number of bytes written so far. */
  length(): number;
  align(boundary: number): void;
  byte(value: number): void;
  uint32(value: number): void;
  raw(bytes: Buffer): void;
  finish(): Buffer;
}

export function createWriter(): Writer {
  const parts: Buffer[] = [];
  let length = 0;
  const raw = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  return {
    length: () => length,
    align: (boundary) => raw(Buffer.alloc((boundary - (length % boundary)) % boundary)),
    byte: (value) => raw(Buffer.of(value)),
    uint32: (value) => raw(littleEndian(value)),
    raw,
    finish: () => Buffer.concat(parts),
  };
}

export function text(value: string): Argument {
  return { signature: 's', boundary: 4, write: (writer) => writeText(writer, value) };
}

export function objectPath(value: string): Argument {
  return { signature: 'o', boundary: 4, write: (writer) => writeText(writer, value) };
}

export function uint32(value: number): Argument {
  return { signature: 'u', boundary: 4, write: (writer) => writer.uint32(value) };
}

export function flag(value: boolean): Argument {
  return { signature: 'b', boundary: 4, write: (writer) => writer.uint32(value ? 1 : 0) };
}

export function signature(value: string): Argument {
  return {
    signature: 'g',
    boundary: 1,
    write(writer) {
      writer.byte(value.length);
      writer.raw(Buffer.from(`${value}\0`, 'latin1'));
    },
  };
}

export function bytes(value: Buffer): Argument {
  return {
    signature: 'ay',
    boundary: 4,
    write(writer) {
      writer.uint32(value.length);
      writer.raw(value);
    },
  };
}

export function variant(value: Argument): Argument {
  return {
    signature: 'v',
    boundary: 1,
    write(writer) {
      signature(value.signature).write(writer);
      writeAligned(writer, value);
    },
  };
}

export function struct(...fields: readonly Argument[]): Argument {
  return {
    signature: `(${signatureOf(fields)})`,
    boundary: 8,
    write: (writer) => fields.forEach((field) => writeAligned(writer, field)),
  };
}

/** A list. The item signature is a parameter because an empty list has a type as well. */
export function list(itemSignature: string, items: readonly Argument[]): Argument {
  return {
    signature: `a${itemSignature}`,
    boundary: 4,
    write: (writer) => writeArray(writer, /^[({]/.test(itemSignature) ? 8 : 4, items),
  };
}

/** A map with text keys and values of one signature. */
export function map(
  valueSignature: string,
  entries: Iterable<readonly [string, Argument]>,
): Argument {
  const items = Array.from(entries, ([key, value]): Argument => struct(text(key), value));
  return {
    signature: `a{s${valueSignature}}`,
    boundary: 4,
    write: (writer) => writeArray(writer, 8, items),
  };
}

export function signatureOf(values: readonly Argument[]): string {
  return values.map((value) => value.signature).join('');
}

export function writeAligned(writer: Writer, value: Argument): void {
  writer.align(value.boundary);
  value.write(writer);
}

/** The length of an array does not count the padding before its first item. */
function writeArray(writer: Writer, boundary: number, items: readonly Argument[]): void {
  const lengthField = littleEndian(0);
  writer.raw(lengthField);
  writer.align(boundary);
  const start = writer.length();
  for (const item of items) writeAligned(writer, item);
  lengthField.writeUInt32LE(writer.length() - start);
}

function writeText(writer: Writer, value: string): void {
  const encoded = Buffer.from(`${value}\0`);
  writer.uint32(encoded.length - 1);
  writer.raw(encoded);
}

function littleEndian(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32LE(value);
  return field;
}
