import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Host } from './host.ts';
import type { Peer } from './native.ts';

type Where = Pick<Host, 'platform'>;

/** Whether the system has Unix sockets that tell who is at their other end: {@link loadPeerOf}. */
export function hasPeerCredentials({ platform }: Where): boolean {
  return platform === 'linux' || platform === 'darwin';
}

/** The most bytes in the path of a socket. The system refuses a longer one, or on macOS cuts it silently. */
export function maxSocketPathBytes({ platform }: Where): number {
  return platform === 'linux' ? 107 : 103;
}

/**
 * What the system calls the time since the machine was started: a socket that has it in its name is
 * never one that was left from before. Undefined where the system does not tell.
 */
export async function bootId({ platform }: Where): Promise<string | undefined> {
  if (platform !== 'linux') return (await import('./native.ts')).bootSession();
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    return undefined;
  }
}

/** Tells who is at the other end of a connected Unix socket; undefined when that cannot be told. */
export type PeerOf = (socket: Socket) => Peer | undefined;

/** Loads what asks the system. */
export async function loadPeerOf({ platform }: Where): Promise<PeerOf> {
  const { peerOfDescriptor } = await import('./native.ts');
  return (socket) => {
    const descriptor = descriptorOf(socket);
    return descriptor === undefined ? undefined : peerOfDescriptor(descriptor, platform);
  };
}

// Node has no name for it that is documented; one day without it is a day without an agent.
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
