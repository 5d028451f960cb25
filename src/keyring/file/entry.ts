import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import { basename } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { listFiles, say, showPermissions } from '../../core/hint.ts';
import { escapeFileName } from '../../host/file-names.ts';
import { whileInUse } from '../../host/files.ts';
import type { Host } from '../../host/host.ts';
import type { Permissions } from '../../host/permission-judgement.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import { irregularKind, irregularKindAt } from '../../host/read-files.ts';
import {
  checkKey,
  decodeKey,
  encodeKey,
  isKey,
  maxKeyBytes,
  maxNameBytes,
  shownKey,
} from '../key.ts';
import { parseJwe } from './jwe.ts';
import { translateSystemError } from './system-error.ts';

/** Largest file that is read: it fits a value of 1 MiB that is base64-encoded twice. */
export const maxEntryBytes = 4 * 1024 * 1024;
/** If a file changes more often while we read it, another program writes to it constantly. */
const maxLooks = 100;

/**
 * The text of an entry's file. Undefined if it does not exist. Reads only a regular file of this
 * user that other users cannot access: no symbolic link, no pipe (opened without waiting), no large
 * file.
 *
 * @throws ERR_KEYRING_PERMISSIONS, ERR_KEYRING_DAMAGED (too large), ERR_KEYRING_IO
 */
export function readEntryFile(path: string, userId: number | undefined): string | undefined {
  for (let looks = 0; looks < maxLooks; looks++) {
    const descriptor = openEntry(path);
    if (descriptor === undefined) return undefined;
    try {
      if (checkEntry(path, fstatSync(descriptor), userId)) return readAll(path, descriptor);
    } catch (error) {
      throw translateSystemError('read', path, error);
    } finally {
      closeSync(descriptor);
    }
  }
  throw new KeyringError('ERR_KEYRING_BUSY', `the entry ${path} keeps being replaced`);
}

function openEntry(path: string): number | undefined {
  // Both flags are undefined on Windows.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return whileInUse(() => openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw notRegular(path, 'a symbolic link');
    // Opening a socket always fails.
    const kind = irregularKindAt(path);
    if (kind !== undefined) throw notRegular(path, kind);
    throw translateSystemError('read', path, error);
  }
}

