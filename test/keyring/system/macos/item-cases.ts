import assert from 'node:assert/strict';
import type { Keyring } from '../../../../src/keyring/contract.ts';
import type { ContractCase } from '../../../contract/index.ts';

/** A machine with `security`: a Mac or the fake program. */
export interface SecurityPlace {
  open(): Keyring;
  /** Runs `/usr/bin/security`. */
  security(
    args: readonly string[],
    input?: string,
  ): Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
  remove(): Promise<void>;
}

const key = 'atmos_realm_alias';
const value = '{"type":"aws","data":{"naïve":"日本 🔑\\n"}}';
const find = ['find-generic-password', '-s', key, '-wa', 'atmos-auth'];

/** The promises about items, checked with `security` as go-keyring runs it. */
export function itemCases(fresh: () => Promise<SecurityPlace>): ContractCase[] {
  function itemCase(name: string, run: (place: SecurityPlace) => Promise<void>): ContractCase {
    return {
      name,
      async run() {
        const place = await fresh();
        try {
          await run(place);
        } finally {
          await place.remove();
        }
      },
    };
  }

  return [
    itemCase('ours are read as go-keyring reads them', async ({ open, security }) => {
      await open().set(key, value);
      assert.deepEqual(await security(find), {
        exitCode: 0,
        stdout: `go-keyring-base64:${Buffer.from(value).toString('base64')}\n`,
        stderr: '',
      });
    }),

    itemCase("go-keyring's are read, overwritten and deleted", async ({ open, security }) => {
      const secret = `go-keyring-base64:${Buffer.from(value).toString('base64')}`;
      const add = `add-generic-password -U -s ${key} -a atmos-auth -w ${secret}\n`;
      assert.equal((await security(['-i'], add)).exitCode, 0);
      const keyring = open();
      assert.equal(await keyring.get(key), value);
      assert.deepEqual(await keyring.keys(), [key]);
      await keyring.set(key, 'ours');
      assert.equal((await security(find)).stdout, 'go-keyring-base64:b3Vycw==\n');
      assert.equal(await keyring.delete(key), true);
      assert.equal((await security(find)).exitCode, 44);
    }),

    itemCase('of plain text are read as text, with signs of any kind', async (place) => {
      for (const text of ['p4ss "word"', 'back\\slash', 'naïve 日本', 'cafe00', '0x41']) {
        const args = ['add-generic-password', '-U', '-s', key, '-a', 'atmos-auth', '-w', text];
        assert.equal((await place.security(args)).exitCode, 0, text);
        assert.equal(await place.open().get(key), text);
      }
      assert.equal(await place.open().delete(key), true);
    }),

    itemCase('a command of 4,095 bytes is one, and tells its failure', async ({ security }) => {
      const command = (length: number) => {
        const start = `add-generic-password -s ${key} -a atmos-auth -w "`;
        return `${start}${'x'.repeat(length - start.length - 2)}"\n`;
      };
      assert.equal((await security(['-i'], command(4095))).exitCode, 0);
      const again = await security(['-i'], command(4095));
      assert.equal(again.exitCode, 45);
      assert.match(again.stderr, /^add-generic-password: returned -25299$/m);
      // `security` runs its newline as an empty command, which succeeds.
      assert.equal((await security(['-i'], command(4096))).exitCode, 0);
      assert.equal((await security(['delete-generic-password', ...find.slice(1, 3)])).exitCode, 0);
    }),

    itemCase('are listed by attributes alone, whatever their names', async ({ open, security }) => {
      const keyring = open();
      const names = ['"quoted"', 'back\\slash', 'naïve 日本', "it's", '-w'];
      for (const name of names) await keyring.set(name, value.repeat(100));
      assert.deepEqual(await keyring.keys(), names.toSorted());
      const { stdout } = await security(['dump-keychain']);
      assert.equal(stdout.includes(Buffer.from(value).toString('base64').slice(0, 40)), false);
      for (const name of names) assert.equal(await keyring.delete(name), true);
    }),
  ];
}
