import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import { peer } from '../../../support/peers.ts';
import { providers } from '../../../support/secret-service/providers.ts';
import type { SecretService } from '../../../support/secret-service/types.ts';
import { openTestKeyring } from './open-keyring.ts';
import { runCommand } from './run-program.ts';

const python = peer('python-keyring');
const go = peer('go-keyring');
const secretTool = peer('secret-tool');
const script = fileURLToPath(new URL('../../../interop/python/main.py', import.meta.url));
const key = 'atmos_realm_alias';
const words = ['username', 'atmos-auth', 'service', key];

/** Another program on the same keyring. */
interface Other {
  name: string;
  installed: boolean;
  set: readonly string[];
  get: readonly string[];
  delete: readonly string[];
}

const ofPython = (door: string): Other => ({
  name: `Python's ${door}`,
  installed: python !== undefined,
  set: [python?.path ?? '', script, door, 'set', key],
  get: [python?.path ?? '', script, door, 'get', key],
  delete: [python?.path ?? '', script, door, 'delete', key],
});

const others: Other[] = [
  {
    name: 'go-keyring',
    installed: go !== undefined,
    set: [go?.path ?? '', 'set', key],
    get: [go?.path ?? '', 'get', key],
    delete: [go?.path ?? '', 'delete', key],
  },
  {
    name: 'secret-tool',
    installed: secretTool !== undefined,
    set: [secretTool?.path ?? '', 'store', '--label', 'of secret-tool', ...words],
    get: [secretTool?.path ?? '', 'lookup', ...words],
    delete: [secretTool?.path ?? '', 'clear', ...words],
  },
  ofPython('secretstorage'),
  ofPython('keyring'),
];

for (const provider of providers) {
  describe.skipIf(!provider.installed)(`on ${provider.name}`, () => {
    let service: SecretService;
    let keyring: Keyring;
    beforeAll(async () => {
      service = await provider.open();
      keyring = openTestKeyring({ env: service.env });
    });
    afterAll(async () => {
      await keyring.close();
      await service.close();
    });
    beforeEach(() => keyring.delete(key));

    // One in a hundred sessions of other programs fails on KWallet; createKeyPair avoids that.
    const maxTries = provider.name === 'kwallet' ? 4 : 1;

    /** Runs the other program and returns its standard output. */
    async function run([command = '', ...args]: readonly string[], input?: string) {
      for (let tries = 1; ; tries++) {
        const { exitCode, stdout, stderr } = await runCommand(command, args, service.env, input);
        if (exitCode !== 0 && tries < maxTries) continue;
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
        return stdout;
      }
    }

    async function countItems(): Promise<number> {
      if (!python) return 1;
      const items = JSON.parse(
        await run([python.path, script, 'secretstorage', 'list']),
      ) as unknown[];
      return items.length;
    }

    // KeePassXC 2.7 never completes an overwrite of another program's item.
    const canOverwrite = provider.name !== 'keepassxc';

    for (const other of others) {
      describe.skipIf(!other.installed)(`we and ${other.name}`, () => {
        test('read an entry of the other program', async () => {
          await keyring.set(key, 'ours, naïve 🔑');
          expect((await run(other.get)).replace(/\n$/, '')).toBe('ours, naïve 🔑');
          await keyring.delete(key);
          await run(other.set, 'theirs, naïve 🔑');
          expect(await keyring.get(key)).toBe('theirs, naïve 🔑');
          expect(await keyring.keys()).toEqual([key]);
        });

        test('overwrite an entry of the other program, and leave one item', async () => {
          await run(other.set, 'theirs');
          await keyring.set(key, 'ours');
          expect(await countItems()).toBe(1);
          expect((await run(other.get)).replace(/\n$/, '')).toBe('ours');
          if (!canOverwrite) return;
          await run(other.set, 'theirs again');
          expect(await keyring.get(key)).toBe('theirs again');
          await keyring.set(key, 'ours again');
          expect(await countItems()).toBe(1);
          expect(await keyring.get(key)).toBe('ours again');
        });

        test('delete an entry of the other program', async () => {
          await run(other.set, 'theirs');
          expect(await keyring.delete(key)).toBe(true);
          expect(await keyring.get(key)).toBe(null);
          await keyring.set(key, 'ours');
          await run(other.delete);
          expect(await keyring.get(key)).toBe(null);
          expect(await keyring.keys()).toEqual([]);
        });
      });
    }
  });
}
