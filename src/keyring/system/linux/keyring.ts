import { KeyringError } from '../../../core/errors.ts';
import { createTurns } from '../../../core/turns.ts';
import { readMany, type BulkKeyring } from '../../bulk.ts';
import type { BackendContext } from '../../contract.ts';
import { checkKey, checkValue, maxSystemValueBytes } from '../../key.ts';
import { createConnection } from './connection.ts';
import { findItems, listKeys, newestFirst } from './items.ts';
import { createOperations } from './operations.ts';
import { probeService } from './probe.ts';
import { readQuickly } from './quick-read.ts';
import { readInBatches } from './read-many.ts';
import { readValues } from './read.ts';
import { openPlace, openWritablePlace } from './runtime-environment.ts';
import type { SecretService } from './service.ts';
import { deleteItem, storeVerified } from './write.ts';

/**
 * The keyring of a Linux desktop, through the Secret Service: gnome-keyring, KWallet or KeePassXC.
 * Its items have the format of go-keyring, which Atmos uses.
 */
export function openSecretServiceKeyring(context: BackendContext): BulkKeyring {
  const { host } = context;
  const connection = createConnection(host);
  let location = 'Secret Service';
  const { operation, withSession } = createOperations(context, connection);
  // Two concurrent writes of one entry would each read back the value of the other.
  const inTurn = createTurns();

  /** Opens the session while items are searched, because the key agreement takes milliseconds. */
  function prepareSession(): void {
    // The operation that needs the session reports its failure.
    connection.session().catch(() => {});
  }

  /** The values of an entry, the newest first. Unlocks what is locked. */
  async function readThoroughly(service: SecretService, key: string): Promise<string[]> {
    const place = await openPlace(host, service);
    if (place === undefined) return [];
    const found = await findItems(service, place.collection, key);
    const items = await newestFirst(service, found);
    if (items.length === 0) return [];
    return withSession((session) => readValues(service, host, session, items));
  }

  return {
    get info() {
      return { type: 'system', persistent: true, location };
    },

    async probe() {
      const found = await probeService(context, connection);
      location = found.location;
      return found.probe;
    },

    async get(key) {
      checkKey(key);
      return operation('read from', async () => {
        prepareSession();
        const service = await connection.service();
        const found = await readQuickly(service, withSession, key);
        if (found === undefined && context.isUnattended) throw lockedOrMissing();
        const values = found ?? (await readThoroughly(service, key));
        if (new Set(values).size > 1) {
          context.warn?.(
            `the system keyring has ${values.length} different values for ${JSON.stringify(key)}: the newest is used`,
          );
        }
        return values[0] ?? null;
      });
    },

    async set(key, value) {
      checkKey(key);
      checkValue(key, value, maxSystemValueBytes);
      checkMark(key);
      await inTurn(() =>
        operation('write to', async () => {
          prepareSession();
          const place = await openWritablePlace(host, await connection.service());
          await storeVerified(place, withSession, key, value);
        }),
      );
    },

    async delete(key) {
      checkKey(key);
      return inTurn(() =>
        operation('delete from', async () => {
          const place = await openPlace(host, await connection.service());
          if (place === undefined) return false;
          const items = await findItems(place.service, place.collection, key);
          const deleted: boolean[] = [];
          for (const item of items) deleted.push(await deleteItem(place, item));
          return deleted.includes(true);
        }),
      );
    },

    async keys() {
      return operation('list', async () => {
        const place = await openPlace(host, await connection.service());
        return place === undefined ? [] : listKeys(place.service, place.collection);
      });
    },

    [readMany]() {
      prepareSession();
      return readInBatches({
        operation: (run) => operation('read from', run),
        open: async () => openPlace(host, await connection.service()),
        withSession,
      });
    },

    close: () => connection.close(),
  };
}

function lockedOrMissing(): KeyringError {
  return new KeyringError('ERR_KEYRING_LOCKED', 'the system keyring is locked, or missing');
}

/** Qt drops a leading byte order mark, so KWallet and KeePassXC would use another entry name. */
function checkMark(key: string): void {
  if (!key.startsWith('\ufeff')) return;
  const message = `key ${JSON.stringify(key)} starts with a byte order mark, which keyring services drop`;
  throw new KeyringError('ERR_KEYRING_INVALID_KEY', message);
}
