import { KeyringError } from '../../../core/errors.ts';
import { isObject, parseJson } from '../../../core/json.ts';
import type { BackendContext, KeyringReader } from '../../contract.ts';
import { shownKey } from '../../key.ts';
import { collectionName, unlock } from './collection.ts';
import { createConnection } from './connection.ts';
import { BusError } from './dbus/bus-error.ts';
import { newestFirst } from './items.ts';
import { createOperations } from './operations.ts';
import { readValues } from './read.ts';
import type { SecretService } from './service.ts';

/** The attribute that holds the entry name. */
const keyAttribute = 'profile';

/**
 * The collection of a program that uses the Go library 99designs/keyring, for reading. An item
 * there has its entry name in the attribute `profile`. Its secret is JSON with `Key` and `Data` in
 * base64.
 *
 * @returns undefined if the service has no such collection
 * @throws ERR_KEYRING_UNAVAILABLE if no service answers; the errors of reading
 */
export async function openNamedCollection(
  context: BackendContext,
  name: string,
): Promise<KeyringReader | undefined> {
  const { host } = context;
  const connection = createConnection(host);
  const { operation, withSession } = createOperations(context, connection);
  const reading = <T>(run: (service: SecretService) => Promise<T>) =>
    operation('read from', async () => run(await connection.service()));

  async function findCollection(): Promise<string | undefined> {
    try {
      const paths = await reading((service) => service.collections());
      const path = paths.find((one) => collectionName(one) === name);
      if (path === undefined) await connection.close();
      return path;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  const collection = await findCollection();
  if (collection === undefined) return undefined;

  async function requireUnlocked(service: SecretService, path: string): Promise<void> {
    if (await unlock(service, host, path)) return;
    throw new BusError('locked', `its collection ${name} is locked`);
  }

  return {
    info: { type: 'system', persistent: true, location: `Secret Service, collection ${name}` },
    async keys() {
      return reading(async (service) => {
        await requireUnlocked(service, collection);
        const items = await service.itemsOf(collection);
        const attributes = await Promise.all(items.map((item) => service.attributesOf(item)));
        return attributes.flatMap((one) => one.get(keyAttribute) ?? []).sort();
      });
    },
    async get(key) {
      const text = await reading(async (service) => {
        await requireUnlocked(service, collection);
        const found = await service.search(collection, new Map([[keyAttribute, key]]));
        const items = (await newestFirst(service, found)).slice(0, 1);
        const [value] = await withSession((session) => readValues(service, host, session, items));
        return value;
      });
      return text === undefined ? null : parseItem(text, key, name);
    },
    close: () => connection.close(),
  };
}

/** The value of an item. Errors never quote it. */
function parseItem(text: string, key: string, collection: string): string {
  const item = parseJson(text);
  const entry = `the entry ${shownKey(key)} of the collection ${collection}`;
  if (!isObject(item) || typeof item['Key'] !== 'string' || typeof item['Data'] !== 'string') {
    throw new KeyringError(
      'ERR_KEYRING_DAMAGED',
      `${entry} is not in the format of 99designs/keyring`,
    );
  }
  if (item['Key'] !== key) {
    throw new KeyringError('ERR_KEYRING_FOREIGN', `${entry} contains the name of another entry`);
  }
  return Buffer.from(item['Data'], 'base64').toString('utf8');
}
