import type { Hint } from '../../core/hint.ts';
import { run, showPermissions } from '../../core/hint.ts';
import type { BackendContext } from '../contract.ts';
import type { AgentConnection } from './connection.ts';
import { isAgentOff, lookForSockets } from './presence.ts';
import type { AgentError } from './protocol.ts';
import type { KeyringId } from './socket-path.ts';

/** The agent of a keyring, for a process that can do without it. */
export interface AgentAccess {
  /**
   * The connection to the agent. Undefined if no agent is running, or if it is passed over.
   *
   * @throws AgentError
   */
  connect(): Promise<AgentConnection | undefined>;
  /** After a failure: an agent that cannot be used is not asked again, and one warning says so. */
  passOver(reason: AgentError): void;
  /** Names the agent in messages. */
  named(error: AgentError): string;
  close(): Promise<void>;
}

export interface AccessOptions {
  readonly context: Pick<BackendContext, 'host' | 'warn'>;
  /** Of the keyring, for messages. */
  readonly location: string;
  identify(): KeyringId | undefined;
}

/** @throws ERR_USAGE for an invalid value of `ATMOS_KEYRING_AGENT` */
export function createAgentAccess({ context, location, identify }: AccessOptions): AgentAccess {
  const { host } = context;
  const isOff = isAgentOff(host);
  let finding: Promise<AgentConnection | undefined> = Promise.resolve(undefined);
  let isPassedOver = false;

  async function look(): Promise<AgentConnection | undefined> {
    const id = isOff ? undefined : identify();
    if (id === undefined || (await lookForSockets(id, host)).length === 0) return undefined;
    // With node:net it takes longer to load than the file keyring.
    const { findAgent } = await import('./connection.ts');
    const found = await findAgent(id, host);
    if (found) host.log('keyring.agent', { outcome: 'used', process: found.processId });
    return found;
  }

  function named({ processId }: AgentError): string {
    const id = processId === undefined ? '' : ` (process ${processId})`;
    return `the unlock agent of the keyring ${location}${id}`;
  }

  return {
    named,

    /** Searches again at each call until an agent is found: the user may have unlocked meanwhile. */
    async connect() {
      if (isPassedOver) return undefined;
      const latest = finding;
      const found = await latest;
      if (found?.isOpen()) return found;
      // If several callers notice this at once, only one of them searches.
      if (finding === latest) finding = look();
      return finding;
    },

    passOver(reason) {
      finding = Promise.resolve(undefined);
      if (reason.failure === 'gone' || reason.failure === 'leaving' || isPassedOver) return;
      isPassedOver = true;
      host.log('keyring.agent', { outcome: 'passed_over', process: reason.processId });
      context.warn?.(`${named(reason)} is not used: ${reason.message}`, hintsFor(reason));
    },

    async close() {
      const found = await finding.catch(() => undefined);
      found?.close();
    },
  };
}

/** Not for the socket of another user: this user cannot stop that process. */
function hintsFor({ failure, path }: AgentError): Hint[] {
  if (failure !== 'foreign') return [run(['atmos', 'auth', 'keyring', 'lock'])];
  return path === undefined ? [] : [showPermissions(path)];
}
