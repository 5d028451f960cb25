import { watch } from 'node:fs';
import type { Socket } from 'node:net';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { withoutAbsent } from '../../core/json.ts';
import { createGate } from '../../core/turns.ts';
import type { Host } from '../../host/host.ts';
import type { PeerOf } from '../../host/unix-sockets.ts';
import type { Terms } from '../contract.ts';
import { createDeadlines } from './deadlines.ts';
import type { Held } from './held.ts';
import { bindSocket } from './listen.ts';
import { formatError, type HeldRequest, type Reply, type Request } from './protocol.ts';
import { formatDates, serveClient } from './serve-client.ts';
import type { AgentPlace } from './socket-path.ts';

/** Maximum number of requests that are answered at once, such as entries to decrypt; others wait. */
const maxAtOnce = 8;
/** How often an idle agent checks whether it should stop. */
const lookEveryMs = 5_000;
/** Time limit for pending requests when the agent stops. */
const shutdownGraceMs = 2_000;

export interface ServerOptions {
  readonly place: AgentPlace;
  /** The server closes it. */
  readonly held: Held;
  readonly terms: Terms;
  readonly peerOf: PeerOf;
  readonly host: Pick<Host, 'userId' | 'now' | 'monotonicMs' | 'sleep' | 'processId'>;
}

export interface AgentServer {
  /** Settles when the last client is disconnected and the secrets are forgotten. */
  readonly left: Promise<void>;
  leave(): void;
}

/**
 * Serves a keyring on a socket until it is asked to stop, a deadline passes, the socket file is removed or
 * replaced, or what it holds no longer belongs to the keyring.
 *
 * @returns undefined if another agent already serves the keyring
 */
export async function startServer(options: ServerOptions): Promise<AgentServer | undefined> {
  const { place, held, peerOf, host } = options;
  const bound = await bindSocket(place, host);
  if (bound === undefined) return undefined;
  const deadlines = createDeadlines(host, options.terms);
  const gate = createGate(maxAtOnce);
  const leaving = new AbortController();
  const isLeaving = () => leaving.signal.aborted;
  const idle = new Set<Socket>();
  const serving = new Set<Promise<unknown>>();
  const answering = new Set<Promise<unknown>>();

  /** Starts to stop if one of the conditions for it holds. */
  async function reconsider(): Promise<void> {
    const isOver = deadlines.remainingMs() <= 0 || !bound?.isThere();
    if (isOver || !(await held.isCurrent())) leaving.abort();
  }

  async function answer(request: Request): Promise<Reply> {
    await reconsider();
    if (request.op === 'lock') {
      leaving.abort();
      return { ok: withoutAbsent({ warning: await closed }) };
    }
    if (isLeaving()) return { leaving: true };
    if (request.op === 'renew') deadlines.renew(request);
    if (request.op === 'look' || request.op === 'renew') return formatDates(deadlines);
    if (request.op !== 'probe') deadlines.touch();
    const reply = await collected(
      answering,
      gate(() => answerFrom(held, request)),
    );
    if (!('error' in reply) || !isOutdated(reply.error.code)) return reply;
    leaving.abort();
    // Of a login, the client is not to try again what the server has just refused.
    return request.op === 'token' ? reply : { leaving: true };
  }

  bound.server.on('connection', (socket) => {
    if (isLeaving() || peerOf(socket)?.userId !== host.userId) {
      socket.destroy();
      return;
    }
    const { name: directory } = held.id;
    void collected(serving, serveClient(socket, { directory, host, idle, answer, isLeaving }));
  });

  /** @returns as `close` of what it holds */
  async function stay(): Promise<string | undefined> {
    const stopWatching = onChange(place.directory, () => {
      if (!bound?.isThere()) leaving.abort();
    });
    for (await reconsider(); !isLeaving(); await reconsider()) {
      const pauseMs = Math.min(lookEveryMs, deadlines.remainingMs());
      await host.sleep(pauseMs, leaving.signal).catch(() => {});
    }
    stopWatching();
    bound?.close();
    await settled(answering, host);
    return held.close();
  }

  const closed = stay();
  return {
    left: closed.then(async () => {
      // Clients with a pending request stay connected: a write must not be interrupted.
      for (const socket of idle) socket.destroy();
      await settled(serving, host);
    }),
    leave: () => leaving.abort(),
  };
}

function collected<T>(into: Set<Promise<unknown>>, promise: Promise<T>): Promise<T> {
  const forget = () => void into.delete(promise);
  into.add(promise);
  promise.then(forget, forget);
  return promise;
}

/** Waits for all promises, but at most for the shutdown grace period. */
async function settled(promises: Set<Promise<unknown>>, host: Pick<Host, 'sleep'>): Promise<void> {
  const timer = new AbortController();
  const limit = host.sleep(shutdownGraceMs, timer.signal).catch(() => {});
  await Promise.race([Promise.allSettled(promises), limit]);
  timer.abort();
}

/** Throws errors that are not KeyringErrors. */
async function answerFrom(held: Held, request: HeldRequest): Promise<Reply> {
  try {
    return { ok: await held.answer(request) };
  } catch (error) {
    if (error instanceof KeyringError) return formatError(error);
    throw error;
  }
}

/** Whether the secret of the agent opens nothing any more. The client may have another one. */
function isOutdated(code: string): boolean {
  return code === 'ERR_KEYRING_PASSWORD_WRONG' || code === 'ERR_KEYRING_PASSWORD_REQUIRED';
}

/** Reports changes in a directory, if the system supports it. */
function onChange(directory: string, listener: () => void): () => void {
  try {
    const watcher = watch(directory, listener).on('error', () => {});
    return () => watcher.close();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return () => {};
  }
}
