import { basename, dirname, isAbsolute, join } from 'node:path';
import { findGitRoot, isBelow } from '../config/git-root.ts';
import type { Layer } from '../config/layer.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { run, showPermissions, type Hint } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { reasonOf } from '../host/denial.ts';
import { changedHost, type Host } from '../host/host.ts';
import { stateDirectory } from '../host/home.ts';
import { followOwnPath } from '../host/own-path.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { irregularKindAt, readFile, realPathIfVisible } from '../host/read-files.ts';
import type { PinnedKeyring } from '../keyring/contract.ts';
import {
  describeFault,
  faultHint,
  handlePaths,
  handleVersion,
  idLength,
  idOf,
  type Handle,
} from './handle.ts';

const origins: ReadonlySet<unknown> = new Set<Layer['origin']>(['explicit', 'user', 'project']);

/** Far above what any handle has. */
const maxHandleBytes = 64 * 1024;

/**
 * @param handle the absolute path of its file, or its id if it is in the user's state directory
 * @throws ERR_HANDLE_UNKNOWN if it is missing, belongs to another user, can be replaced by another
 *   user, or has another version
 */
export function readHandle(handle: string, host: Host): Handle {
  const { path, id } = locate(handle, host);
  const text = ownTextOf(path, handle, host);
  // The name is the hash of the content: a changed file is not the handle that was made.
  if (idOf(text) !== id) throw unknown(handle, 'was changed after it was made');
  const content = parseJson(text);
  if (!isObject(content) || content['version'] !== handleVersion || !isHandle(content['handle'])) {
    throw unknown(handle, 'was made by another version of atmos-auth');
  }
  return content['handle'];
}

/** A handle, and how it is used. */
export interface OpenedHandle {
  /** As it was given: its path or its id. */
  readonly named: string;
  /** Where it was read from. */
  readonly file: string;
  readonly handle: Handle;
  /** Whether the author of the project may have written it. Then the handle says nothing of trust. */
  readonly cameWithProject: boolean;
  /**
   * For a handle that was given by its path, our state is where the handle is. So what was trusted, and
   * the locks, are those of the command that wrote it, whatever HOME and XDG_STATE_HOME are now. But what
   * came with a project cannot say that it is trusted.
   */
  readonly host: Host;
}

/** Reads a handle: see {@link readHandle}. @throws ERR_HANDLE_UNKNOWN */
export function openHandle(named: string, host: Host): OpenedHandle {
  const { path: file } = locate(named, host);
  const read = readHandle(named, host);
  const isOfProject = cameWithProject(named, read, host);
  return {
    named,
    file,
    handle: isOfProject ? ofProject(read) : read,
    cameWithProject: isOfProject,
    host: isOfProject ? host : hostOfHandle(named, host),
  };
}

/** See {@link OpenedHandle.host}. Not for a handle that came with a project. */
export function hostOfHandle(named: string, host: Host): Host {
  const [handles, state] = [dirname(named), dirname(dirname(named))];
  const isInState = basename(handles) === 'handles' && basename(state) === 'atmos';
  if (!isAbsolute(named) || !isInState) return host;
  return changedHost(host, { env: { ...host.env, ATMOS_XDG_STATE_HOME: dirname(state) } });
}

/**
 * Whether a handle that is named by its path is in a project that it is about, and not in the
 * user's own state directory: then the author of the project may have written it.
 */
function cameWithProject(handle: string, { layers }: Handle, host: Host): boolean {
  if (!isAbsolute(handle)) return false;
  const place = join(realPathIfVisible(dirname(dirname(handle))), basename(dirname(handle)));
  const own = stateDirectory(host);
  if (own !== undefined && place === join(realPathIfVisible(own), 'handles')) return false;
  const directories = layers.map(({ path }) => dirname(realPathIfVisible(path)));
  return directories.some((directory) => isBelow(place, findGitRoot(directory) ?? directory));
}

