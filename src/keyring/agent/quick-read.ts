import { findAgent, type ConnectingHost } from './connection.ts';
import { parseStored } from './protocol.ts';
import { identifyKeyring } from './socket-path.ts';

/** The whole program waits longer, and says for what. */
const limitMs = 2_000;

/**
 * Reads an entry of a file keyring from its agent, without what opens the keyring itself.
 *
 * @param directory of the keyring
 * @returns the value, or null if the entry does not exist; undefined if no agent runs, or if
 *   `ATMOS_KEYRING_AGENT` is set
 * @throws AgentError, and KeyringError of the keyring that the agent opened
 */
export async function readThroughAgent(
  directory: string,
  key: string,
  host: ConnectingHost,
): Promise<string | null | undefined> {
  // Its value may be wrong, which the keyring itself reports.
  if (host.env['ATMOS_KEYRING_AGENT']) return undefined;
  const agent = await findAgent(identifyKeyring(directory), host, { limitMs });
  try {
    const { value } = (await agent?.ask({ op: 'get', key }, limitMs)) ?? {};
    return agent === undefined ? undefined : parseStored(value);
  } finally {
    agent?.close();
  }
}
