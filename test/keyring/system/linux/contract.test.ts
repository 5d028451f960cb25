import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectBus } from '../../../support/secret-service/bus-connection.mjs';
import { providers } from '../../../support/secret-service/providers.ts';
import type { BusConnection, SecretService } from '../../../support/secret-service/types.ts';
import { keyringContract, type KeyringPlace } from '../../../contract/index.ts';
import { openTestKeyring } from './open-keyring.ts';

// Qt drops a leading byte order mark, so the backend rejects it for every provider.
const takesKey = (key: string) => !key.startsWith('\ufeff');

for (const { name, installed, open } of providers) {
  describe.skipIf(!installed)(`the system keyring on ${name} keeps the contract`, () => {
    let service: SecretService;
    let connection: BusConnection;
    beforeAll(async () => {
      service = await open();
      connection = await connectBus(service.busAddress);
    });
    afterAll(async () => {
      connection.close();
      await service.close();
    });

    /** The only keyring of the service. Each case leaves it empty. */
    async function fresh(): Promise<KeyringPlace> {
      const openHandle = async () => openTestKeyring({ env: service.env });
      return {
        open: openHandle,
        contents: () => contentsOf(connection),
        async remove() {
          const keyring = await openHandle();
          for (const key of await keyring.keys()) await keyring.delete(key);
          await keyring.close();
        },
      };
    }

    const cases = keyringContract({ fresh, maxValueBytes: 64 * 1024, takesKey });
    for (const { name: promise, run } of cases)
      test(promise, () => expect(run()).resolves.toBeUndefined());
  });
}

/** Every item of every collection with its attributes and times. */
async function contentsOf(connection: BusConnection): Promise<unknown> {
  const service = { destination: 'org.freedesktop.secrets', path: '/org/freedesktop/secrets' };
  const found = await connection.call({
    ...service,
    interface: 'org.freedesktop.Secret.Service',
    member: 'SearchItems',
    signature: 'a{ss}',
    body: [{ username: 'atmos-auth' }],
  });
  const items = (found as string[][]).flat().sort();
  const properties = items.map((path) =>
    connection.call({
      ...service,
      path,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'GetAll',
      signature: 's',
      body: ['org.freedesktop.Secret.Item'],
    }),
  );
  return [items, await Promise.all(properties)];
}
