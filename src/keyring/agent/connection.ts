import { createConnection, type Socket } from 'node:net';
import { systemErrorCode } from '../../core/errors.ts';
import { reasonOf } from '../../host/denial.ts';
import type { Host } from '../../host/host.ts';
import { hasPeerCredentials, loadPeerOf, type PeerOf } from '../../host/unix-sockets.ts';
import { withinLimit } from '../../host/time-limit.ts';
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
import {
  agentPlaces,
  faultOf,
  identifyKeyring,
  look,
  type AgentPlace,
  type KeyringId,
} from './socket-path.ts';

const answerLimitMs = 5_000;
const retryPauseMs = 10;

/** A connection to the agent of one keyring. It sends one request at a time. */
export interface AgentConnection {
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

/**
 * Connects to the agent of the keyring in a directory. Undefined if no agent is running. A process
 * at its socket that must not be used is an error and is never silently ignored.
 *
 * @param limitMs limit for the greeting, default 5 seconds
 * @throws AgentError `foreign`, `version`, `unusable` or `silent`
 */
export async function findAgent(
  directory: string,
  host: ConnectingHost,
  limitMs = answerLimitMs,
): Promise<AgentConnection | undefined> {
  const id = hasAgents(host) ? identifyKeyring(directory) : undefined;
  if (id === undefined) return undefined;
  for (const place of await agentPlaces(id, host)) {
    if (look(place.socket) === undefined) continue;
    try {
      return await connectAgent(place, { id, host, limitMs });
    } catch (error) {
      if (!(error instanceof AgentError) || error.failure !== 'absent') throw error;
    }
  }
  return undefined;
}

/** Whether the keyring in a directory has an agent socket: calls `lstat` for each possible path. */
export async function hasAgentSocket(directory: string, host: ConnectingHost): Promise<boolean> {
  const id = hasAgents(host) ? identifyKeyring(directory) : undefined;
  if (id === undefined) return false;
  return (await agentPlaces(id, host)).some(({ socket }) => look(socket)?.isSocket());
}

/**
 * Agents exist only where the system reports the user of the process at the other end of a socket.
 */
export function hasAgents(host: Pick<Host, 'platform'>): boolean {
  return hasPeerCredentials(host);
}

/** @throws AgentError */
async function connectAgent(
  { directory, socket: path }: AgentPlace,
  { id, host, limitMs }: Pick<Way, 'id' | 'host' | 'limitMs'>,
): Promise<AgentConnection> {
  for (const one of [directory, path]) {
    const fault = faultOf(one, host);
    if (fault !== undefined) throw new AgentError('foreign', fault, { path: one });
  }
  const stats = look(path);
  if (stats === undefined) throw new AgentError('absent', `${path} does not exist`);
  if (!stats.isSocket()) throw new AgentError('foreign', `${path} is not a socket`, { path });
  const peerOf = await loadPeerOf(host);
  const socket = await openSocket(path, host, limitMs);
  try {
    return await greet(socket, { path, id, peerOf, host, limitMs });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Connects; retries while the listener's queue is full. */
async function openSocket(path: string, host: ConnectingHost, limitMs: number): Promise<Socket> {
  const deadline = host.monotonicMs() + limitMs;
  for (;;) {
    try {
      return await connected(createConnection(path));
    } catch (error) {
      const code = systemErrorCode(error) ?? 'the connection was closed';
      if (code === 'ENOENT' || code === 'ECONNREFUSED')
        throw new AgentError('absent', 'it is not running');
      if (code === 'ECONNRESET' || code === 'EPIPE') throw gone(undefined);
      if (code !== 'EAGAIN')
        throw new AgentError('foreign', `${path} cannot be reached: ${reasonOf(code, path)}`, {
          path,
        });
      if (host.monotonicMs() > deadline) throw silent(undefined, limitMs);
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

interface Way {
  readonly path: string;
  readonly id: KeyringId;
  readonly peerOf: PeerOf;
  readonly host: ConnectingHost;
  readonly limitMs: number;
}

async function greet(
  socket: Socket,
  { path, id, peerOf, host, limitMs }: Way,
): Promise<AgentConnection> {
  const peer = peerOf(socket);
  if (peer === undefined || peer.userId !== host.userId) {
    const who = peer === undefined ? 'an unknown user' : `user ${peer.userId}`;
    throw new AgentError('foreign', `${who} listens on ${path}`, { path });
  }
  const connection = createConnectionOf(socket, peer.processId, host);
  const greeting = { version: protocolVersion, directory: id.name };
  const answer = parseGreeting(await connection.exchange(formatGreeting(greeting), limitMs));
  if (answer === undefined) throw noAnswer();
  if (answer.version !== protocolVersion) {
    throw new AgentError(
      'version',
      `it uses protocol version ${answer.version}, this atmos-auth uses version ${protocolVersion}`,
      peer,
    );
  }
  if (answer.directory !== id.name)
    throw new AgentError('unusable', 'it serves another directory', peer);
  return connection;
}

function createConnectionOf(
  socket: Socket,
  processId: number | undefined,
  host: ConnectingHost,
): AgentConnection & { exchange(message: object, limitMs: number): Promise<Buffer> } {
  const frames = readFrames(socket);
  let turn: Promise<unknown> = Promise.resolve();

  async function exchangeNow(message: object, limitMs: number): Promise<Buffer> {
    if (socket.destroyed) throw gone(processId);
    // The connection keeps this process alive only during a request.
    socket.ref();
    const endWait = host.waiting('the agent that holds the keyring open', limitMs);
    try {
      socket.write(encodeFrame(message));
      const next = frames.next().catch((error: unknown) => {
        throw error instanceof RangeError ? noAnswer() : gone(processId);
      });
      const expired = () => silent(processId, limitMs);
      const { value, done } = await withinLimit(host, limitMs, next, expired);
      if (done) throw gone(processId);
      return value;
    } catch (error) {
      // No caller waits for what the agent may still send.
      socket.destroy();
      throw error;
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

function gone(processId: number | undefined): AgentError {
  return new AgentError('gone', 'it exited before it answered', { processId });
}

function silent(processId: number | undefined, limitMs: number): AgentError {
  const seconds = limitMs / 1000;
  return new AgentError('silent', `it did not answer within ${seconds} seconds`, { processId });
}
