import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/auth/load-config.ts';
import { checkOwnership } from '../../src/config/ownership.ts';
import { readRecord, storeFault, trustDirectory } from '../../src/config/trust-store.ts';
import { writeRecord } from '../../src/config/trust-records.ts';
import type { ContractCase } from '../contract/index.ts';
import { Skipped, type PlatformSuite } from '../platform/suite.ts';
import { programFlag } from '../platform/suite-program.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { fakeHost } from '../support/fake-host.ts';
import { canGiveAway, giveAway, openAlone, setAccess } from '../support/windows-access.ts';

const changeableByAll = '(A;OICI;0x1301bf;;;WD)';
const addableByAll = '(A;OICI;0x1200af;;;WD)';

interface Project {
  readonly directory: string;
  readonly file: string;
  load(env?: Record<string, string>, configFile?: string): Promise<readonly string[]>;
}

export const suite: PlatformSuite = {
  name: 'the files that decide are those that nobody else can write',
  platforms: ['win32'],
  programs: { hold },
  cases: [
    inProject('a file that is found is used, though all may read it', async ({ load, file }) => {
      await setAccess(file, '(A;;FR;;;WD)');
      assert.deepEqual(await load(), [file]);
    }),
    inProject('one that all may write is not, but for those who say so', async ({ load, file }) => {
      await setAccess(file, '(A;;FA;;;WD)');
      await assert.rejects(load(), ({ code, message, hints }: Failed) => {
        assert.equal(code, 'ERR_CONFIG_UNTRUSTED');
        assert.equal(message, `${file} can be written by other users, so it is not used`);
        assert.deepEqual(hints, [
          `icacls '${file}' /inheritance:d /grant:r '*S-1-1-0:RX'`,
          `add --config '${file}'`,
          'export ATMOS_AUTH_TRUST=1',
        ]);
        return true;
      });
      assert.deepEqual(await load({ ATMOS_AUTH_TRUST: '1' }), [file]);
      assert.deepEqual(await load({}, file), [file]);
    }),
    inProject(
      'one in a directory where all may change anything is not',
      async ({ load, directory, file }) => {
        await setAccess(directory, changeableByAll);
        await setAccess(file, '');
        await assert.rejects(load(), {
          code: 'ERR_CONFIG_UNTRUSTED',
          message: `${file} is in a directory that other users can write, so it is not used`,
        });
      },
    ),
    inProject('one that was removed meanwhile is not', async ({ file }) => {
      const stats = lstatSync(file);
      rmSync(file);
      const host = { env: {}, userId: undefined };
      assert.throws(
        () => checkOwnership(file, stats, host),
        ({ code, message, hints }: Failed) => {
          assert.equal(code, 'ERR_CONFIG_UNTRUSTED');
          assert.equal(message, `${file} was removed while it was checked, so it is not used`);
          assert.equal(hints.length, 3);
          return true;
        },
      );
    }),
    inProject("one in somebody else's directory is not, nor somebody else's", async (project) => {
      const { load, directory, file } = project;
      if (!canGiveAway) throw new Skipped('only root under Wine can give a file away');
      const refusal = {
        code: 'ERR_CONFIG_UNTRUSTED',
        message: `${file} or its directory belongs to another user, so it is not used`,
      };
      giveAway(directory);
      await assert.rejects(load(), refusal);
      giveAway(file);
      await assert.rejects(load(), refusal);
    }),
    inProject(
      'trust that is kept counts until others can write it',
      async ({ directory, file }) => {
        const env = { LOCALAPPDATA: join(directory, 'local') };
        const host = fakeHost({ env, userId: undefined, platform: 'win32' });
        const config = { directory, projectFiles: [{ path: file, text: '' }], profiles: [] };
        writeRecord(config, [], host);
        assert.equal(storeFault(host), undefined);
        const [name = ''] = readdirSync(trustDirectory(host));
        assert.ok(readRecord(name, host).record);
        const { ended } = await heldForAMoment(join(trustDirectory(host), name));
        const { fault } = readRecord(name, host);
        await ended;
        assert.equal(fault, undefined);
        await setAccess(join(trustDirectory(host), name), '(A;;FA;;;WD)');
        assert.match(readRecord(name, host).fault ?? '', /can be written by other users$/);
        await setAccess(trustDirectory(host), addableByAll);
        assert.match(storeFault(host) ?? '', /can be written by other users$/);
      },
    ),
  ],
};

/** Opens a file exclusively, reports that, and closes it soon. */
async function hold([path = '']: readonly string[]): Promise<void> {
  const close = await openAlone(path);
  writeSync(1, 'held\n');
  await sleep(200);
  close();
}

/** Resolves when the file is open; `ended` settles when it is closed. */
async function heldForAMoment(path: string): Promise<{ ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', programFlag, 'hold', path]);
  const ended = once(child, 'close');
  const [told] = await once(child.stdout, 'data');
  assert.equal(String(told), 'held\n');
  return { ended };
}

type Failed = Error & { code: string; hints: readonly string[] };

function inProject(name: string, run: (project: Project) => Promise<void>): ContractCase {
  return {
    name,
    async run() {
      const { path, remove } = createTemporaryDirectory();
      const directory = join(path, 'project');
      const file = join(directory, 'atmos.yaml');
      mkdirSync(directory);
      writeFileSync(file, '');
      try {
        await run({
          directory,
          file,
          async load(env = {}, configFile) {
            const host = fakeHost({
              env,
              userId: undefined,
              platform: 'win32',
              workingDirectory: () => directory,
            });
            const configFiles = configFile && [{ value: configFile, source: '--config' }];
            return (await loadConfig(configFiles ? { configFiles } : {}, host)).files;
          },
        });
      } finally {
        remove();
      }
    },
  };
}
