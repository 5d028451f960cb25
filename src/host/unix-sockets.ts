import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Host } from './host.ts';
import type { Peer } from './native.ts';

type Where = Pick<Host, 'platform'>;

/** Whether the system reports the process at the other end of a Unix socket: {@link loadPeerOf}. */
export function hasPeerCredentials({ platform }: Where): boolean {
  return platform === 'linux' || platform === 'darwin';
}

/**
 * The maximum length of a socket path in bytes. The system refuses a longer path; macOS may
 * truncate it silently.
 */
export function maxSocketPathBytes({ platform }: Where): number {
  return platform === 'linux' ? 107 : 103;
}

/**
 * The system's identifier of the current boot. A socket with it in its name cannot be left over
 * from before a restart. Undefined if the system has no such identifier.
 */
export async function bootId({ platform }: Where): Promise<string | undefined> {
  if (platform !== 'linux') return (await import('./native.ts')).bootSession();
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    return undefined;
  }
}

/** Connects to a Unix socket. Loads node:net, which takes longer than to find that no process listens. */
export function connectTo(path: string): Socket {
  return process.getBuiltinModule('node:net').createConnection(path);
}

/** Returns the process at the other end of a connected Unix socket; undefined if it is unknown. */
export type PeerOf = (socket: Socket) => Peer | undefined;

/** Loads the native calls that {@link PeerOf} needs. */
export async function loadPeerOf({ platform }: Where): Promise<PeerOf> {
  const { peerOfDescriptor } = await import('./native.ts');
  return (socket) => {
    const descriptor = descriptorOf(socket);
    return descriptor === undefined ? undefined : peerOfDescriptor(descriptor, platform);
  };
}

// Node has no documented name for the descriptor. If this property disappears, the agent cannot be
// used.
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
