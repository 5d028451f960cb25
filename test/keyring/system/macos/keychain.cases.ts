import assert from 'node:assert/strict';
import { realHost } from '../../../../src/host/real.ts';
import { parseItems } from '../../../../src/keyring/system/macos/items.ts';
import { openKeychainKeyring } from '../../../../src/keyring/system/macos/keyring.ts';
import { keyringContract } from '../../../contract/index.ts';
import { runProgram } from '../../../platform/installed.ts';
import type { PlatformSuite } from '../../../platform/suite.ts';
import { itemCases } from './item-cases.ts';

const security = (args: readonly string[], input = '') =>
  runProgram('/usr/bin/security', args, { input });

function open() {
  const type = { value: 'system', source: 'default' };
  return openKeychainKeyring({ type, settings: undefined, host: realHost() });
}

/** All items of Atmos of this user, as macOS prints them. */
async function storedItems(): Promise<string[]> {
  const { exitCode, stdout, stderr } = await security(['dump-keychain']);
  assert.equal(exitCode, 0, stderr);
  const printed = stdout.split(/^(?=keychain: )/m);
  return printed.filter((one) => parseItems(one)[0]?.account?.toString() === 'atmos-auth');
}

/** The keychains of this user. They contain no item of Atmos before and after each case. */
async function freshPlace() {
  assert.deepEqual(await storedItems(), [], 'to be run by a user who has no entries to lose');
  return {
    open,
    security,
    contents: storedItems,
    async remove() {
      for (const item of await storedItems()) {
        const name = parseItems(item)[0]?.service?.toString() ?? '';
        await security(['delete-generic-password', '-s', name, '-a', 'atmos-auth']);
      }
    },
  };
}

export const suite: PlatformSuite = {
  name: 'the system keyring on the keychain of macOS',
  platforms: ['darwin'],
  cases: [
    ...keyringContract({
      maxValueBytes: 64 * 1024,
      fresh: async () => ({ ...(await freshPlace()), open: async () => open() }),
    }),
    ...itemCases(freshPlace),
  ],
};
