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
  /** Whether the socket file is still the one that was created here. */
  isThere(): boolean;
  /** Removes the socket file if it is still our own, and accepts no more connections. */
  close(): void;
}

/**
 * Listens on a socket. Undefined if another agent is already listening. Removes the socket of a
 * killed agent first. A lock ensures that only one of two concurrent starts succeeds.
 *
 * @throws ERR_KEYRING_BUSY, and system errors
 */
export async function bindSocket(
  place: AgentPlace,
  host: Pick<Host, 'processId' | 'monotonicMs' | 'sleep' | 'now'>,
): Promise<BoundSocket | undefined> {
  const path = join(place.directory, 'lock');
  const lock = await acquireLock(path, { mode: 'exclusive', timeoutMs: lockTimeoutMs, host });
  if (lock === undefined) {
    throw new KeyringError(
      'ERR_KEYRING_BUSY',
      `another agent that starts has locked ${path} for ${lockTimeoutMs / 1000} seconds`,
    );
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
    // EAGAIN: a listener exists and its queue is full.
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
          // Closing removes any file with this name: another agent's socket, if it replaced our
          // own.
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

/** Removes sockets of earlier boots and of deleted keyrings: no agent runs for so long. */
function removeOutlived(directory: string, now: Date): void {
  for (const name of readdirSync(directory).filter((one) => one.endsWith('.sock'))) {
    const path = join(directory, name);
    const madeMs = look(path)?.mtimeMs ?? now.getTime();
    if (now.getTime() - madeMs > 2 * maxUnlockMs) rmSync(path, { force: true });
  }
}
