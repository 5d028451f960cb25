import assert from 'node:assert/strict';
import { realHost } from '../../../../src/host/real.ts';
import { parsePartName } from '../../../../src/keyring/chunks.ts';
import { systemInspector } from '../../../../src/keyring/system/inspect.ts';
import { CredentialError } from '../../../../src/keyring/system/windows/credential-manager.ts';
import { assertKeyringError, rejection } from '../../../contract/place.ts';
import { isWine, runInstalled } from '../../../platform/installed.ts';
import type { PlatformSuite } from '../../../platform/suite.ts';
import { runSuiteProgram } from '../../../platform/suite-program.ts';
import { openTestKeyring } from './open-keyring.ts';
import { realManager, storedCredentials, withKeyring } from './place.ts';

const key = 'atmos_realm_alias';
const target = `${key}:atmos-auth`;
const userName = 'atmos-auth';
const writers = ['a', 'b', 'c', 'd'];
const [oldValue, newValue] = [numbered('old', 6000), numbered('new', 9000)];

/** Each part of it is different. */
function numbered(word: string, length: number): string {
  const lines = Array.from({ length }, (_, index) => `${word} ${index}\n`);
  return lines.join('').slice(0, length);
}

const readRaw = async (name: string) =>
  (await import('./raw-credential.ts')).readRawCredential(name);

async function partsOf(): Promise<string[]> {
  const names = (await storedCredentials()).map(({ targetName }) =>
    targetName.slice(0, -':atmos-auth'.length),
  );
  return names.filter((name) => parsePartName(name) !== undefined);
}

export const suite: PlatformSuite = {
  name: 'the items in Credential Manager',
  platforms: ['win32'],
  cases: [
    withKeyring("ours are laid out as go-keyring's, byte for byte", async (keyring) => {
      const value = '{"type":"aws","data":{"naïve":"日本 🔑"}}';
      await keyring.set(key, value);
      assert.deepEqual(await readRaw(target), {
        Flags: 0,
        Type: 1,
        TargetName: target,
        Comment: '',
        CredentialBlobSize: Buffer.byteLength(value),
        blob: Buffer.from(value),
        Persist: 2,
        AttributeCount: 0,
        TargetAlias: '',
        UserName: userName,
      });
    }),

    withKeyring("one of go-keyring's layout is read, overwritten and deleted", async (keyring) => {
      const manager = await realManager();
      manager.write({ targetName: target, userName, blob: Buffer.from('of Go') });
      assert.equal(await keyring.get(key), 'of Go');
      assert.deepEqual(await keyring.keys(), [key]);
      await keyring.set(key, 'ours');
      assert.deepEqual((await readRaw(target)).blob, Buffer.from('ours'));
      assert.equal((await storedCredentials()).length, 1);
      assert.equal(await keyring.delete(key), true);
      assert.equal(manager.read(target), undefined);
    }),

    ...(
      [
        [2560, 0],
        [2561, 2],
        [64 * 1024, 26],
      ] as const
    ).map(([bytes, parts]) =>
      withKeyring(`a value of ${bytes} bytes takes ${parts} parts`, async (keyring) => {
        const value = numbered('x', bytes);
        await keyring.set(key, value);
        assert.equal((await partsOf()).length, parts);
        assert.ok((await openTestKeyring().get(key)) === value);
        assert.deepEqual(await keyring.keys(), [key]);
        await keyring.set(key, 'small');
        assert.deepEqual(await partsOf(), []);
      }),
    ),

    withKeyring(
      'a write killed between any two steps leaves the old or the new value, and orphans for the doctor',
      async (keyring) => {
        for (let step = 0; ; step++) {
          await keyring.set(key, oldValue);
          const { exitCode, stderr } = await runSuiteProgram('write', [String(step)]);
          assert.equal(stderr, '');
          if (exitCode === 0) {
            assert.equal(step, 9, 'four parts, a look at them, the header, three old parts');
            break;
          }
          const value = await keyring.get(key);
          assert.ok(value === oldValue || value === newValue, `step ${step}: neither is there`);
          assert.deepEqual(await keyring.keys(), [key]);
          await examineLater();
          assert.equal((await partsOf()).length, value === oldValue ? 3 : 4, `step ${step}`);
          assert.ok((await keyring.get(key)) === value);
        }
      },
    ),

    withKeyring('the doctor of the installed program removes orphans', async () => {
      const manager = await realManager();
      const orphan = '.atmos-auth-part/019000000000-0123456789abcdef/0/key:atmos-auth';
      manager.write({ targetName: orphan, userName, blob: Buffer.from('left') });
      const env = { ...process.env, ATMOS_KEYRING_TYPE: 'system' };
      const { stdout, stderr } = await runInstalled(['auth', 'keyring', 'doctor', '-o', 'json'], {
        env,
      });
      const { checks } = JSON.parse(stdout) as { checks: { id: string; message: string }[] };
      assert.equal(
        checks.find(({ id }) => id === 'parts')?.message,
        'removed leftover parts of interrupted writes: 1',
        stderr,
      );
      assert.equal(manager.read(orphan), undefined);
    }),

    withKeyring('a blob that is not UTF-8 is damaged, and can be written anew', async (keyring) => {
      const manager = await realManager();
      manager.write({ targetName: target, userName, blob: Buffer.from('secret\xff', 'latin1') });
      await assertError(keyring.get(key), {
        code: 'ERR_KEYRING_DAMAGED',
        message: `the entry "${key}" in Credential Manager is damaged: its value is not UTF-8 text`,
        hints: [
          'to store an access key again: atmos auth user configure',
          'to store a session again: atmos auth login --force',
        ],
      });
      await keyring.set(key, 'whole');
      assert.equal(await keyring.get(key), 'whole');
    }),

    withKeyring(
      'a credential of another user under our name is foreign and stays',
      async (keyring) => {
        const manager = await realManager();
        const theirs = { targetName: target, userName: 'somebody', blob: Buffer.from('theirs') };
        manager.write(theirs);
        const foreign = {
          code: 'ERR_KEYRING_FOREIGN',
          message: `the entry "${key}" in Credential Manager was not written by atmos-auth: its user name is "somebody"`,
          hints: [
            'to find it; if no other program needs it, remove it with cmdkey /delete:TARGET: cmdkey /list',
          ],
        };
        await assertError(keyring.get(key), foreign);
        await assertError(keyring.set(key, 'ours'), foreign);
        await assertError(keyring.delete(key), foreign);
        assert.deepEqual(await keyring.keys(), []);
        assert.deepEqual(manager.read(target), theirs);
      },
    ),

    withKeyring('a name that Windows takes for ours is foreign and stays', async (keyring) => {
      await keyring.set('atmos_Realm_alias', 'theirs');
      await assertError(keyring.set('atmos_realm_alias', 'ours'), {
        code: 'ERR_KEYRING_FOREIGN',
        message:
          'the entry "atmos_realm_alias" in Credential Manager was not written by atmos-auth: it is stored as "atmos_Realm_alias:atmos-auth"',
        hints: [
          'to find it; if no other program needs it, remove it with cmdkey /delete:TARGET: cmdkey /list',
        ],
      });
      assert.equal(await keyring.get('atmos_Realm_alias'), 'theirs');
    }),

    withKeyring(
      'processes that write one key at once leave a whole value, and what else they leave the doctor removes',
      async (keyring) => {
        await keyring.set(key, oldValue);
        const started = [...writers.map((name) => ['hammer', name]), ['reader', '']].map(
          ([program = '', name = '']) => runSuiteProgram(program, [name]),
        );
        for (const { exitCode, stderr } of await Promise.all(started))
          assert.equal(exitCode, 0, stderr);
        assert.ok(isWhole(await keyring.get(key)));
        assert.deepEqual(await keyring.keys(), [key]);
        await examineLater();
        assert.equal((await partsOf()).length, 3);
      },
    ),

    withKeyring('credentials of other programs are none of ours', async (keyring) => {
      const manager = await realManager();
      const others = ['git:https://example.com', 'atmos', ':other', 'key:atmos-auth2'];
      for (const targetName of others)
        manager.write({ targetName, userName: 'somebody', blob: Buffer.from('x') });
      await keyring.set(key, 'value');
      assert.deepEqual(await keyring.keys(), [key]);
      for (const targetName of others) assert.equal(manager.remove(targetName), true, targetName);
    }),
  ],
  programs: {
    async hammer([name = '']) {
      const keyring = await openShared();
      for (let write = 0; write < 10; write++) await keyring.set(key, numbered(name, 6000));
    },
    async reader() {
      const keyring = await openShared();
      for (let read = 0; read < 50; read++)
        assert.ok(isWhole(await keyring.get(key)), 'read what nobody wrote');
    },
    /** Writes the new value, and exits like a killed process at the given step. */
    async write([killAt]) {
      let step = 0;
      const keyring = openTestKeyring({
        onStep() {
          if (step++ === Number(killAt)) process.kill(process.pid, 'SIGKILL');
        },
      });
      await keyring.set(key, newValue);
    },
  },
};

