// Parses the security descriptor of a file in its self-relative form, as described in [MS-DTYP]
// 2.4. The functions of Windows are not used because they work on pointers.

import type { Stats } from 'node:fs';

/** Access that is granted. Deny entries are not read, because they never grant access. */
export interface Grant {
  /** `S-1-1-0` */
  readonly to: string;
  readonly rights: number;
}

export interface SecurityDescriptor {
  readonly owner: string | undefined;
  /** Undefined if there is no list, which grants everyone full access. */
  readonly grants: readonly Grant[] | undefined;
}

const daclPresent = 0x4;
const inheritOnly = 0x8;
const everybody = 'S-1-1-0';
const allRights = 0x1f01ff;

const allowed = { plain: [0x0, 0x9], ofObject: [0x5, 0xb] };
const denied = [0x1, 0x6, 0xa, 0xc];

/** @throws RangeError for bytes that are not a security descriptor */
export function parseSecurityDescriptor(bytes: Buffer): SecurityDescriptor {
  const control = bytes.readUInt16LE(2);
  const [owner, list] = [bytes.readUInt32LE(4), bytes.readUInt32LE(16)];
  return {
    owner: owner === 0 ? undefined : formatSid(bytes, owner),
    grants: (control & daclPresent) === 0 || list === 0 ? undefined : parseList(bytes, list),
  };
}

function parseList(bytes: Buffer, start: number): Grant[] {
  const grants: Grant[] = [];
  let at = start + 8;
  for (let left = bytes.readUInt16LE(start + 4); left > 0; left--) {
    const isForChildrenOnly = (bytes.readUInt8(at + 1) & inheritOnly) !== 0;
    const grant = isForChildrenOnly ? undefined : parseEntry(bytes, at);
    if (grant !== undefined) grants.push(grant);
    at += bytes.readUInt16LE(at + 2);
  }
  return grants;
}

function parseEntry(bytes: Buffer, at: number): Grant | undefined {
  const type = bytes.readUInt8(at);
  if (denied.includes(type)) return undefined;
  const rights = bytes.readUInt32LE(at + 4);
  if (allowed.plain.includes(type)) return { to: formatSid(bytes, at + 8), rights };
  if (!allowed.ofObject.includes(type)) return { to: everybody, rights: allRights };
  const flags = bytes.readUInt32LE(at + 8);
  const ids = (flags & 1) + ((flags >> 1) & 1);
  return { to: formatSid(bytes, at + 12 + 16 * ids), rights };
}

/** `S-1-5-21-…` */
export function formatSid(bytes: Buffer, at: number): string {
  const count = bytes.readUInt8(at + 1);
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(at + 8 + 4 * index));
  return ['S', bytes.readUInt8(at), bytes.readUIntBE(at + 2, 6), ...parts].join('-');
}

/** The file, directory or link that was opened at a path. */
export interface Opened {
  readonly isReparsePoint: boolean;
  /** As in Node's stats. */
  readonly ino: number;
  readonly descriptor: SecurityDescriptor;
}

/** One of the objects that control access to a path. */
export interface Part {
  readonly kind: 'itself' | 'mount point' | 'root of a volume';
  readonly descriptor: SecurityDescriptor;
}

/**
 * The objects at a path: one, or two if a volume is mounted in a directory. Node does not report a
 * mount point as a link, and its stats describe the mounted volume.
 *
 * @param open opens the object itself, or its target
 * @returns undefined if the path has been replaced since the stats were read
 */
export function partsAt(
  stats: Pick<Stats, 'ino' | 'isDirectory'>,
  open: (how: { follows: boolean }) => Opened,
): readonly Part[] | undefined {
  const { ino, isReparsePoint, descriptor } = open({ follows: false });
  if (ino === stats.ino) return [{ kind: 'itself', descriptor }];
  if (!stats.isDirectory() || !isReparsePoint) return undefined;
  const mounted = open({ follows: true });
  if (mounted.ino !== stats.ino) return undefined;
  return [
    { kind: 'root of a volume', descriptor: mounted.descriptor },
    { kind: 'mount point', descriptor },
  ];
}
