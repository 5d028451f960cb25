import type { Socket } from 'node:net';
import type { Host } from '../../host/host.ts';
import { withinLimit } from '../../host/time-limit.ts';
import { encodeFrame, readFrames } from './frames.ts';
import {
  formatGreeting,
  parseGreeting,
  parseRequest,
  protocolVersion,
  type Reply,
  type Request,
} from './protocol.ts';

const greetingLimitMs = 5_000;

export interface ServeOptions {
  /** Of the keyring's directory: see `KeyringId`. */
  readonly directory: string;
  readonly host: Pick<Host, 'sleep'>;
  /** The clients that wait for no answer. */
  readonly idle: Set<Socket>;
  answer(request: Request): Promise<Reply>;
  /** Whether no request is taken any more. */
  isLeaving(): boolean;
}

/**
 * Serves one client until it hangs up: greets it, then answers one request after another. One that
 * says what makes no sense, or nothing, is left. Never rejects.
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
    // The client is gone, or no client of ours.
  } finally {
    idle.delete(socket);
    socket.destroy();
  }
}

/** To one of another version, too, it is said which this is. */
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

/** When the client has taken it all, so that not more than one answer waits for it. */
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
