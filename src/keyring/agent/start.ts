import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import type { BackendContext } from '../contract.ts';
import type { Terms } from '../unlocking.ts';
import type { AgentPlace } from './socket-path.ts';
import { formatOrder, parseOutcome } from './start-message.ts';

const startLimitMs = 30_000;
/** Memory that it would only keep for later, and compilers that it has nothing for. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=64'];
/** The command that is the agent. */
export const agentCommand = '__keyring-agent';

export interface AgentStart {
  readonly context: BackendContext;
  readonly place: AgentPlace;
  readonly terms: Terms;
  /** Is overwritten. */
  readonly password: Buffer;
}

/**
 * Starts an agent, with nothing of our environment. The password goes through a pipe.
 *
 * @returns `taken` where another one was faster
 * @throws ERR_KEYRING_IO, ERR_KEYRING_TIMEOUT, and what the agent met
 */
export async function startAgent(start: AgentStart): Promise<'started' | 'taken'> {
  const { context, place, terms, password } = start;
  const { host, settings } = context;
  const input = formatOrder({ directory: settings.directory, place, terms }, password);
  const args = [...nodeOptions, host.scriptPath, agentCommand];
  try {
    const options = { env: {}, input, timeoutMs: startLimitMs };
    const { said, timedOut } = await host.startDetached(host.nodePath, args, options);
    if (timedOut) {
      const seconds = startLimitMs / 1000;
      throw failure('ERR_KEYRING_TIMEOUT', `was not ready within ${seconds} seconds`);
    }
    const outcome = parseOutcome(said);
    if (outcome === undefined) throw failure('ERR_KEYRING_IO', 'ended at once');
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.kind;
  } catch (error) {
    const code = systemErrorCode(error);
    if (error instanceof KeyringError || code === undefined) throw error;
    throw failure('ERR_KEYRING_IO', `could not be started: ${code}`);
  } finally {
    input.fill(0);
    password.fill(0);
  }
}

function failure(code: 'ERR_KEYRING_IO' | 'ERR_KEYRING_TIMEOUT', what: string): KeyringError {
  return new KeyringError(code, `the unlock agent ${what}`);
}
