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
  /** The required state before the call: CREATE_NEW, OPEN_EXISTING, OPEN_ALWAYS … */
  readonly how: number;
  /** Also opens a directory. */
  readonly isAnything?: boolean;
  /** Follows a link at the path. */
  readonly follows?: boolean;
  /** `SECURITY_ATTRIBUTES` for a new file. */
  readonly security?: Buffer;
}

/**
 * Opens the path itself without following a link, unless `follows` is set. Other processes may
 * continue to read, write and delete it. Child processes do not inherit the handle.
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
  /** The same number as `ino` of Node, with the same rounding. */
  readonly ino: number;
}

export function identify(handle: Handle, path: string): Identified {
  const information = Buffer.alloc(52);
  if (api.fileInformation(handle, information) === 0) throw windowsError('stat', path);
  const [high, low] = [information.readUInt32LE(44), information.readUInt32LE(48)];
  return {
    isReparsePoint: (information.readUInt32LE(0) & isReparsePoint) !== 0,
    ino: Number((BigInt(high) << 32n) | BigInt(low)),
  };
}

/**
 * The owner and access list of a path. Undefined if the path has been replaced since the stats were
 * read.
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
    if ((needed[0] ?? 0) <= length) throw windowsError('read the access list of', path);
  }
}

let ownSid: string | undefined;

/** The security identifier of the current user. */
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
    // TOKEN_USER contains a pointer and a number before the identifier.
    return formatSid(user, 2 * pointerBytes);
  } finally {
    closeHandle(handle);
  }
}

/** Whether a path is on another machine: a share or a mapped network drive. */
export function isRemote(path: string): boolean {
  const { root } = parse(path);
  // `\\?\Volume{…}\` is a disk without a drive letter.
  return /^\\\\[^?]/.test(root) || api.driveType(root) === remoteDrive;
}

const replaceExisting = 0x1;
const writeThrough = 0x8;
const accessDenied = 5;
const sharingViolation = 32;

export interface MoveOptions {
  /** False: fails with EEXIST if the target exists. */
  readonly replace: boolean;
}

/**
 * Renames a file, and returns when the change is on the disk. Retries for about one second while
 * another process, such as a virus scanner, has one of the two files open.
 *
 * @throws EBUSY if a file is still open after that, and the system's other errors
 */
export function moveFile(from: string, to: string, { replace }: MoveOptions): void {
  const { moveFile: move } = api;
  const flags = writeThrough | (replace ? replaceExisting : 0);
  const [source, target] = [toNamespacedPath(from), toNamespacedPath(to)];
  retryWhileOpen(() => {
    if (move(source, target, flags) !== 0) return;
    const error = lastError();
    // Windows denies access to a replaceable file while another process has it open without
    // permission to delete it.
    const isInUse = error === accessDenied && mayBeOpen(to);
    throw windowsError('rename', to, isInUse ? sharingViolation : error);
  });
}

/** Deletes a file so that its name is free immediately. Retries as {@link moveFile} does. */
export function removeByMoving(path: string, temporary: string): void {
  moveFile(path, temporary, { replace: true });
  try {
    unlinkSync(temporary);
  } catch {
    // Another process has it open. It is in a directory from which leftovers are removed.
    return;
  }
}
