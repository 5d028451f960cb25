import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Keyring } from '../../src/keyring/contract.ts';
import { seedKeyring } from '../keyring/file/seed.ts';
import { openTestKeyring as openSystemKeyring } from '../keyring/system/linux/open-keyring.ts';
import { contentsOf, mixedEntries } from '../store/mixed-entries.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { openTestKeyring as openFileKeyring } from '../support/file-keyring.ts';
import { peer } from '../support/peers.ts';
import { connectBus } from '../support/secret-service/bus-connection.mjs';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import type { SecretService } from '../support/secret-service/types.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startWriter } from './processes.ts';

const isThere = peer('gnome-keyring') !== undefined;
const entries = mixedEntries(500);
const kills = 20;
const killsInDeleting = 4;
// Over a minute in all where nothing else runs: the daemon writes its whole file at every change.
const timeout = 300_000;

let program: Program;

beforeAll(async () => {
  program = await compileProgram('test/fault/migrate-program.ts');
});

afterAll(() => program.remove());

interface Migration {
  readonly from: string;
  readonly to: string;
  readonly source: Keyring;
  readonly target: Keyring;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it, and kills it within some calls after the given one. */
async function startAndKill({ from, to, env }: Migration, at: number, then: string[]) {
  const migrator = startWriter(program.file, [from, to, `${at}`, ...then], env);
  await migrator.line('reached');
  await migrator.kill();
  expect((await migrator.ended).signal).toBe('SIGKILL');
}

async function finish({ from, to, env }: Migration, then: string[]): Promise<string> {
  const migrator = startWriter(program.file, [from, to, '0', ...then], env);
  expect(await migrator.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
  return migrator.line('ended');
}

/** Copies, killed in one entry after another. Looking at one that is there already takes two calls. */
async function copyKilled(migration: Migration, times: number, then: string[]) {
  let copied = 0;
  for (let kill = 0; kill < times; kill++) {
    // Each time at another one of the four calls that an entry takes.
    await startAndKill(migration, 2 * copied + 4 * 4 + (kill % 4), then);
    const { length } = await migration.target.keys();
    expect(length).toBeGreaterThan(copied);
    copied = length;
  }
  expect(await migration.source.keys()).toHaveLength(500);
}

/** Deletes, killed again and again, where all is copied. */
async function deleteKilled(migration: Migration, times: number) {
  let left = 500;
  for (let kill = 0; kill < times; kill++) {
    await startAndKill(migration, 2 * left + 3 * 100 + (kill % 3), ['delete']);
    const { length } = await migration.source.keys();
    expect(length).toBeLessThan(left);
    left = length;
  }
  expect(await migration.target.keys()).toHaveLength(500);
}

async function expectMoved(migration: Migration) {
  await copyKilled(migration, kills - killsInDeleting, ['delete']);
  expect(await finish(migration, [])).toBe('ended copied false, present false');
  await deleteKilled(migration, killsInDeleting);
  expect(await finish(migration, ['delete'])).toBe('ended present true');
  expect(await migration.source.keys()).toEqual([]);
  expect(await contentsOf(migration.target)).toEqual(entries);
}

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

    /** How many items there are, whatever their keys. */
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

    test('file to system', async () => {
      const from = await seedKeyring(entries);
      const source = openFileKeyring({ directory: from });
      await expectMoved({ from, to: 'system', source, target: system, env: service.env });
      expect(await countItems()).toBe(500);
    });

    test('system to file', async () => {
      const to = join(temporaryDirectory(), 'keyring');
      const target = openFileKeyring({ directory: to });
      await expectMoved({ from: 'system', to, source: system, target, env: service.env });
      expect(await countItems()).toBe(0);
    });
  },
);

test(
  `500 mixed entries come from another file keyring, killed ${kills} times`,
  { timeout },
  async () => {
    const from = await seedKeyring(entries);
    const to = join(temporaryDirectory(), 'keyring');
    const migration = {
      from,
      to,
      source: openFileKeyring({ directory: from }),
      target: openFileKeyring({ directory: to }),
    };
    await copyKilled(migration, kills, []);
    expect(await finish(migration, [])).toBe('ended copied false, present false');
    expect(await contentsOf(migration.target)).toEqual(entries);
    expect(await contentsOf(migration.source)).toEqual(entries);
  },
);