/** The author of a project chooses no endpoint by a handle. */
function ofProject({ directory, layers, realm, identity, keyring }: Handle): Handle {
  const ofFiles = layers.map((layer) => ({ ...layer, origin: 'project' as const }));
  return { directory, layers: ofFiles, realm, identity, keyring };
}

function locate(handle: string, host: Host): { path: string; id: string } {
  const isPath = isAbsolute(handle);
  const id = isPath ? basename(handle, '.json') : handle;
  if (!new RegExp(`^[a-z]{${idLength}}$`).test(id)) throw unknown(handle, 'has an invalid id');
  return { path: isPath ? handle : handlePaths(id, host).file, id };
}

/** The text of a file that belongs to the user and that no other user can replace. */
function ownTextOf(path: string, handle: string, host: Host): string {
  try {
    const real = followOwnPath(path, host.userId, 'file', (fault) => {
      throw unknown(handle, `is not used: ${describeFault(fault)}`, [faultHint(fault)]);
    });
    if (real === undefined) throw unknown(handle, `was not found in ${dirname(path)}`);
    const kind = irregularKindAt(real);
    if (kind !== undefined) throw unknown(handle, `cannot be read: ${path} is ${kind}`);
    return readOwn(real, handle, host);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw unknown(handle, `cannot be read: ${path}: ${reasonOf(code, path)}`, [
      showPermissions(path),
    ]);
  }
}

function readOwn(path: string, handle: string, { userId }: Host): string {
  const { stats, bytes } = readFile(path, { maxBytes: maxHandleBytes });
  const permissions = permissionCheckFor(userId).permissionsOf(path, stats);
  if (!permissions?.isOurs) {
    const owner = permissions?.owner ?? 'another user';
    throw unknown(handle, `is not used: ${path} belongs to ${owner}`, [showPermissions(path)]);
  }
  if (bytes !== undefined) return bytes.toString('utf8');
  const limit = `${maxHandleBytes / 1024} KiB`;
  throw unknown(handle, `is not used: ${path} is larger than ${limit}`, [showPermissions(path)]);
}

function unknown(handle: string, why: string, hints: readonly Hint[] = []): AtmosError {
  const named = isAbsolute(handle) ? handle : handle.slice(0, idLength);
  return new AtmosError('ERR_HANDLE_UNKNOWN', `the handle ${JSON.stringify(named)} ${why}`, {
    hints: [...hints, run(['atmos', 'auth', 'env'], 'to write a new one')],
  });
}

/**
 * Whether a value is laid out as this version writes it. The hash in the name only shows that the
 * content is the one that was written, not that this program wrote it.
 */
function isHandle(value: unknown): value is Handle {
  if (!isObject(value)) return false;
  const { directory, layers, realm, identity, keyring, endpointVariables: pinned } = value;
  return (
    isFilePath(directory) &&
    isText(realm) &&
    isText(identity) &&
    Array.isArray(layers) &&
    layers.every(isLayer) &&
    isPinnedKeyring(keyring) &&
    (pinned === undefined || (isObject(pinned) && Object.values(pinned).every(isText)))
  );
}

function isLayer(value: unknown): value is Layer {
  if (!isObject(value)) return false;
  const { path, origin, profile } = value;
  return isFilePath(path) && origins.has(origin) && (profile === undefined || isText(profile));
}

/** Backends pin texts only. */
export function isPinnedKeyring(value: unknown): value is PinnedKeyring {
  if (!isObject(value)) return false;
  const { type, fallback, ...pinned } = value;
  const isList = (types: unknown) => Array.isArray(types) && types.every(isText);
  return (
    isSourced(type, isText) &&
    (fallback === undefined || isSourced(fallback, isList)) &&
    Object.values(pinned).every((setting) => isSourced(setting, isText))
  );
}

function isSourced(said: unknown, isValue: (value: unknown) => boolean): boolean {
  if (!isObject(said)) return false;
  const { value, source, tag } = said;
  return isValue(value) && isText(source) && (tag === undefined || isText(tag));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Functions of the file system reject a NUL by an error that is not the system's. */
function isFilePath(value: unknown): boolean {
  return isText(value) && !value.includes('\0');
}
