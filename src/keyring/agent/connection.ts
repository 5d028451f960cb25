import type { Socket } from 'node:net';
import { systemErrorCode } from '../../core/errors.ts';
import { reasonOf } from '../../host/denial.ts';
import type { Host } from '../../host/host.ts';
import { connectTo, loadPeerOf } from '../../host/unix-sockets.ts';
import { withinLimit } from '../../host/time-limit.ts';
import { hasAgents } from './presence.ts';
import {
  AgentError,
  encodeFrame,
  formatGreeting,
  formatRequest,
  noAnswer,
  parseGreeting,
  parseReply,
  protocolVersion,
  readFrames,
  type Request,
} from './protocol.ts';
import { agentPlaces, checkPlace, look, type AgentPlace, type KeyringId } from './socket-path.ts';

const answerLimitMs = 5_000;
const retryPauseMs = 10;

/** A connection to the agent of one keyring. It sends one request at a time. */
export interface AgentConnection {
  /** The process at the other end, if the system was asked and reports it. */
  readonly processId: number | undefined;
  /** Whether it accepts further requests. */
  isOpen(): boolean;
  /**
   * Resolves to the fields of the answer.
   *
   * @param limitMs default 5 seconds
   * @throws KeyringError of the keyring that the agent opened; AgentError
   */
  ask(request: Request, limitMs?: number): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

export type ConnectingHost = Pick<
  Host,
  'env' | 'platform' | 'homeDirectory' | 'userId' | 'sleep' | 'monotonicMs' | 'waiting'
>;

export interface FindOptions {
  /** Limit for the greeting, default 5 seconds. */
  readonly limitMs?: number | undefined;
  /**
   * Whether to ask the system for the process at the other end, which must belong to this user. It
   * is a native call, so only commands that show or terminate the process ask:
   * docs/adr/0043-the-client-of-the-agent-checks-permissions.md.
   */
  readonly isPeerChecked?: boolean;
}

/**
 * Connects to the agent of a keyring. Undefined if no agent is running. A process at its socket that must
 * not be used is an error and is never silently ignored.
 *
 * @param id undefined for a keyring that does not exist
 * @throws AgentError `foreign`, `version`, `unusable` or `silent`, with the process id if the system
 *   reports it
 */
export async function findAgent(
  id: KeyringId | undefined,
  host: ConnectingHost,
  { limitMs = answerLimitMs, isPeerChecked = false }: FindOptions = {},
): Promise<AgentConnection | undefined> {
  if (id === undefined || !hasAgents(host)) return undefined;
  for (const place of await agentPlaces(id, host)) {
    if (look(place.socket) === undefined) continue;
    try {
      return await connectAgent(place, { id, host, limitMs, isPeerChecked });
    } catch (error) {
      if (!(error instanceof AgentError) || error.failure !== 'absent') throw error;
    }
  }
  return undefined;
}

interface Way {
  readonly id: KeyringId;
  readonly host: ConnectingHost;
  readonly limitMs: number;
  readonly isPeerChecked: boolean;
}

/** @throws AgentError */
async function connectAgent(place: AgentPlace, way: Way): Promise<AgentConnection> {
  const { socket: path } = place;
  const { host, limitMs } = way;
  checkPlace(place, host, (at, fault) => {
    throw new AgentError('foreign', fault, { path: at });
  });
  const stats = look(path);
  if (stats === undefined) throw new AgentError('absent', `${path} does not exist`);
  if (!stats.isSocket()) throw new AgentError('foreign', `${path} is not a socket`, { path });
  const socket = await openSocket(path, host, limitMs);
  try {
    return await greet(socket, path, way);
  } catch (error) {
    throw await abandon(socket, error, host);
  }
}

/**
 * Closes the connection. An error of our own agent gets its process id, which the system knows only
 * while the connection is open.
 *
 * @param known the process id, if the system was asked before
 * @returns the error to throw
 */
async function abandon(
  socket: Socket,
  error: unknown,
  host: ConnectingHost,
  known?: number,
): Promise<unknown> {
  try {
    if (!(error instanceof AgentError) || error.failure === 'foreign') return error;
    if (error.processId !== undefined || (known === undefined && socket.destroyed)) return error;
    const processId = known ?? (await loadPeerOf(host))(socket)?.processId;
    return new AgentError(error.failure, error.message, { processId });
  } finally {
    socket.destroy();
  }
}

/** Connects; retries while the listener's queue is full. */
async function openSocket(path: string, host: ConnectingHost, limitMs: number): Promise<Socket> {
  const deadline = host.monotonicMs() + limitMs;
  for (;;) {
    try {
      return await connected(connectTo(path));
    } catch (error) {
      const code = systemErrorCode(error) ?? 'the connection was closed';
      if (code === 'ENOENT' || code === 'ECONNREFUSED')
        throw new AgentError('absent', 'it is not running');
      if (code === 'ECONNRESET' || code === 'EPIPE') throw gone();
      if (code !== 'EAGAIN')
        throw new AgentError('foreign', `${path} cannot be reached: ${reasonOf(code, path)}`, {
          path,
        });
      if (host.monotonicMs() > deadline) throw silent(limitMs);
      await host.sleep(retryPauseMs);
    }
  }
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    // Later errors end the reading, which reports them.
    socket.on('error', reject);
  });
}

