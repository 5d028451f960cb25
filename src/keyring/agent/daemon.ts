import { readSync, writeSync } from 'node:fs';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { reasonOf } from '../../host/denial.ts';
import { closeStandardStreams, hardenProcess } from '../../host/harden-process.ts';
import type { Host } from '../../host/host.ts';
import { loadPeerOf } from '../../host/unix-sockets.ts';
import type { AgentOrder } from '../contract.ts';
import type { Held } from './held.ts';
import { startServer, type AgentServer } from './server.ts';
import { formatOutcome, parseStartMessage, type Outcome } from './start-message.ts';

const maxInputBytes = 256 * 1024;

/** Protects the process of a new agent, then reads its order and its secret. */
export async function receiveOrder(): Promise<{ order: AgentOrder; secret: Buffer }> {
  await hardenProcess();
  return parseStartMessage(readInput());
}

/**
 * Opens what the agent is to hold.
 *
 * @throws KeyringError
 */
export type Hold = (order: AgentOrder, secret: Buffer, host: Host) => Promise<Held>;

/**
 * Runs the agent's process until it exits. It reports the outcome of the start on standard output and
 * then closes the standard streams. If the process that started it has exited by then, it stops at once:
 * the user has canceled.
 *
 * @param secret is overwritten at the end
 */
export async function serveOrder(
  order: AgentOrder,
  secret: Buffer,
  hold: Hold,
  host: Host,
): Promise<void> {
  let server: AgentServer | undefined;
  let isStopped = false;
  // As early as possible: each of these signals would kill the process with the secret in memory.
  host.onSignals(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'], () => {
    isStopped = true;
    server?.leave();
  });
  try {
    server = await serve(order, secret, hold, host);
    isStopped = !tell(server ? { kind: 'started' } : { kind: 'taken' }) || isStopped;
  } catch (error) {
    secret.fill(0);
    if (!(error instanceof KeyringError)) throw error;
    tell({ kind: 'failed', error });
  }
  closeStandardStreams();
  if (server) {
    if (isStopped) server.leave();
    await server.left;
  }
  secret.fill(0);
}

async function serve(
  order: AgentOrder,
  secret: Buffer,
  hold: Hold,
  host: Host,
): Promise<AgentServer | undefined> {
  const { place, terms } = order;
  const held = await hold(order, secret, { ...host, log: () => {} });
  try {
    const peerOf = await loadPeerOf(host);
    const server = await startServer({ place, held, terms, peerOf, host }).catch(
      (error: unknown) => {
        throw listenFailure(error, order) ?? error;
      },
    );
    if (server === undefined) await held.close();
    return server;
  } catch (error) {
    await held.close();
    throw error;
  }
}

/** Undefined for an error that is not of a system call. */
function listenFailure(error: unknown, { place }: AgentOrder): KeyringError | undefined {
  const code = systemErrorCode(error);
  if (code === undefined) return undefined;
  const reason = reasonOf(code, place.socket);
  return new KeyringError('ERR_KEYRING_IO', `cannot listen on ${place.socket}: ${reason}`);
}

/** Reads all input synchronously: the process has nothing else to do. */
function readInput(): Buffer {
  const input = Buffer.alloc(maxInputBytes);
  for (let bytes = 0; bytes < input.length;) {
    const read = readSync(0, input, bytes, input.length - bytes, null);
    if (read === 0) return input.subarray(0, bytes);
    bytes += read;
  }
  throw new RangeError('the order is too large');
}

/** @returns whether the process that started this one is still there to read it */
function tell(outcome: Outcome): boolean {
  try {
    writeSync(1, formatOutcome(outcome));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}