async function assertError(
  promise: Promise<unknown>,
  expected: { code: string; message: string; hints: readonly string[] },
): Promise<void> {
  const error = await rejection(promise);
  assertKeyringError(error, expected.message);
  const { code, message, hints } = error as Error & typeof expected;
  assert.deepEqual({ code, message, hints }, expected);
}

/** Runs the inspection of the doctor, one hour later. */
async function examineLater(): Promise<void> {
  const findings = await systemInspector.examine({
    type: { value: 'system', source: 'default' },
    settings: undefined,
    host: { ...realHost(), now: () => new Date(Date.now() + 3_600_000) },
  });
  assert.deepEqual(
    findings.map(({ id, state }) => [id, state]),
    [['parts', 'ok']],
  );
}

/**
 * Opens the keyring that several processes share. Wine stores a credential as a registry key, and
 * reports one that is being removed with an error of its own.
 */
async function openShared() {
  const manager = await realManager();
  const keyDeleted = 1018;
  const unlessDeleted = <T, U>(run: () => T, deleted: U): T | U => {
    try {
      return run();
    } catch (error) {
      if (isWine && error instanceof CredentialError && error.status === keyDeleted) return deleted;
      throw error;
    }
  };
  return openTestKeyring({
    manager: {
      ...manager,
      read: (name) => unlessDeleted(() => manager.read(name), undefined),
      remove: (name) => unlessDeleted(() => manager.remove(name), false),
    },
  });
}

function isWhole(value: string | null): boolean {
  return value === oldValue || writers.some((name) => value === numbered(name, 6000));
}