async function greet(
  socket: Socket,
  path: string,
  { id, host, limitMs, isPeerChecked }: Way,
): Promise<AgentConnection> {
  const processId = isPeerChecked ? await checkPeer(socket, path, host) : undefined;
  const connection = createConnectionOf(socket, processId, host);
  const greeting = { version: protocolVersion, directory: id.name };
  const answer = parseGreeting(await connection.exchange(formatGreeting(greeting), limitMs));
  if (answer === undefined) throw noAnswer();
  if (answer.version !== protocolVersion) {
    throw new AgentError(
      'version',
      `it uses protocol version ${answer.version}, this atmos-auth uses version ${protocolVersion}`,
    );
  }
  if (answer.directory !== id.name) throw new AgentError('unusable', 'it serves another keyring');
  return connection;
}

/** @throws AgentError if the process that listens belongs to another user */
async function checkPeer(
  socket: Socket,
  path: string,
  host: ConnectingHost,
): Promise<number | undefined> {
  const peer = (await loadPeerOf(host))(socket);
  if (peer?.userId === host.userId) return peer?.processId;
  const who = peer === undefined ? 'an unknown user' : `user ${peer.userId}`;
  throw new AgentError('foreign', `${who} listens on ${path}`, { path });
}

function createConnectionOf(
  socket: Socket,
  processId: number | undefined,
  host: ConnectingHost,
): AgentConnection & { exchange(message: object, limitMs: number): Promise<Buffer> } {
  const frames = readFrames(socket);
  let turn: Promise<unknown> = Promise.resolve();

  async function exchangeNow(message: object, limitMs: number): Promise<Buffer> {
    if (socket.destroyed) throw await abandon(socket, gone(), host, processId);
    // The connection keeps this process alive only during a request.
    socket.ref();
    const endWait = host.waiting('the agent that holds the keyring open', limitMs);
    try {
      socket.write(encodeFrame(message));
      const next = frames.next().catch((error: unknown) => {
        throw error instanceof RangeError ? noAnswer() : gone();
      });
      const expired = () => silent(limitMs);
      const { value, done } = await withinLimit(host, limitMs, next, expired);
      if (done) throw gone();
      return value;
    } catch (error) {
      // No caller waits for what the agent may still send.
      throw await abandon(socket, error, host, processId);
    } finally {
      endWait?.();
      socket.unref();
    }
  }

  function exchange(message: object, limitMs: number): Promise<Buffer> {
    const answer = turn.then(() => exchangeNow(message, limitMs));
    turn = answer.catch(() => {});
    return answer;
  }

  return {
    processId,
    exchange,
    isOpen: () => !socket.destroyed && socket.readable,
    ask: async (request, limitMs = answerLimitMs) =>
      parseReply(await exchange(formatRequest(request), limitMs)),
    close: () => socket.destroy(),
  };
}

function gone(): AgentError {
  return new AgentError('gone', 'it exited before it answered');
}

function silent(limitMs: number): AgentError {
  const seconds = limitMs / 1000;
  return new AgentError('silent', `it did not answer within ${seconds} seconds`);
}
