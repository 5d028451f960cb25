import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Layer } from '../config/layer.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { setCommand, showCommand } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { sha256 } from '../core/sha256.ts';
import { reasonOf } from '../host/denial.ts';
import { randomId, replaceFile, writePrivateFile } from '../host/files.ts';
import { requireStateDirectory } from '../host/home.ts';
import { changedHost, type Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { followOwnPath, type PathFault } from '../host/own-path.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { irregularKindAt, readRegularFile } from '../host/regular-file.ts';
import type { KeyringSettings } from '../keyring/contract.ts';

/**
 * All that a `credential_process` needs to give the same credentials from another directory, with
 * another environment, pinned when the handle was made. Nothing secret.
 */
export interface Handle {
  /** The configuration, file by file, those of its profiles too. */
  readonly layers: readonly Layer[];
  /** The directory that the configuration is said to be in. */
  readonly directory: string;
  readonly realm: string;
  readonly identity: string;
  /** Without a directory where no file keyring can be used. */
  readonly keyring: Omit<KeyringSettings, 'directory'> & Partial<KeyringSettings>;
}

export interface HandlePaths {
  /** The handle itself, absolute. */
  readonly file: string;
  /** 22 letters: the same for the same content, so that a handle is made once. */
  readonly id: string;
  /** The AWS config file with the profile that names the handle. */
  readonly awsConfig: string;
  /** An empty file, to stand where other AWS files must not be read. */
  readonly empty: string;
}

const version = 2;
const idLength = 22;
const letters = 'abcdefghijklmnopqrstuvwxyz';

/**
 * Writes a handle and the AWS config file that uses it, readable by nobody else.
 *
 * @param awsConfig gives the text of that file
 * @throws ERR_IO; ERR_USAGE without a home directory or in that of another user; what `awsConfig` throws
 */
export function writeHandle(
  handle: Handle,
  awsConfig: (paths: HandlePaths) => string,
  host: Host,
): HandlePaths {
  const text = textOfHandle(handle);
  const paths = handlePaths(idOf(text), host);
  const awsConfigText = awsConfig(paths);
  try {
    makeOwnDirectories(dirname(paths.file), host);
    keepFile(paths.file, text);
    keepFile(paths.awsConfig, awsConfigText);
    keepFile(paths.empty, '');
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    const taken = [paths.file, paths.awsConfig, paths.empty].find(irregularKindAt);
    const why =
      taken === undefined ? reasonOf(reason, paths.file) : `${taken} is ${irregularKindAt(taken)}`;
    throw new AtmosError('ERR_IO', `cannot write the handle ${paths.file}: ${why}`, {
      hints: [
        taken === undefined
          ? setCommand('XDG_STATE_HOME', '<a directory that can be written>')
          : showCommand(taken),
      ],
      cause: error,
    });
  }
  return paths;
}

/** Where {@link writeHandle} writes a handle. Writes nothing. */
export function findHandlePaths(handle: Handle, host: Host): HandlePaths {
  return handlePaths(idOf(textOfHandle(handle)), host);
}

function textOfHandle(handle: Handle): string {
  return JSON.stringify({ version, handle });
}

/**
 * @param handle the absolute path of its file, or its id for one in our own state directory
 * @throws ERR_HANDLE_UNKNOWN for one that is missing, not ours, where another user could replace it, or
 *   of another version
 */
export function readHandle(handle: string, host: Host): Handle {
  const { path, id } = locate(handle, host);
  const text = ownTextOf(path, handle, host);
  // The name is the hash of the content: a changed file is not the handle that was made.
  if (idOf(text) !== id) throw unknown(handle, 'was changed after it was made');
  const content = parseJson(text);
  if (!isObject(content) || content['version'] !== version || !isHandle(content['handle'])) {
    throw unknown(handle, 'was made by another version of atmos-auth');
  }
  return content['handle'];
}

/**
 * The host for work with a handle that was given by its path: our state is where the handle is. So
 * what was trusted, and the locks, are those of the command that wrote it, whatever HOME and
 * XDG_STATE_HOME are now. The handle's path is judged by {@link readHandle}.
 */
export function hostOfHandle(handle: string, host: Host): Host {
  const [handles, state] = [dirname(handle), dirname(dirname(handle))];
  const isInState = basename(handles) === 'handles' && basename(state) === 'atmos';
  if (!isAbsolute(handle) || !isInState) return host;
  return changedHost(host, { env: { ...host.env, ATMOS_XDG_STATE_HOME: dirname(state) } });
}

function locate(handle: string, host: Host): { path: string; id: string } {
  const isPath = isAbsolute(handle);
  const id = isPath ? basename(handle, '.json') : handle;
  if (!new RegExp(`^[a-z]{${idLength}}$`).test(id)) throw unknown(handle, 'is not one');
  return { path: isPath ? handle : handlePaths(id, host).file, id };
}

/** The text of a file that is ours, in a place where no other user can put another. */
function ownTextOf(path: string, handle: string, host: Host): string {
  try {
    const real = followOwnPath(path, host.userId, (fault) => {
      throw unknown(handle, `is not used: ${describeFault(fault)}`, [showCommand(fault.at)]);
    });
    if (real === undefined) throw unknown(handle, `is not in ${dirname(path)}`);
    const kind = irregularKindAt(real);
    if (kind !== undefined) throw unknown(handle, `cannot be read: ${path} is ${kind}`);
    return readOwn(real, handle, host);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw unknown(handle, `cannot be read: ${path}: ${reasonOf(code, path)}`, [showCommand(path)]);
  }
}

function readOwn(path: string, handle: string, { userId }: Host): string {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const permissions = permissionCheckFor(userId).permissionsOf(path, fstatSync(descriptor));
    if (permissions?.isOurs) return readFileSync(descriptor, 'utf8');
    const owner = permissions?.owner ?? 'another user';
    throw unknown(handle, `is not used: ${path} belongs to ${owner}`, [showCommand(path)]);
  } finally {
    closeSync(descriptor);
  }
}

