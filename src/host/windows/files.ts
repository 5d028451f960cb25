import { unlinkSync, type Stats } from 'node:fs';
import { parse, toNamespacedPath } from 'node:path';
import { mayBeOpen, retryWhileOpen } from './retry-while-open.ts';
import { api, lastError, windowsError, type Handle } from './api.ts';
import { formatSid, parseSecurityDescriptor, partsAt, type Part } from './security-descriptor.ts';

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

const replaceExisting = 0x1;
const writeThrough = 0x8;
const accessDenied = 5;
const sharingViolation = 32;

export interface MoveOptions {
  /** False: fails with EEXIST where there is something already. */
  readonly replace: boolean;
}

/**
 * Renames a file, and returns when that is on the disk. Waits a little while somebody has one of the
 * two open: a reader, a virus scanner.
 *
 * @throws EBUSY when they still have it open then, and the system's other errors
 */
export function moveFile(from: string, to: string, { replace }: MoveOptions): void {
  const { moveFile: move } = api;
  const flags = writeThrough | (replace ? replaceExisting : 0);
  const [source, target] = [toNamespacedPath(from), toNamespacedPath(to)];
  retryWhileOpen(() => {
    if (move(source, target, flags) !== 0) return;
    const error = lastError();
    // Access to what can be replaced is denied while it is open without leave to delete it.
    const isInUse = error === accessDenied && mayBeOpen(to);
    throw windowsError('rename', to, isInUse ? sharingViolation : error);
  });
}

/** Deletes a file whose name is free again at once, and waits as {@link moveFile} does. */
export function removeByMoving(path: string, temporary: string): void {
  moveFile(path, temporary, { replace: true });
  try {
    unlinkSync(temporary);
  } catch {
    // Somebody has it open. It is where leftovers are swept.
    return;
  }
}
