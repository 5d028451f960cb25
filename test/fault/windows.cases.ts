import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ContractCase } from '../contract/index.ts';
import { inDirectory } from '../platform/in-directory.ts';
import type { PlatformSuite } from '../platform/suite.ts';
import { programFlag } from '../platform/suite-program.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { startWriter, type Writer } from './processes.ts';
import { deleteSteps, firstSetSteps, numbered, setSteps } from './steps.ts';
import { numberOf, ownKey, sharedKey } from './values.ts';
import { pause, write } from './writing.ts';

const processes = 8;
const writes = 50;
/** One step of each kind, because each starts a process and derives two keys. */
const firstSteps = [1, 5, 11, 13];

export const suite: PlatformSuite = {
  name: 'the file keyring when processes write at once, and are killed',
  platforms: ['win32'],
  programs: {
    write: ([directory = '', name = '', count]) => write(directory, name, Number(count)),
    pause: ([directory = '', index, ...change]) => pause(directory, Number(index), change),
  },
  cases: [
    ...numbered(setSteps).map(({ step, index }) =>
      inPlace(
        `killed in a set after "${step}", the keyring has the old or the new value`,
        async (at) => {
          const keyring = openTestKeyring({ directory: at });
          await keyring.set('key', 'old');
          await killAt(['pause', at, `${index}`, 'set', 'key', 'new'], step);
          const expected = index < setSteps.indexOf('renamed') ? 'old' : 'new';
          assert.equal(await keyring.get('key'), expected);
          await goesOn(at);
        },
      ),
    ),
    ...numbered(deleteSteps).map(({ step, index }) =>
      inPlace(`a delete killed after "${step}" leaves the complete entry or none`, async (at) => {
        const keyring = openTestKeyring({ directory: at });
        await keyring.set('key', 'old');
        await killAt(['pause', at, `${index}`, 'delete', 'key'], step);
        const expected = index < deleteSteps.indexOf('deleted') ? 'old' : null;
        assert.equal(await keyring.get('key'), expected);
        await goesOn(at);
      }),
    ),
    ...numbered(firstSetSteps)
      .filter(({ index }) => firstSteps.includes(index))
      .map(({ step, index }) =>
        inPlace(
          `killed in the first set after "${step}" (${index}), the keyring can be made`,
          async (at) => {
            await killAt(['pause', at, `${index}`, 'set', 'key', 'new'], step);
            assert.equal(await openTestKeyring({ directory: at }).get('key'), null);
            await goesOn(at);
          },
        ),
      ),
    inPlace(
      `${processes} processes make ${writes} writes each: none lost, none torn`,
      async (at) => {
        const names = Array.from({ length: processes }, (_, number) => `writer-${number}`);
        const writers = names.map((name) => start(['write', at, name, `${writes}`]));
        for (const writer of writers) {
          assert.deepEqual(await writer.ended, { exitCode: 0, signal: null, stderr: '' });
          assert.equal(writer.lines.length, 1 + writes);
        }
        const keyring = openTestKeyring({ directory: at });
        assert.equal((await keyring.keys()).length, processes * writes + 1);
        for (const name of names) {
          for (let number = 0; number < writes; number++) {
            assert.equal(numberOf(await keyring.get(ownKey(name, number))), number);
          }
        }
        assert.equal(numberOf(await keyring.get(sharedKey)), writes - 1);
        assert.deepEqual(readdirSync(join(at, '.state', 'temporary')), []);
      },
    ),
  ],
};

function start(args: readonly string[]): Writer {
  return startWriter(process.argv[1] ?? '', [programFlag, ...args]);
}

async function killAt(args: readonly string[], step: string): Promise<void> {
  const victim = start(args);
  assert.equal(await victim.line('reached'), `reached ${step}`);
  await victim.kill();
}

/** The lock of the killed process is free and its leftover files are removed. */
async function goesOn(directory: string): Promise<void> {
  const keyring = openTestKeyring({ directory });
  await keyring.set('key', 'again');
  assert.equal(await keyring.get('key'), 'again');
  assert.deepEqual(readdirSync(join(directory, '.state', 'temporary')), []);
}

function inPlace(name: string, run: (directory: string) => Promise<void>): ContractCase {
  return inDirectory(name, (path) => run(join(path, 'keyring')));
}
