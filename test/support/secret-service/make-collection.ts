import { connectSessionBus } from '../../../src/keyring/system/linux/dbus/bus.ts';
import * as decode from '../../../src/keyring/system/linux/dbus/decode.ts';
import * as encode from '../../../src/keyring/system/linux/dbus/encode.ts';
import { createSecretService, serviceName } from '../../../src/keyring/system/linux/service.ts';
import { createTestContext } from '../../keyring/system/linux/open-keyring.ts';
import type { SecretService } from './types.ts';

/** Creates a collection without a password prompt. Only gnome-keyring can do that. */
export async function makeCollection(env: SecretService['env'], label: string): Promise<void> {
  const bus = await connectSessionBus(createTestContext({ env }).host);
  const session = await createSecretService(bus).openPlainSession();
  const properties = encode.map('v', [
    ['org.freedesktop.Secret.Collection.Label', encode.variant(encode.text(label))],
  ]);
  const password = encode.struct(
    encode.objectPath(session),
    encode.bytes(Buffer.alloc(0)),
    encode.bytes(Buffer.from('the password')),
    encode.text('text/plain'),
  );
  const call = {
    destination: serviceName,
    path: '/org/freedesktop/secrets',
    interface: 'org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface',
    member: 'CreateWithMasterPassword',
    body: [properties, password],
  };
  await bus.call(call, decode.tupleOf<[string]>(decode.objectPath));
  bus.close();
}
