import assert from 'node:assert/strict';
import { hostileKeys } from '../../../contract/hostile.ts';
import { runProgram } from '../../../platform/installed.ts';
import type { PlatformSuite } from '../../../platform/suite.ts';
import { withKeyring } from './place.ts';

// Compares our use of Credential Manager with the library of Atmos: test/interop/go-keyring.
const notFound = 3;
const key = 'atmos_realm_alias';
const value = '{"type":"aws","data":{"naïve":"日本 🔑"}}\r\n';

async function tryGo(command: 'set' | 'get' | 'delete', name: string, input = '') {
  const path = process.env['ATMOS_TEST_GO_KEYRING'];
  if (path === undefined) throw new Error('ATMOS_TEST_GO_KEYRING does not say where the peer is');
  return runProgram(path, [command, name], { input });
}

async function go(command: 'set' | 'get' | 'delete', name: string, input?: string) {
  const { exitCode, stdout, stderr } = await tryGo(command, name, input);
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

const readRaw = async (target: string) =>
  (await import('./raw-credential.ts')).readRawCredential(target);

export const suite: PlatformSuite = {
  name: 'Credential Manager shared with go-keyring, the library of Atmos',
  platforms: ['win32'],
  needs: 'ATMOS_TEST_GO_KEYRING',
  cases: [
    withKeyring('what Go stored we read, overwrite and delete', async (keyring) => {
      await go('set', key, value);
      assert.equal(await keyring.get(key), value);
      assert.deepEqual(await keyring.keys(), [key]);
      await keyring.set(key, 'ours');
      assert.equal(await go('get', key), 'ours');
      assert.equal(await keyring.delete(key), true);
      assert.equal((await tryGo('get', key)).exitCode, notFound);
    }),

    withKeyring('what we stored Go reads, overwrites and deletes', async (keyring) => {
      await keyring.set(key, value);
      assert.equal(await go('get', key), value);
      await go('set', key, 'of Go');
      assert.equal(await keyring.get(key), 'of Go');
      await go('delete', key);
      assert.equal(await keyring.get(key), null);
      assert.deepEqual(await keyring.keys(), []);
    }),

    withKeyring('both lay it out alike, field by field', async (keyring) => {
      await keyring.set(key, value);
      const ours = await readRaw(`${key}:atmos-auth`);
      await go('delete', key);
      await go('set', key, value);
      assert.deepEqual(ours, await readRaw(`${key}:atmos-auth`));
    }),

    withKeyring('of hostile keys both speak of the same', async (keyring) => {
      // An entry name is an argument of a program, which Windows parses.
      for (const name of hostileKeys.filter((one) => !one.startsWith('-'))) {
        await keyring.set(name, `of ${name}`);
        assert.equal(await go('get', name), `of ${name}`);
        await keyring.delete(name);
      }
    }),

    withKeyring(
      'what Go stores over parts is whole, and parts over what Go stored',
      async (keyring) => {
        const large = 'x'.repeat(10_000);
        await keyring.set(key, large);
        await go('set', key, 'of Go');
        assert.equal(await keyring.get(key), 'of Go');
        await keyring.set(key, large);
        assert.equal(await keyring.get(key), large);
        // Go rejects a value that is too large, and does not read a value that we stored in parts.
        assert.match((await tryGo('set', key, large)).stderr, /too big/);
        assert.match(await go('get', key), /^atmos-auth-parts:\{/);
      },
    ),
  ],
};
