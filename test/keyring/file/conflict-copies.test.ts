import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileInspector } from '../../../src/keyring/file/inspect.ts';
import { statePaths } from '../../../src/keyring/file/state.ts';
import { errorOf } from '../../support/error-of.ts';
import { createTestContext, openTestKeyring } from '../../support/file-keyring.ts';
import { createTeam, openAs, readersAs } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { seedKeyring } from './seed.ts';

const copies = {
  Syncthing: 'atmos_one.sync-conflict-20261130-101112-ABCDEFG',
  Dropbox: "atmos_one (Ann's conflicted copy 2026-11-30)",
  Nextcloud: 'atmos_one (conflicted copy 2026-11-30 101112)',
  OneDrive: 'atmos_one-DESKTOP-ANN',
};

async function withCopy(name: string): Promise<string> {
  const directory = await seedKeyring({ atmos_one: 'the first', atmos_two: 'the second' });
  copyFileSync(join(directory, 'atmos_one'), join(directory, name));
  return directory;
}

describe('a conflict copy', () => {
  test.each(Object.entries(copies))('of %s is listed, and only it is refused', async (_, name) => {
    const directory = await withCopy(name);
    const keyring = openTestKeyring({ directory });
    expect(await keyring.keys()).toEqual(['atmos_one', name, 'atmos_two'].toSorted());
    expect(await keyring.get('atmos_one')).toBe('the first');
    await keyring.set('atmos_two', 'a new value');
    const error = await errorOf(keyring.get(name));
    expect(error.code).toBe('ERR_KEYRING_FOREIGN');
    expect(error.message).toContain('contains the entry "atmos_one"');
  });

  test.each(Object.entries(copies).filter(([kind]) => kind !== 'OneDrive'))(
    'of %s is reported by doctor, with one in .state',
    async (_, name) => {
      const directory = await withCopy(name);
      const paths = statePaths(directory);
      const inState = join(paths.root, name.replace('atmos_one', 'verifier'));
      copyFileSync(paths.verifier, inState);
      const findings = await fileInspector.examine(createTestContext({ directory }));
      expect(findings.find(({ id }) => id === 'conflict-copies')).toMatchObject({
        state: 'warning',
        message: expect.stringContaining(
          'a synchronizer has kept both versions of files that two machines changed',
        ) as string,
      });
      const text = findings.map(({ message }) => message).join('\n');
      expect(text).toContain(join(directory, name));
      expect(text).toContain(inState);
    },
  );

  test('of the wrapped secret changes nothing', async () => {
    const team = createTeam(temporaryDirectory());
    const { directory } = team;
    const [ann, ben] = [await team.machine('ann'), await team.machine('ben')];
    await openAs(directory, ann, { recipients: [ann.recipient] }).set('atmos_one', 'the first');
    const { root, secret } = statePaths(directory);
    copyFileSync(secret, join(root, 'secret.sync-conflict-20261130-101112-ABCDEFG.age'));
    await readersAs(directory, ann).add(ben.recipient);
    await readersAs(directory, ben).acceptAny();
    await readersAs(directory, ann).remove(ben.recipient);
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
  });
});
