import { lstatSync, realpathSync, statSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { placeholder, run, setVariable, showPermissions } from '../../core/hint.ts';
import { noHome, stateDirectory } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { makeOwnDirectories } from '../../host/own-directory.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import { bootId, maxSocketPathBytes } from '../../host/unix-sockets.ts';
import { digest } from '../digest.ts';

/** A keyring's directory, whatever way leads to it. */
export interface KeyringId {
  readonly path: string;
  /** Device and inode. */
  readonly name: string;
}

/** Where the agent of a keyring is, or would be. */
export interface AgentPlace {
  /** Of the sockets of all our agents. */
  readonly directory: string;
  readonly socket: string;
}

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

const bootLength = 8;
const hashLength = 16;

/** Undefined while the directory is not there, or cannot be looked at. */
export function identifyKeyring(directory: string): KeyringId | undefined {
  try {
    const path = realpathSync(directory);
    const { dev, ino } = statSync(path, { bigint: true });
    return { path, name: `${dev}:${ino}` };
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** All places where the agent of a keyring can be, the one where a new one goes first. */
export async function agentPlaces(id: KeyringId, host: Where): Promise<AgentPlace[]> {
  const boot = await bootName(host);
  const name = `${boot}-${digest(id.name).slice(0, hashLength)}.sock`;
  const state = stateDirectory(host);
  return [runtimeDirectory(host), state && join(state, 'run')]
    .filter((directory) => directory !== undefined)
    .map((directory) => ({ directory, socket: join(directory, name) }));
}

/**
 * Makes the place of a new agent.
 *
 * @throws ERR_USAGE without a home directory or in that of another user; ERR_KEYRING_PERMISSIONS, ERR_KEYRING_IO (a path too long for a socket, too)
 */
export async function makePlace(id: KeyringId, host: Where): Promise<AgentPlace> {
  const places = await agentPlaces(id, host);
  const [first, last] = [places[0], places.at(-1)];
  if (!first || !last)
    throw noHome("the agent's socket", ['XDG_STATE_HOME', 'XDG_RUNTIME_DIR'], host);
  const place =
    first !== last && isOfOurs(first.directory, host, makeDirectory(first.directory, host))
      ? first
      : last;
  const { directory } = place;
  if (!isOfOurs(directory, host, makeDirectory(directory, host))) {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `${directory}, where the agent's socket goes, is not a directory that is yours alone`,
      { hints: [showPermissions(directory), run(['chmod', '700', directory])] },
    );
  }
  checkLength(place.socket, host);
  return place;
}

/** What is wrong with a directory or a socket: undefined when it is ours alone, or not there. */
export function faultOf(path: string, { userId }: Pick<Host, 'userId'>): string | undefined {
  const stats = look(path);
  if (stats === undefined) return undefined;
  const permissions = permissionCheckFor(userId).permissionsOf(path, stats);
  if (permissions === undefined) return undefined;
  const { isOurs, owner, others } = permissions;
  if (!isOurs) return `${path} belongs to ${owner}`;
  // Where a link leads, others may decide.
  const isOpen = others.read || others.write || stats.isSymbolicLink();
  return isOpen ? `${path} is open to other users` : undefined;
}

/** The entry itself, no link followed; undefined when there is none, or it is out of reach. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function checkLength(socket: string, host: Where): void {
  const [bytes, most] = [Buffer.byteLength(socket), maxSocketPathBytes(host)];
  if (bytes <= most) return;
  throw new KeyringError(
    'ERR_KEYRING_IO',
    `the agent's socket ${socket} has a path of ${bytes} bytes, and at most ${most} can be used`,
    {
      hints: [setVariable('XDG_RUNTIME_DIR', placeholder('a private directory with a short path'))],
    },
  );
}

/** That of the login, if it is as the XDG specification says. After `su` it is another's. */
function runtimeDirectory({ env, userId }: Where): string | undefined {
  const directory = env['XDG_RUNTIME_DIR'];
  if (!directory || !isAbsolute(directory)) return undefined;
  const stats = look(directory);
  const isOurs = stats?.isDirectory() && faultOf(directory, { userId }) === undefined;
  return isOurs ? join(directory, 'atmos') : undefined;
}

function isOfOurs(directory: string, host: Where, isThere: boolean): boolean {
  return (
    isThere && look(directory)?.isDirectory() === true && faultOf(directory, host) === undefined
  );
}

/** False where it cannot be made. */
function makeDirectory(directory: string, host: Where): boolean {
  try {
    makeOwnDirectories(directory, host);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

/** So that a socket left from before the machine was started is never taken for one of now. */
async function bootName(host: Where): Promise<string> {
  const id = (await bootId(host)) ?? '';
  return id.replaceAll(/[^0-9a-f]/gi, '').slice(0, bootLength) || 'boot';
}