/** False if the path now refers to another file, so that nothing is known about the opened one. */
function checkEntry(path: string, stats: Stats, userId: number | undefined): boolean {
  const kind = irregularKind(stats);
  if (kind !== undefined) throw notRegular(path, kind);
  const permissionCheck = permissionCheckFor(userId);
  const permissions = lookAt(path, () => permissionCheck.permissionsOf(path, stats));
  if (permissions === undefined) return false;
  if (!permissions.isOurs) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} belongs to ${permissions.owner}, not to you (${permissionCheck.self()})`,
      { hints: [permissions.ownCommand()] },
    );
  }
  if (permissions.others.read || permissions.others.write) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `the entry ${path} is open to other users (${permissions.openness})`,
      { hints: [permissions.closeCommand()] },
    );
  }
  return true;
}

/** Where opening a file follows links, checks the path for a symbolic link. */
function lookAt(path: string, look: () => Permissions | undefined): Permissions | undefined {
  try {
    const permissions = look();
    if (permissions === undefined && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      throw notRegular(path, 'a symbolic link');
    return permissions;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function notRegular(path: string, kind: string): KeyringError {
  return new KeyringError('ERR_KEYRING_PERMISSIONS', `the entry ${path} is ${kind}`, {
    hints: [showPermissions(path)],
  });
}

function readAll(path: string, descriptor: number): string {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const bytes = readSync(descriptor, chunk, 0, chunk.length, null);
    if (bytes === 0) return Buffer.concat(chunks).toString('latin1');
    total += bytes;
    if (total > maxEntryBytes) {
      throw new KeyringError(
        'ERR_KEYRING_DAMAGED',
        `the entry ${path} is larger than the largest possible entry`,
        {
          hints: [listFiles([path])],
        },
      );
    }
    chunks.push(chunk.subarray(0, bytes));
  }
}

/**
 * The file name of an entry, as Atmos writes it. On Windows, characters that are invalid in file
 * names are escaped as well. Atmos reads those names, because it decodes every `%XX`.
 */
export function entryName(key: string, host: NamingHost): string {
  return escapeFileName(encodeKey(key), host);
}

type NamingHost = Pick<Host, 'platform'>;

/** The entry name of a file. Undefined for a file name that {@link entryName} never returns. */
export function keyOfEntry(name: string, host: NamingHost): string | undefined {
  const key = name.replaceAll(/%([0-7][0-9A-F])/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const isReadable = decodeKey(encodeKey(key)) === key;
  const isFileOfKey = entryName(key, host) === name && Buffer.byteLength(name) <= maxNameBytes;
  return isReadable && isFileOfKey ? key : undefined;
}

/** A file that contains or should contain an entry. */
export interface EntryFile {
  readonly name: string;
  readonly path: string;
  /** Undefined if no entry name has this file name: no program finds the entry. */
  readonly key: string | undefined;
}

/**
 * The entry in a file. A file whose name we would write counts as an entry, whatever it contains.
 * Other programs use further names (longer, with a leading dot or control characters), as do files
 * of an operating system or an editor: such a file is an entry if it contains a JWE. Undefined for
 * any other file.
 */
export function findEntry(
  path: string,
  host: Pick<Host, 'platform' | 'userId'>,
): EntryFile | undefined {
  const name = basename(path);
  const key = keyOfEntry(name, host);
  const isNamedSo = key !== undefined && isKey(key) && Buffer.byteLength(name) <= maxKeyBytes;
  return isNamedSo || holdsJwe(path, host.userId) ? { name, path, key } : undefined;
}

function holdsJwe(path: string, userId: number | undefined): boolean {
  try {
    const text = readEntryFile(path, userId);
    return text !== undefined && !('fault' in parseJwe(text));
  } catch (error) {
    if (error instanceof KeyringError) return false;
    throw error;
  }
}

/**
 * @throws ERR_KEYRING_INVALID_KEY for an invalid entry name and for one without a valid file name
 *   here
 */
export function checkEntryKey(key: string, host: NamingHost): void {
  checkKey(key);
  const name = entryName(key, host);
  if (Buffer.byteLength(name) <= maxKeyBytes) return;
  throw new KeyringError(
    'ERR_KEYRING_INVALID_KEY',
    `key ${shownKey(key)} is too long for a file name on Windows (${Buffer.byteLength(name)} bytes with escapes, at most ${maxKeyBytes})`,
    {
      hints: [
        say('use a shorter name, or one with fewer characters that Windows forbids in file names'),
      ],
    },
  );
}

/** The content of a decrypted entry: the JSON of 99designs/keyring's `Item`. */
export interface Item {
  readonly key: string;
  readonly value: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Writes the fields in the order and with the defaults of Go. */
export function formatItem({ key, value }: Item): Buffer {
  const item = {
    Key: key,
    Data: Buffer.from(value, 'utf8').toString('base64'),
    Label: '',
    Description: '',
    KeychainNotTrustApplication: false,
    KeychainNotSynchronizable: false,
  };
  return Buffer.from(JSON.stringify(item));
}

/** Never throws. Go writes a nil value as `null`. */
export function parseItem(plaintext: Buffer): Item | { fault: string } {
  const parsed = parseJson(plaintext);
  if (typeof parsed !== 'object' || parsed === null || !('Key' in parsed) || !('Data' in parsed)) {
    return { fault: 'it contains no item' };
  }
  const { Key: key, Data: data } = parsed;
  if (typeof key !== 'string') return { fault: 'its item has no entry name' };
  const value = data === null ? '' : typeof data === 'string' ? decodeText(data) : undefined;
  return value === undefined ? { fault: 'its item has a value that is not text' } : { key, value };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

function decodeText(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