function describeFault({ at, kind, permissions }: PathFault): string {
  if (kind === 'owner') return `${at} belongs to ${permissions?.owner}, who could replace it`;
  if (kind === 'writable') return `${at} can be written by other users, who could replace it`;
  return `${at} was replaced while it was looked at`;
}

function unknown(handle: string, why: string, hints: readonly string[] = []): AtmosError {
  const named = isAbsolute(handle) ? handle : handle.slice(0, idLength);
  return new AtmosError('ERR_HANDLE_UNKNOWN', `the handle ${JSON.stringify(named)} ${why}`, {
    hints: [...hints, 'atmos auth env   # writes a new one'],
  });
}

// What we wrote ourselves, as the hash says: enough to tell it from another layout.
function isHandle(value: unknown): value is Handle {
  if (!isObject(value)) return false;
  const { layers, realm, identity, keyring } = value;
  const areTexts = [value['directory'], realm, identity].every((text) => typeof text === 'string');
  return areTexts && Array.isArray(layers) && isObject(keyring);
}

function idOf(text: string): string {
  let number = BigInt(`0x${sha256(text)}`);
  let id = '';
  for (let i = 0; i < idLength; i++) {
    id += letters[Number(number % 26n)];
    number /= 26n;
  }
  return id;
}

function handlePaths(id: string, host: Host): HandlePaths {
  const directory = join(requireStateDirectory('a handle', host), 'handles');
  return {
    id,
    file: join(directory, `${id}.json`),
    awsConfig: join(directory, `${id}.aws-config`),
    empty: join(directory, 'empty'),
  };
}

/** Replaced whole. A handle is the same every time, so mostly there is nothing to write. */
function keepFile(path: string, text: string): void {
  if (textOf(path) === text) return;
  // Containers that share a home share process ids as well.
  const temporary = `${path}.${randomId()}`;
  try {
    writePrivateFile(temporary, text);
    replaceFile(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch {
    return undefined;
  }
}
