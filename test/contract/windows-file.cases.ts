import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAgentClientKeyring, fileSubject } from '../../src/keyring/file/agent-client.ts';
import { createAgentControl } from '../../src/keyring/agent/control.ts';
import { fileStarter } from '../../src/keyring/file/agent-backend.ts';
import { openFileKeyring } from '../../src/keyring/file/backend.ts';
import { rekeyKeyring } from '../../src/keyring/file/rekey.ts';
import { inDirectory } from '../platform/in-directory.ts';
import { Skipped, type PlatformSuite } from '../platform/suite.ts';
import { contentsOf } from '../support/contents.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { createTestContext, openTestKeyring } from '../support/file-keyring.ts';
import { canGiveAway, giveAway, openAlone, setAccess } from '../support/windows-access.ts';
import { failure, fileFailures } from './file-failures.ts';
import { hostileKeys } from './hostile.ts';
import { keyringContract, type ContractCase, type KeyringFailure } from './index.ts';
import { assertKeyringError, assertRejects, rejection } from './place.ts';

/** Errors that need other means on Windows. */
const otherwise = ['ERR_KEYRING_PERMISSIONS', 'ERR_KEYRING_TIMEOUT'];

const readableByAll = '(A;;FR;;;WD)';
const writableByAll = '(A;OICI;0x1301bf;;;WD)';

const failures: readonly KeyringFailure[] = [
  ...fileFailures.filter(({ code }) => !otherwise.includes(code)),
  failure('ERR_KEYRING_PERMISSIONS', 'when an entry can be read by all', async (directory) => {
    const keyring = await filled(directory);
    await setAccess(join(directory, 'key'), readableByAll);
    return keyring.get('key');
  }),
  failure('ERR_KEYRING_PERMISSIONS', 'when the directory can be written by all', async (at) => {
    const keyring = await filled(at);
    await setAccess(at, writableByAll);
    return keyring.get('key');
  }),
  failure('ERR_KEYRING_PERMISSIONS', 'when one above it can be written by all', async (at) => {
    const keyring = await filled(at);
    await setAccess(join(at, '..'), writableByAll);
    return keyring.get('key');
  }),
  failure('ERR_KEYRING_PERMISSIONS', 'when .state can be written by all', async (directory) => {
    const keyring = await filled(directory);
    await setAccess(join(directory, '.state'), writableByAll);
    return keyring.set('key', 'new value');
  }),
  failure('ERR_KEYRING_IO', 'for a device as its directory', () =>
    openTestKeyring({ directory: '\\\\.\\C:\\keyring' }).keys(),
  ),
  failure('ERR_KEYRING_IO', 'for a stream of a file as its directory', (directory) =>
    openTestKeyring({ directory: `${directory}:stream` }).set('key', 'value'),
  ),
];

