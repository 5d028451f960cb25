import type { Stats } from 'node:fs';
import { AtmosError } from '../../core/errors.ts';
import { setVariable, unsetVariable } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import { hasPeerCredentials } from '../../host/unix-sockets.ts';
import type { AgentPresence } from '../contract.ts';
import { agentPlaces, look, type KeyringId } from './socket-path.ts';

type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

/** Looks for the agent of a keyring. Loads nothing that connects to it. */
export function createAgentPresence<S>(
  identify: (settings: S) => KeyringId | undefined,
): AgentPresence<S> {
  return {
    isPossible: hasAgents,

    async isPresent({ settings, host }) {
      const id = isAgentOff(host) ? undefined : identify(settings);
      if (id === undefined) return false;
      return (await lookForSockets(id, host)).some((stats) => stats.isSocket());
    },
  };
}

/**
 * Calls `lstat` for each possible path of the socket of a keyring's agent.
 *
 * @returns what exists there, which need not be a socket
 */
export async function lookForSockets(id: KeyringId, host: Where): Promise<Stats[]> {
  if (!hasAgents(host)) return [];
  const found = (await agentPlaces(id, host)).map(({ socket }) => look(socket));
  return found.filter((stats) => stats !== undefined);
}

/**
 * Agents exist only where the system reports the user of the process at the other end of a socket.
 */
export function hasAgents(host: Pick<Host, 'platform'>): boolean {
  return hasPeerCredentials(host);
}

/** @throws ERR_USAGE */
export function isAgentOff({ env }: Pick<Host, 'env'>): boolean {
  const value = env['ATMOS_KEYRING_AGENT'] ?? '';
  if (value !== '' && value !== 'on' && value !== 'off') {
    throw new AtmosError(
      'ERR_USAGE',
      `ATMOS_KEYRING_AGENT is ${JSON.stringify(value)}: expected on or off`,
      { hints: [unsetVariable('ATMOS_KEYRING_AGENT'), setVariable('ATMOS_KEYRING_AGENT', 'off')] },
    );
  }
  return value === 'off';
}
