import type { BackendContext, Probe } from '../../contract.ts';
import { collectionName, findCollection, hasDisplay } from './collection.ts';
import { describeProvider, type Connection } from './connection.ts';
import { isBusError } from './dbus/bus-error.ts';
import { describeFailure, keyringError } from './failures.ts';
import { isOpenWallet, noKeyring } from './runtime-environment.ts';

export interface ServiceProbe {
  readonly probe: Probe;
  /** The program that provides the service, and the collection that is used. */
  readonly location: string;
}

/**
 * Probes without a prompt and without writing. It may start the service, as every use does.
 *
 * @throws KeyringError if the service exists and cannot be inspected because it is slow, busy or
 *   damaged: it is then not unavailable, and no fallback may replace it
 */
export async function probeService(
  context: BackendContext,
  connection: Connection,
): Promise<ServiceProbe> {
  const { host } = context;
  let location = 'Secret Service';
  try {
    const service = await connection.service();
    const collection = await findCollection(service);
    const provider = await describeProvider(service, host);
    if (provider !== undefined) location += ` (${provider})`;
    if (collection === undefined) return { probe: withoutCollection(hasDisplay(host)), location };
    location += `, collection ${collectionName(collection)}`;
    const isLocked =
      (await service.isLocked(collection)) &&
      !(await isOpenWallet(service, collectionName(collection)));
    return {
      probe: isLocked ? { state: 'locked', reason: 'it is locked' } : { state: 'ready' },
      location,
    };
  } catch (error) {
    if (!isBusError(error)) throw error;
    const failure = describeFailure(error);
    if (failure.code !== 'ERR_KEYRING_UNAVAILABLE')
      throw keyringError(context, 'inspect', failure, error);
    return { probe: { state: 'unavailable', reason: failure.reason }, location };
  }
}

function withoutCollection(canAsk: boolean): Probe {
  return canAsk
    ? {
        state: 'locked',
        reason: 'no keyring exists yet: the first write prompts for a password for a new one',
      }
    : { state: 'unavailable', reason: noKeyring };
}
