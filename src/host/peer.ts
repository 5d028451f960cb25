import type { Socket } from 'node:net';
import type { Host } from './host.ts';
import type { Peer } from './native.ts';

/** Tells who is at the other end of a connected Unix socket; undefined when that cannot be told. */
export type PeerOf = (socket: Socket) => Peer | undefined;

/** Loads what asks the system. */
export async function loadPeerOf({ platform }: Pick<Host, 'platform'>): Promise<PeerOf> {
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
