import type { Host } from '../../../host/host.ts';
import { ok, warning, type Finding } from '../../inspection.ts';
import { findCollection } from './collection.ts';
import { createConnection } from './connection.ts';
import { isBusError } from './dbus/bus-error.ts';
import { countItems } from './items.ts';

/** Entries that are there twice, which only other programs make. Tells nothing while it is locked. */
export async function examineSecretService(host: Host): Promise<Finding[]> {
  const connection = createConnection(host);
  try {
    const service = await connection.service();
    const collection = await findCollection(service);
    if (collection === undefined || (await service.isLocked(collection))) return [];
    const counts = [...(await countItems(service, collection))];
    const doubled = counts.filter(([, count]) => count > 1);
    if (doubled.length === 0) return [ok('duplicates', 'no entry is there twice')];
    return doubled.map(([key, count]) => ({
      ...warning(
        'duplicates',
        `another program has stored ${JSON.stringify(key)} as well: of ${count} entries the newest is used`,
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
