import type { Stats } from 'node:fs';
import { parse, toNamespacedPath } from 'node:path';
import { api, type Handle } from './api.ts';
import { partsAt, type Part } from './parts.ts';
import { formatSid, parseSecurityDescriptor } from './security-descriptor.ts';
import { windowsError } from './system-error.ts';

const shareAll = 0x7;
const readControl = 0x20000;
const openExisting = 3;
const backupSemantics = 0x02000000;
const openReparsePoint = 0x00200000;
const isReparsePoint = 0x400;
const ownerAndList = 0x1 | 0x4;
const tokenQuery = 0x8;
const tokenUser = 1;
const currentProcess = -1;
const remoteDrive = 4;

export interface OpenOptions {
  readonly access: number;
  /** What is to be there before: CREATE_NEW, OPEN_EXISTING, OPEN_ALWAYS … */
  readonly how: number;
  /** Opens a directory too. */
  readonly isAnything?: boolean;
  /** Opens what the path leads to. */
  readonly follows?: boolean;
  /** `SECURITY_ATTRIBUTES` of a file that is made. */
  readonly security?: Buffer;
}

/**
 * Opens what is at a path itself, not what it leads to, unless that is asked for: for everybody else
 * to go on with it as they like. No program that we start gets the handle.
 */
export function openPath(
  path: string,
  { access, how, isAnything = false, follows = false, security }: OpenOptions,
): Handle {
  const flags = (follows ? 0 : openReparsePoint) | (isAnything ? backupSemantics : 0);
  const name = toNamespacedPath(path);
  const handle = api.createFile(name, access, shareAll, security ?? null, how, flags, 0);
  if (handle === api.invalidHandle) throw windowsError('open', path);
  return handle;
}

export interface Identified {
  readonly isReparsePoint: boolean;
  /** The number that Node's `ino` has too, as inexact as there. */
  readonly ino: number;
}

export function identify(handle: Handle, path: string): Identified {
  const information = Buffer.alloc(52);
  if (api.fileInformation(handle, information) === 0) throw windowsError('look at', path);
  const [high, low] = [information.readUInt32LE(44), information.readUInt32LE(48)];
  return {
    isReparsePoint: (information.readUInt32LE(0) & isReparsePoint) !== 0,
    ino: Number((BigInt(high) << 32n) | BigInt(low)),
  };
}

/**
 * Who owns what is at a path, and who may do what with it. Undefined when something else is there by
 * now than what the stats are of.
 */
export function securityOf(path: string, stats: Stats): readonly Part[] | undefined {
  return partsAt(stats, ({ follows }) => {
    const handle = openPath(path, {
      access: readControl,
      how: openExisting,
      isAnything: true,
      follows,
    });
    try {
      const descriptor = parseSecurityDescriptor(readSecurity(handle, path));
      return { ...identify(handle, path), descriptor };
    } finally {
      api.closeHandle(handle);
    }
  });
}

function readSecurity(handle: Handle, path: string): Buffer {
  const { objectSecurity } = api;
  const needed = [0];
  for (let length = 4096; ; length = needed[0] ?? 0) {
    const bytes = Buffer.alloc(length);
    if (objectSecurity(handle, ownerAndList, bytes, length, needed) !== 0) return bytes;
    if ((needed[0] ?? 0) <= length) throw windowsError('look at the access list of', path);
  }
}

let ownSid: string | undefined;

/** The security identifier of who runs this process. */
export function currentUser(): string {
  return (ownSid ??= readCurrentUser());
}

function readCurrentUser(): string {
  const { openProcessToken, tokenInformation, closeHandle, pointerBytes } = api;
  const token = Buffer.alloc(8);
  if (openProcessToken(currentProcess, tokenQuery, token) === 0)
    throw windowsError('open', 'the process token');
  const handle = token.readBigUInt64LE();
  try {
    const user = Buffer.alloc(256);
    if (tokenInformation(handle, tokenUser, user, user.length, [0]) === 0)
      throw windowsError('read', 'the process token');
    // A pointer and a number precede what it points to.
    return formatSid(user, 2 * pointerBytes);
  } finally {
    closeHandle(handle);
  }
}

/** Whether a path is on another machine: a share, or a drive that is one. */
export function isRemote(path: string): boolean {
  const { root } = parse(path);
  // `\\?\Volume{…}\` is a disk without a drive.
  return /^\\\\[^?]/.test(root) || api.driveType(root) === remoteDrive;
}
