import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Keyring } from '../../src/keyring/contract.ts';
import { seedKeyring } from '../keyring/file/seed.ts';
import { openTestKeyring as openSystemKeyring } from '../keyring/system/linux/open-keyring.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { openTestKeyring as openFileKeyring } from '../support/file-keyring.ts';
import { peer } from '../support/peers.ts';
import { connectBus } from '../support/secret-service/bus-connection.mjs';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import type { SecretService } from '../support/secret-service/types.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { entries, expectMoved, kills } from './migrating.ts';

const isThere = peer('gnome-keyring') !== undefined;
// More than a minute on an idle machine: the daemon writes its whole file at every change.
const timeout = 300_000;

let program: Program;

beforeAll(async () => {
  program = await compileProgram('test/fault/migrate-program.ts');
});

afterAll(() => program.remove());

describe.skipIf(!isThere)(
  `500 mixed entries move to the system keyring and back, killed ${kills} times each way`,
  { timeout },
  () => {
    let service: SecretService;
    let system: Keyring;

    beforeAll(async () => {
      service = await openGnomeKeyring();
      system = openSystemKeyring({ env: service.env });
    });

    afterAll(async () => {
      await system.close();
      await service.close();
    });

    /** The number of all items. */
    async function countItems(): Promise<number> {
      const bus = await connectBus(service.busAddress);
      const [unlocked] = await bus.call({
        destination: 'org.freedesktop.secrets',
        path: '/org/freedesktop/secrets',
        interface: 'org.freedesktop.Secret.Service',
        member: 'SearchItems',
        signature: 'a{ss}',
        body: [{ username: 'atmos-auth' }],
      });
      bus.close();
      return (unlocked as unknown[]).length;
    }

    test('migrates from file to system', async () => {
      const from = await seedKeyring(entries);
      const source = openFileKeyring({ directory: from });
      const { env } = service;
      await expectMoved({ program: program.file, from, to: 'system', source, target: system, env });
      expect(await countItems()).toBe(500);
    });

    test('migrates from system to file', async () => {
      const to = join(temporaryDirectory(), 'keyring');
      const target = openFileKeyring({ directory: to });
      const { env } = service;
      await expectMoved({ program: program.file, from: 'system', to, source: system, target, env });
      expect(await countItems()).toBe(0);
    });
  },
);
