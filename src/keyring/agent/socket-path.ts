import { lstatSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { placeholder, run, setVariable, showPermissions } from '../../core/hint.ts';
import { noHome, stateDirectory } from '../../host/home.ts';
import type { Host } from '../../host/host.ts';
import { makeOwnDirectories } from '../../host/own-directory.ts';
import { followOwnPath } from '../../host/own-path.ts';
import { permissionCheckFor } from '../../host/permissions.ts';
import { bootId, maxSocketPathBytes } from '../../host/unix-sockets.ts';

/** Identifies a keyring independently of how its settings say it. */
export interface KeyringId {
  /** Of its directory, or another location for messages. */
  readonly path: string;
  /** Device and inode of the directory, or another name with one colon. */
  readonly name: string;
}

/** Where the socket of a keyring's agent is or would be. */
export interface AgentPlace {
  /** Contains the sockets of all agents of this user. */
  readonly directory: string;
  readonly socket: string;
}

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

const bootLength = 8;

/** The keyring in a directory. Undefined if the directory does not exist or cannot be accessed. */
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

/** All places for the socket of a keyring's agent. A new agent uses the first one. */
export async function agentPlaces(id: KeyringId, host: Where): Promise<AgentPlace[]> {
  const boot = await bootName(host);
  // No hash, which would take longer than all else that finds the socket.
  const name = `${boot}-${id.name.replace(':', '-')}.sock`;
  const state = stateDirectory(host);
  return [runtimeDirectory(host), state && join(state, 'run')]
    .filter((directory) => directory !== undefined)
    .map((directory) => ({ directory, socket: join(directory, name) }));
}

/**
 * Creates the directory for the socket of a new agent.
 *
 * @throws ERR_USAGE without a home directory or in that of another user; ERR_KEYRING_PERMISSIONS;
 *   ERR_KEYRING_IO, also if the path is too long for a socket
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
      `${directory}, the directory for the agent's socket, is not a private directory of yours`,
      { hints: [showPermissions(directory), run(['chmod', '700', directory])] },
    );
  }
  checkParents(directory, host, (at, reason) => {
    throw new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `${reason}, so the agent's socket in ${directory} could be replaced`,
      { hints: [showPermissions(at)] },
    );
  });
  checkLength(place.socket, host);
  return place;
}

type Refuse = (path: string, reason: string) => never;

/**
 * Checks that only this user and root can listen on the socket or replace it. Then the process that
 * listens belongs to this user:
 * docs/adr/0043-the-client-of-the-agent-checks-permissions.md.
 *
 * @param refuse receives the part of the path with a fault, and the reason
 */
export function checkPlace(
  { directory, socket }: AgentPlace,
  host: Pick<Host, 'userId'>,
  refuse: Refuse,
): void {
  for (const path of [directory, socket]) {
    const fault = faultOf(path, host);
    if (fault !== undefined) refuse(path, fault);
  }
  checkParents(directory, host, refuse);
}

/** A user who can write to a parent directory can replace the directory. */
function checkParents(directory: string, { userId }: Pick<Host, 'userId'>, refuse: Refuse): void {
  followOwnPath(dirname(directory), userId, 'directory', ({ at, kind, permissions }) => {
    if (kind === 'owner') return refuse(at, `${at} belongs to ${permissions?.owner}`);
    return refuse(at, `other users can write to ${at}`);
  });
}

/** Why a directory or a socket must not be used: undefined if it is private or does not exist. */
export function faultOf(path: string, { userId }: Pick<Host, 'userId'>): string | undefined {
  const stats = look(path);
  if (stats === undefined) return undefined;
  const permissions = permissionCheckFor(userId).permissionsOf(path, stats);
  if (permissions === undefined) return undefined;
  const { isOurs, owner, others } = permissions;
  if (!isOurs) return `${path} belongs to ${owner}`;
  // Another user may control the target of a symbolic link.
  const isOpen = others.read || others.write || stats.isSymbolicLink();
  return isOpen ? `${path} is open to other users` : undefined;
}

/** Does not follow symbolic links. Undefined if the path does not exist or cannot be accessed. */
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

/** The directory of the login session if its permissions are correct. After `su` they are not. */
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

/** False if it cannot be created. */
function makeDirectory(directory: string, host: Where): boolean {
  try {
    makeOwnDirectories(directory, host);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

/** Part of the socket's name, so that a socket of an earlier boot is never used. */
async function bootName(host: Where): Promise<string> {
  const id = (await bootId(host)) ?? '';
  return id.replaceAll(/[^0-9a-f]/gi, '').slice(0, bootLength) || 'boot';
}
