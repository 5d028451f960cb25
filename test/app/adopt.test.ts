import { describe, expect, test } from 'vitest';
import { adoptedCopy, adoptedNames, findAdoptable, isSameContent } from '../../src/app/adopt.ts';
import { configFromObject } from '../../src/auth/load-config.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { openMemoryKeyring } from '../../src/keyring/memory.ts';
import { deleteCopied, noteLost, runCopies } from '../../src/store/copy.ts';
import { createInventory } from '../../src/store/inventory.ts';
import { contentsOf } from '../store/mixed-entries.ts';
import { fakeHost, testStart } from '../support/fake-host.ts';

const older = '0123456789abcdef';
const realm = 'r';
const entries: Record<string, string> = {
  [`atmos_${older}_dev`]: keyOf({ realm: older, alias: 'dev', item: 'key' }),
  [`atmos_${older}_ops`]: keyOf({}),
};
const targets: Record<string, string> = { dev: `atmos_r_dev`, ops: 'atmos_r_ops' };

function keyOf(said: object): string {
  const data = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'Canary' };
  return JSON.stringify({ type: 'aws', data, ...said });
}

const config = await configFromObject(
  { auth: { identities: { dev: { kind: 'aws/user' }, ops: { kind: 'aws/user' } } } },
  fakeHost(),
);
const run = {
  isInterrupted: () => Promise.resolve(false),
  onEntry: () => {},
  overwrite: false,
  isDryRun: false,
};

class Killed extends Error {}

/** The same keyring in a process that is killed at the n-th call. */
function killedAt(n: number, keyring: Keyring): Keyring {
  let calls = 0;
  const call = <T>(act: () => T): T => {
    calls++;
    if (calls >= n) throw new Killed();
    return act();
  };
  return {
    ...keyring,
    get: async (key) => call(() => keyring.get(key)),
    set: async (key, value) => call(() => keyring.set(key, value)),
    delete: async (key) => call(() => keyring.delete(key)),
    keys: async () => call(() => keyring.keys()),
  };
}

/** What the command does with `--delete-source`. */
async function move(keyring: Keyring): Promise<void> {
  const inventory = createInventory(realm, config);
  const context = { keyring, inventory, realm, config, host: { now: () => testStart } };
  const found = await findAdoptable(context, adoptedNames(config, []), undefined);
  const copies = found.map((entry) => adoptedCopy(entry, context));
  const { entries: outcomes } = await runCopies(copies, run);
  await noteLost(outcomes, keyring);
  await deleteCopied(copies, outcomes, run);
}

describe('a process that is killed', () => {
  // Each call of a complete run is tested.
  test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'loses nothing at call %i, and the next run completes',
    async (n) => {
      const memory = openMemoryKeyring();
      for (const [key, value] of Object.entries(entries)) await memory.set(key, value);
      await move(killedAt(n, memory)).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      const left = await contentsOf(memory);
      for (const [key, value] of Object.entries(entries)) {
        const copy = left[targets[key.slice(-3)] ?? ''];
        expect(left[key] === value || isSameContent(copy ?? '', value)).toBe(true);
      }
      await move(memory);
      expect(await contentsOf(memory)).toEqual({
        atmos_r_dev: keyOf({ realm, alias: 'dev', item: 'key' }),
        atmos_r_ops: keyOf({}),
      });
    },
  );
});

test('keeps the source if the copy is changed before the source is deleted', async () => {
  const memory = openMemoryKeyring();
  for (const [key, value] of Object.entries(entries)) await memory.set(key, value);
  const inventory = createInventory(realm, config);
  const context = { keyring: memory, inventory, realm, config, host: { now: () => testStart } };
  const found = await findAdoptable(context, ['dev'], older);
  const copies = found.map((entry) => adoptedCopy(entry, context));
  const { entries: outcomes } = await runCopies(copies, run);
  await memory.set('atmos_r_dev', keyOf({}).replace('AKIA', 'ASIA'));
  await deleteCopied(copies, outcomes, run);
  expect(outcomes).toMatchObject([
    {
      key: 'atmos_r_dev',
      sourceDeleted: false,
      error: {
        code: 'ERR_STORE_CONFLICT',
        message: `atmos_${older}_dev was changed while it was copied, so it stays in the memory keyring`,
      },
    },
  ]);
  expect(await memory.get(`atmos_${older}_dev`)).toBe(entries[`atmos_${older}_dev`]);
});
