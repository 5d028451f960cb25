import type { Host } from '../../host/host.ts';
import { createChunkedKeyring, examineParts } from '../chunked-store.ts';
import type { BackendContext, Inspector } from '../contract.ts';
import { ok, warning, type Finding } from '../inspection.ts';
import { findCollection } from './linux/collection.ts';
import { createConnection } from './linux/connection.ts';
import { isBusError } from './linux/dbus/bus-error.ts';
import { itemsByKey } from './linux/items.ts';
import { openKeychainStore } from './macos/items.ts';
import { openChunked } from './windows/keyring.ts';

export const systemInspector: Inspector = {
  // Only probing shows whether the system has a keyring.
  describe: () => ({ isMade: true }),
  async examine(context) {
    switch (context.host.platform) {
      case 'linux':
        return examineSecretService(context.host);
      case 'darwin':
        return examineKeychain(context);
      case 'win32':
        return examineCredentials(context);
      default:
        return [];
    }
  },
};

/**
 * Duplicate entries, which only other programs create. Finds nothing while the keyring is locked.
 */
async function examineSecretService(host: Host): Promise<Finding[]> {
  const connection = createConnection(host);
  try {
    const service = await connection.service();
    const collection = await findCollection(service);
    if (collection === undefined || (await service.isLocked(collection))) return [];
    const stored = [...(await itemsByKey(service, collection))];
    const doubled = stored.filter(([, items]) => items.length > 1);
    if (doubled.length === 0) return [ok('duplicates', 'no duplicate entries')];
    return doubled.map(([key, items]) => ({
      ...warning(
        'duplicates',
        `another program also stored ${JSON.stringify(key)}: the newest of ${items.length} entries is used`,
      ),
      key,
    }));
  } catch (error) {
    if (isBusError(error)) return [];
    throw error;
  } finally {
    await connection.close();
  }
}

async function examineKeychain(context: BackendContext): Promise<Finding[]> {
  const store = openKeychainStore(context, { mayReplace: true });
  const { host } = context;
  return examineParts(createChunkedKeyring(store, { host, named: 'the macOS keychain' }));
}

async function examineCredentials(context: BackendContext): Promise<Finding[]> {
  return examineParts(openChunked(context));
}
