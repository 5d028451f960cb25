import { readSync, writeSync } from 'node:fs';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { reasonOf } from '../../host/denial.ts';
import { closeStandardStreams, hardenProcess } from '../../host/harden-process.ts';
import type { Host } from '../../host/host.ts';
import { loadPeerOf } from '../../host/unix-sockets.ts';
import type { AgentBackend } from './served-keyring.ts';
import { startServer, type AgentServer } from './server.ts';
import { identifyKeyring } from './socket-path.ts';
import {
  formatOutcome,
  parseStartMessage,
  type StartMessage,
  type Outcome,
} from './start-message.ts';

const maxInputBytes = 256 * 1024;

/**
 * Runs the agent's process from the order on standard input until it exits. It reports the outcome
 * of the start on standard output and then closes the standard streams.
 */
export async function runAgent(host: Host, backend: AgentBackend): Promise<void> {
  await hardenProcess();
  const { order, password } = parseStartMessage(readInput());
  let server: AgentServer | undefined;
  let isStopped = false;
  // As early as possible: each of these signals would kill the process with the password in memory.
  host.onSignals(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'], () => {
    isStopped = true;
    server?.leave();
  });
  try {
    server = await serve(order, password, backend, host);
    tell(server ? { kind: 'started' } : { kind: 'taken' });
  } catch (error) {
    password.fill(0);
    tell({ kind: 'failed', error: translate(error, order) });
  }
  closeStandardStreams();
  if (server) {
    if (isStopped) server.leave();
    await server.left;
  }
  password.fill(0);
}

async function serve(
  order: StartMessage,
  password: Buffer,
  backend: AgentBackend,
  host: Host,
): Promise<AgentServer | undefined> {
  const { place, terms } = order;
  const id = identifyKeyring(order.directory.value);
  if (id === undefined) {
    throw new KeyringError(
      'ERR_KEYRING_IO',
      `the keyring ${order.directory.value} no longer exists`,
    );
  }
  const keyring = backend.open({
    type: { value: 'file', source: 'agent' },
    settings: {
      directory: { ...order.directory, value: id.path },
      passwordEnv: { value: '', source: 'agent' },
    },
    host: { ...host, log: () => {} },
    heldPassword: () => Buffer.from(password),
  });
  const { state, reason = state } = await keyring.probe();
  if (state !== 'ready') throw new KeyringError('ERR_KEYRING_PASSWORD_WRONG', reason);
  const generation = () => backend.generation(id.path, host.userId);
  const peerOf = await loadPeerOf(host);
  return startServer({ place, id, keyring, generation, terms, peerOf, host });
}

function translate(error: unknown, { place }: StartMessage): KeyringError {
  const code = systemErrorCode(error);
  if (error instanceof KeyringError) return error;
  if (code === undefined) throw error;
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

function tell(outcome: Outcome): void {
  writeSync(1, formatOutcome(outcome));
}
