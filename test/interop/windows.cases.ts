import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostileKeys } from '../contract/hostile.ts';
import type { ContractCase } from '../contract/index.ts';
import { isWine, runProgram, type Finished } from '../platform/installed.ts';
import type { PlatformSuite } from '../platform/suite.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { openTestKeyring, testPassword } from '../support/file-keyring.ts';
import { setAccess } from '../support/windows-access.ts';

// Compares our file keyring on Windows with the library that Atmos uses: test/interop/go.
const notFound = 3;
const key = 'atmos_realm_alias';
const value = '{"type":"aws","data":{"naïve":"日本 🔑"}}\r\n';

type Go = (args: readonly string[], input?: string) => Promise<Finished>;

interface Both {
  readonly ours: ReturnType<typeof openTestKeyring>;
  readonly directory: string;
  /** Runs the Go program and returns its standard output. */
  go(args: readonly string[], input?: string): Promise<string>;
  readonly tryGo: Go;
}

/** A case with both programs on one directory, which we created. */
function withBoth(name: string, run: (both: Both) => Promise<void>): ContractCase {
  return {
    name,
    async run() {
      const { path, remove } = createTemporaryDirectory();
      const directory = join(path, 'keyring');
      const ours = openTestKeyring({ directory });
      const tryGo: Go = (args, input) => {
        const env = { ...process.env, INTEROP_DIR: directory, INTEROP_PASSWORD: testPassword };
        return runProgram(goProgram(), args, input === undefined ? { env } : { env, input });
      };
      try {
        await ours.set('ours', 'was first');
        await run({
          ours,
          directory,
          tryGo,
          async go(args, input) {
            const { exitCode, stdout, stderr } = await tryGo(args, input);
            assert.equal(exitCode, 0, stderr);
            await inherit(directory);
            return stdout;
          },
        });
      } finally {
        await ours.close();
        remove();
      }
    },
  };
}

function goProgram(): string {
  const path = process.env['ATMOS_TEST_GO'];
  if (path === undefined) throw new Error('ATMOS_TEST_GO does not say where the peer is');
  return path;
}

/** In Wine files inherit no permissions, so that other users could access Go's files. */
async function inherit(directory: string): Promise<void> {
  if (!isWine) return;
  const entries = readdirSync(directory, { withFileTypes: true }).filter((one) => one.isFile());
  for (const entry of entries) await setAccess(join(directory, entry.name), '');
}

export const suite: PlatformSuite = {
  name: 'the file keyring shared with 99designs/keyring, the library of Atmos',
  platforms: ['win32'],
  needs: 'ATMOS_TEST_GO',
  cases: [
    withBoth('what Go stored we read, overwrite and delete', async ({ ours, go, tryGo }) => {
      await go(['set', key], value);
      assert.equal(await ours.get(key), value);
      assert.deepEqual(await ours.keys(), [key, 'ours']);
      await ours.set(key, 'ours');
      assert.equal(await go(['get', key]), 'ours');
      assert.equal(await ours.delete(key), true);
      assert.equal((await tryGo(['get', key])).exitCode, notFound);
    }),

    withBoth('what we stored Go reads, overwrites and deletes', async ({ ours, go }) => {
      await ours.set(key, value);
      assert.equal(await go(['get', key]), value);
      await go(['set', key], 'of Go');
      assert.equal(await ours.get(key), 'of Go');
      await go(['delete', key]);
      assert.equal(await ours.get(key), null);
    }),

    withBoth('both call the file of a name of Atmos alike', async ({ directory, ours, go }) => {
      const names = ['atmos_realm_alias', 'atmos_a/b_c%d', 'atmos_ünïcode_日本'];
      for (const name of names) {
        await ours.set(name, 'ours');
        const before = readdirSync(directory);
        await go(['set', name], 'of Go');
        assert.deepEqual(readdirSync(directory), before, name);
        assert.equal(await ours.get(name), 'of Go');
      }
    }),

    withBoth('Go lists every hostile key of ours by its name', async ({ ours, go }) => {
      // Names that differ only in case are one file.
      const keys = [...new Map(hostileKeys.map((one) => [one.toLowerCase(), one])).values()];
      for (const name of keys) await ours.set(name, 'ours');
      const listed = (JSON.parse(await go(['list'])) as string[]).filter(
        (name) => name !== '.state' && name !== 'ours',
      );
      assert.deepEqual(listed.sort(), keys.sort());
    }),
  ],
};
