// What all providers share: a bus, a program that owns org.freedesktop.secrets, and their shutdown.
import { findPeers } from '../../../scripts/peers.mjs';
import { awaitUntil, connectBus, hasOwner, readCollectionState } from './bus-connection.mjs';
import { openBusWith } from './bus.mjs';

/**
 * @import { PeerName } from '../../../scripts/peers.mjs'
 * @import { CollectionState, RunningProgram, SecretService, Stage } from './types.ts'
 */

/** The password of the keyrings of all providers. It protects nothing. */
export const keyringPassword = 'correct horse';

/**
 * @param {string | undefined} home
 * @param {(stage: Stage) => Promise<RunningProgram>} startProvider
 * @returns {Promise<SecretService>}
 */
export async function openSecretService(home, startProvider) {
  const { bus, start, add } = await openBusWith({ home });
  try {
    const connection = await connectBus(bus.busAddress);
    add(connection.close);

    /**
     * @param {RunningProgram} program
     * @param {CollectionState} state
     */
    async function awaitProvider(program, state) {
      await awaitUntil(
        async () => {
          if (!program.isRunning()) throw new Error(`the provider ended: ${program.complaints()}`);
          if (!(await hasOwner(connection, 'org.freedesktop.secrets'))) return false;
          return (await readCollectionState(connection)) === state;
        },
        () => `a provider whose default collection is ${state} (${program.complaints()})`,
      );
    }

    const { env, home: where } = bus;
    const provider = await startProvider({ env, home: where, connection, start, awaitProvider });
    add(provider.stop);
    return { ...bus, killProvider: provider.kill };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/**
 * The path of a provider's program.
 *
 * @param {PeerName} name
 */
export function programOf(name) {
  const peer = findPeers()[name];
  if (!peer) throw new Error(`${name} is not installed: see docs/testing-secret-service.md`);
  return peer.path;
}