export const suite: PlatformSuite = {
  name: 'the file keyring keeps the contract',
  platforms: ['win32'],
  cases: [
    ...keyringContract({
      async fresh() {
        const { path, remove } = createTemporaryDirectory();
        const directory = join(path, 'keyring');
        return {
          open: async () => openTestKeyring({ directory }),
          contents: () => contentsOf(path),
          remove: async () => remove(),
        };
      },
      failures,
    }),
    inPlace('gives every hostile key a file of its own, listed and read back', async (at) => {
      const keyring = openTestKeyring({ directory: at });
      const keys = hostileKeys.filter((key) => key.toLowerCase() === key || key === 'C:\\drive');
      for (const key of keys) await keyring.set(key, `of ${key}`);
      const names = (await readdir(at)).filter((name) => name !== '.state');
      assert.equal(names.length, keys.length);
      assert.deepEqual(await keyring.keys(), keys.toSorted());
      for (const key of keys) assert.equal(await keyring.get(key), `of ${key}`, key);
    }),
    inPlace('is opened without an agent, and says what there is instead', async (at) => {
      const context = createTestContext({ directory: at });
      const open = createAgentClientKeyring(async () => openFileKeyring);
      const front = open(context);
      await front.set('key', 'value');
      assert.equal(await front.get('key'), 'value');
      assert.deepEqual(await front.probe(), { state: 'ready' });
      const control = createAgentControl(fileSubject, async () => fileStarter);
      assert.deepEqual(await control.look(context), { kind: 'impossible' });
      const terms = { ttlMs: 1000, idleMs: 1000 };
      await assert.rejects(control.unlock(context, terms), {
        code: 'ERR_KEYRING_UNAVAILABLE',
        message:
          'the unlock agent does not run on Windows: sockets there do not report the user of the other process',
        hints: ['export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>'],
      });
    }),
    inPlace('gets another password, and nothing is lost', async (at) => {
      const keyring = openTestKeyring({ directory: at });
      const keys = ['atmos_realm_alias', 'back\\slash', 'con', 'a:b.'];
      for (const key of keys) await keyring.set(key, `of ${key}`);
      const password = 'the password from now on';
      const newPassword = { file: { value: join(at, '..', 'password'), source: 'the test' } };
      await writeFile(newPassword.file.value, password);
      const result = await rekeyKeyring(createTestContext({ directory: at }), { newPassword });
      assert.deepEqual(result, {
        outcome: 'changed',
        entries: 4,
        rewritten: 4,
        left: [],
        unreadable: [],
        weakOthers: 0,
      });
      const after = openTestKeyring({ directory: at, password });
      for (const key of keys) assert.equal(await after.get(key), `of ${key}`);
      assert.deepEqual((await readdir(join(at, '.state'))).toSorted(), [
        'lock',
        'temporary',
        'verifier',
        'version',
      ]);
    }),
    inPlace("uses neither somebody else's entry nor their directory", async (at) => {
      const keyring = await filled(at);
      if (!canGiveAway) throw new Skipped('only root under Wine can give a file away');
      giveAway(join(at, 'key'));
      await assertRejects(keyring.get('key'), 'ERR_KEYRING_PERMISSIONS', 'an entry given away');
      giveAway(at);
      await assertRejects(keyring.keys(), 'ERR_KEYRING_PERMISSIONS', 'a directory given away');
    }),
    inPlace('reads no entry through a link, where there are links', async (at) => {
      const keyring = await filled(at);
      await rename(join(at, 'key'), join(at, '..', 'elsewhere'));
      if (!(await makeLink(join(at, '..', 'elsewhere'), join(at, 'key'))))
        throw new Skipped('no link can be made here');
      await assertRejects(keyring.get('key'), 'ERR_KEYRING_PERMISSIONS', 'a link');
    }),
    inPlace('names an icacls line that would mend it', async (at) => {
      const keyring = await filled(at);
      await setAccess(join(at, 'key'), readableByAll);
      await assert.rejects(keyring.get('key'), ({ message, hints: [hint] }: Failed) => {
        assert.equal(
          message,
          `the entry ${join(at, 'key')} is open to other users (Everyone (S-1-1-0))`,
        );
        assert.match(
          hint ?? '',
          /^icacls 'C:\\.*\\key' \/inheritance:r \/grant:r '\*S-1-5-21-.*:F' '\*S-1-5-18:F' '\*S-1-5-32-544:F' \/remove:g '\*S-1-1-0'$/,
        );
        return true;
      });
    }),
    inPlace(
      'writes entries that stay private in a directory that all may look into',
      async (at) => {
        await mkdir(at);
        await setAccess(at, '(A;OICI;FR;;;WD)');
        const keyring = openTestKeyring({ directory: at });
        await keyring.set('key', 'value');
        assert.equal(await openTestKeyring({ directory: at }).get('key'), 'value');
      },
    ),
    inPlace('changes an entry whole or not at all while somebody is reading it', async (at) => {
      const keyring = await filled(at);
      const reader = openSync(join(at, 'key'), 'r');
      try {
        const busy = await rejection(keyring.set('key', 'new value'));
        assert.equal(await keyring.get('key'), busy ? 'value' : 'new value');
        if (busy) assertKeyringError(busy, 'a file in use');
        assert.equal(await keyring.delete('key'), true);
        assert.equal(await keyring.get('key'), null);
        assert.deepEqual(await keyring.keys(), []);
      } finally {
        closeSync(reader);
      }
    }),
    inPlace('writes though nobody can remove what a killed writer left', async (at) => {
      const keyring = await filled(at);
      const left = join(at, '.state', 'temporary', 'left');
      await writeFile(left, '');
      const close = await openAlone(left);
      await keyring.set('key', 'new value').finally(close);
      assert.equal(await keyring.get('key'), 'new value');
      await keyring.set('key', 'newer value');
      assert.deepEqual(await readdir(join(at, '.state', 'temporary')), []);
    }),
    inPlace('takes a file that somebody else has locked against all for busy', async (at) => {
      const keyring = await filled(at);
      const close = await openAlone(join(at, 'key'));
      await assertRejects(keyring.delete('key'), 'ERR_KEYRING_BUSY', 'a file in use').finally(
        close,
      );
      assert.equal(await keyring.get('key'), 'value');
    }),
  ],
};

type Failed = Error & { hints: readonly string[] };

async function filled(directory: string) {
  const keyring = openTestKeyring({ directory });
  await keyring.set('key', 'value');
  return keyring;
}

function inPlace(name: string, run: (directory: string) => Promise<void>): ContractCase {
  return inDirectory(name, (path) => run(join(path, 'keyring')));
}

/** False under Wine, and if only administrators may create links. */
async function makeLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return (await readdir(join(path, '..'), { withFileTypes: true })).some((entry) =>
      entry.isSymbolicLink(),
    );
  } catch {
    return false;
  }
}
