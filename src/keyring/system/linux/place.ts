import type { Host } from '../../../host/host.ts';
import { createCollection, findCollection, unlock } from './collection.ts';
import { BusError } from './dbus/bus-error.ts';
import type { SecretService } from './service.ts';

/** Where the items are, open for use. */
export interface Place {
  readonly service: SecretService;
  readonly host: Pick<Host, 'sleep'>;
  /** Unlocked. */
  readonly collection: string;
}

type Where = Pick<Host, 'sleep' | 'env'>;

/**
 * The collection, unlocked; undefined when it was never made, so that nothing is in it. A provider
 * without any collection has not opened its store (KeePassXC without a database): there nobody can
 * look.
 *
 * @throws BusError
 */
export async function openPlace(host: Where, service: SecretService): Promise<Place | undefined> {
  const collection = await findCollection(service);
  if (collection !== undefined) return opened(host, service, collection);
  if ((await service.collections()).length > 0) return undefined;
  throw new BusError('empty', 'the keyring service has no keyring open');
}

/** The same, made if it has to be. @throws BusError */
export async function openWritablePlace(host: Where, service: SecretService): Promise<Place> {
  const collection = (await findCollection(service)) ?? (await createCollection(service, host));
  if (collection !== undefined) return opened(host, service, collection);
  throw new BusError('empty', noKeyring);
}

export const noKeyring =
  'the keyring service has no keyring yet, and nobody can be asked for a password for one';

async function opened(host: Where, service: SecretService, collection: string): Promise<Place> {
  if (await unlock(service, host, collection)) return { service, host, collection };
  throw new BusError('locked', 'it is locked, and the question to unlock it was dismissed');
}
