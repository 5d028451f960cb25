// Creates security descriptors in the self-relative form that Windows returns.

export interface Entry {
  readonly sid: string;
  readonly rights: number;
  readonly type?: number;
  readonly flags?: number;
}

export function descriptorOf(
  owner: string | undefined,
  entries: readonly Entry[] | undefined,
): Buffer {
  const header = Buffer.alloc(20);
  const sid = owner === undefined ? Buffer.alloc(0) : sidOf(owner);
  header.writeUInt8(1);
  header.writeUInt16LE(0x8000 | (entries === undefined ? 0 : 0x4), 2);
  if (owner !== undefined) header.writeUInt32LE(20, 4);
  if (entries === undefined) return Buffer.concat([header, sid]);
  header.writeUInt32LE(20 + sid.length, 16);
  const list = Buffer.concat(entries.map(entryOf));
  const top = Buffer.alloc(8);
  top.writeUInt8(2);
  top.writeUInt16LE(8 + list.length, 2);
  top.writeUInt16LE(entries.length, 4);
  return Buffer.concat([header, sid, top, list]);
}

function entryOf({ sid, rights, type = 0, flags = 0 }: Entry): Buffer {
  const isOfObject = [0x5, 0xb].includes(type);
  // The flags, and the two object ids that the flags announce.
  const object = isOfObject
    ? Buffer.concat([Buffer.from([3, 0, 0, 0]), Buffer.alloc(32)])
    : Buffer.alloc(0);
  const body = Buffer.concat([object, sidOf(sid)]);
  const head = Buffer.alloc(8);
  head.writeUInt8(type);
  head.writeUInt8(flags, 1);
  head.writeUInt16LE(8 + body.length, 2);
  head.writeUInt32LE(rights, 4);
  return Buffer.concat([head, body]);
}

function sidOf(text: string): Buffer {
  const [revision = 0, authority = 0, ...parts] = text.slice('S-'.length).split('-').map(Number);
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes.writeUInt8(revision);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(authority, 2, 6);
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(part, 8 + 4 * index);
  return bytes;
}
