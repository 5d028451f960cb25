import assert from 'node:assert/strict';
import { parsePartName } from '../../../../src/keyring/system/parts.ts';
import { systemInspector } from '../../../../src/keyring/system/inspect.ts';
import { realHost } from '../../../../src/host/real.ts';
import { assertRejects } from '../../../contract/place.ts';
import { runInstalled } from '../../../platform/installed.ts';
import { runSuiteProgram } from '../../../platform/suite-program.ts';
import type { PlatformSuite } from '../../../platform/suite.ts';
import { openTestKeyring } from './open-keyring.ts';
import { realManager, storedCredentials, withKeyring } from './place.ts';

const key = 'atmos_realm_alias';
const target = `${key}:atmos-auth`;
const userName = 'atmos-auth';
const [oldValue, newValue] = [numbered('old', 6000), numbered('new', 9000)];

/** No two parts of it are alike. */
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
          const findings = await systemInspector.examine({
            settings: settingsOf(),
            host: { ...realHost(), now: () => new Date(Date.now() + 3_600_000) },
          });
          assert.deepEqual(
            findings.map(({ id, state }) => [id, state]),
            [['parts', 'ok']],
          );
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
        'parts that killed writes of large values had left were removed: 1',
        stderr,
      );
      assert.equal(manager.read(orphan), undefined);
    }),

    withKeyring('a blob that is not UTF-8 is damaged, and can be written anew', async (keyring) => {
      const manager = await realManager();
      manager.write({ targetName: target, userName, blob: Buffer.from('secret\xff', 'latin1') });
      await assertRejects(keyring.get(key), 'ERR_KEYRING_DAMAGED', 'not UTF-8');
      await keyring.set(key, 'whole');
      assert.equal(await keyring.get(key), 'whole');
    }),

    withKeyring(
      'a credential of another user under our name is foreign and stays',
      async (keyring) => {
        const manager = await realManager();
        const theirs = { targetName: target, userName: 'somebody', blob: Buffer.from('theirs') };
        manager.write(theirs);
        await assertRejects(keyring.get(key), 'ERR_KEYRING_FOREIGN', 'get');
        await assertRejects(keyring.set(key, 'ours'), 'ERR_KEYRING_FOREIGN', 'set');
        await assertRejects(keyring.delete(key), 'ERR_KEYRING_FOREIGN', 'delete');
        assert.deepEqual(await keyring.keys(), []);
        assert.deepEqual(manager.read(target), theirs);
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
    /** Writes the new value and ends like a killed process at the step that is given. */
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

function settingsOf() {
  const setting = (value: string) => ({ value, source: 'default' });
  return { type: setting('system'), directory: setting('C:\\x'), passwordEnv: setting('X') };
}
