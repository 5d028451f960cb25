import { chmodSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { KeyringError } from '../../core/errors.ts';
import type { Host } from '../../host/host.ts';
import { acquireLock } from '../../host/lock.ts';
import { maxUnlockMs } from '../unlock-time.ts';
import { look, type AgentPlace } from './socket-path.ts';

const lockTimeoutMs = 5_000;
const backlog = 511;

export interface BoundSocket {
  readonly server: Server;
  /** Whether the file is still the one that was made here. */
  isThere(): boolean;
  /** Removes the file, if it is ours, and takes no more connections. */
  close(): void;
}

/**
 * Listens on a socket, or returns undefined where somebody does already. What a killed agent left is
 * removed first. All under a lock, so that of two who come at once one listens.
 *
 * @throws ERR_KEYRING_BUSY, and the system's errors
 */
export async function bindSocket(
  place: AgentPlace,
  host: Pick<Host, 'processId' | 'monotonicMs' | 'sleep' | 'now'>,
): Promise<BoundSocket | undefined> {
  const path = join(place.directory, 'lock');
  const lock = await acquireLock(path, { mode: 'exclusive', timeoutMs: lockTimeoutMs, host });
  if (lock === undefined) {
    throw new KeyringError('ERR_KEYRING_BUSY', `${path} has been locked for 5 seconds`);
  }
  try {
    removeOutlived(place.directory, host.now());
    if (look(place.socket) !== undefined) {
      if (await isListenedOn(place.socket)) return undefined;
      rmSync(place.socket, { force: true });
    }
    return await listen(place.socket);
  } finally {
    lock.release();
  }
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true));
    // A listener whose queue is full is one.
    socket.once('error', (error) => settle('code' in error && error.code === 'EAGAIN'));
  });
}

function listen(path: string): Promise<BoundSocket> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog }, () => {
      chmodSync(path, 0o600);
      const made = look(path);
      const isThere = () => isSameFile(made, look(path));
      resolve({
        server,
        isThere,
        close() {
          // Closing removes whatever has the name: another agent's, if ours is gone.
          if (isThere()) server.close();
          else server.unref();
        },
      });
    });
  });
}

function isSameFile(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

/** No agent lives for so long: sockets of earlier boots, and of keyrings that are gone. */
function removeOutlived(directory: string, now: Date): void {
  for (const name of readdirSync(directory).filter((one) => one.endsWith('.sock'))) {
    const path = join(directory, name);
    const madeMs = look(path)?.mtimeMs ?? now.getTime();
    if (now.getTime() - madeMs > 2 * maxUnlockMs) rmSync(path, { force: true });
  }
}
