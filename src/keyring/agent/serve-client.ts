import type { Socket } from 'node:net';
import type { Host } from '../../host/host.ts';
import { withinLimit } from '../../host/time-limit.ts';
import type { Deadlines } from './deadlines.ts';
import {
  encodeFrame,
  formatGreeting,
  parseGreeting,
  parseRequest,
  protocolVersion,
  readFrames,
  type Reply,
  type Request,
} from './protocol.ts';

const greetingLimitMs = 5_000;

export interface ServeOptions {
  /** The name in `KeyringId`. */
  readonly directory: string;
  readonly host: Pick<Host, 'sleep'>;
  /** Clients without a pending request. */
  readonly idle: Set<Socket>;
  answer(request: Request): Promise<Reply>;
  /** Whether the agent is stopping and rejects requests. */
  isLeaving(): boolean;
}

/**
 * Serves one client until it disconnects: sends the greeting, then answers one request after
 * another. Disconnects a client that sends invalid data or no greeting. Never rejects.
 */
export async function serveClient(socket: Socket, options: ServeOptions): Promise<void> {
  const { idle, answer, isLeaving } = options;
  socket.on('error', () => {});
  idle.add(socket);
  try {
    const frames = readFrames(socket);
    if (!(await greet(socket, frames, options))) return;
    for await (const frame of frames) {
      idle.delete(socket);
      const request = parseRequest(frame);
      frame.fill(0);
      if (request === undefined) return;
      await send(socket, await answer(request));
      if (isLeaving()) return;
      idle.add(socket);
    }
  } catch {
    // The client disconnected, or is not a client of this protocol.
  } finally {
    idle.delete(socket);
    socket.destroy();
  }
}

/** Also sends the greeting to a client of another version, so that it can report both versions. */
async function greet(
  socket: Socket,
  frames: AsyncGenerator<Buffer>,
  { directory, host }: ServeOptions,
): Promise<boolean> {
  const silent = () => new Error('a client that does not greet');
  const { value, done } = await withinLimit(host, greetingLimitMs, frames.next(), silent);
  const greeting = done ? undefined : parseGreeting(value);
  if (greeting === undefined) return false;
  await send(socket, formatGreeting({ version: protocolVersion, directory }));
  return greeting.version === protocolVersion && greeting.directory === directory;
}

/** Resolves when the client has read the message, so that at most one answer is buffered for it. */
function send(socket: Socket, message: object): Promise<void> {
  const frame = encodeFrame(message);
  return new Promise((resolve, reject) => {
    socket.write(frame, (error) => {
      frame.fill(0);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** When the keyring is locked again. */
export function formatDates(deadlines: Deadlines): Reply {
  const { expiresAt, idleExpiresAt } = deadlines.dates();
  return {
    ok: { expires_at: expiresAt.toISOString(), idle_expires_at: idleExpiresAt.toISOString() },
  };
}
