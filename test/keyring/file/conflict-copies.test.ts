import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileInspector } from '../../../src/keyring/file/inspect.ts';
import { statePaths } from '../../../src/keyring/file/state.ts';
import { errorOf } from '../../support/error-of.ts';
import { createTestContext, openTestKeyring } from '../../support/file-keyring.ts';
import { createTeam, openAs, readerContext, readersAs } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { seedKeyring } from './seed.ts';

const copies = {
  Syncthing: 'atmos_one.sync-conflict-20261130-101112-ABCDEFG',
  Dropbox: "atmos_one (Ann's conflicted copy 2026-11-30)",
  Nextcloud: 'atmos_one (conflicted copy 2026-11-30 101112)',
  OneDrive: 'atmos_one-DESKTOP-ANN',
  'Google Drive': 'atmos_one (1)',
};
/** Their names could also be those of other entries: only the content tells. */
const plainNames = ['OneDrive', 'Google Drive'];

const secretCopies = {
  Syncthing: 'secret.sync-conflict-20261130-101112-ABCDEFG.age',
  Dropbox: "secret (Ann's conflicted copy 2026-11-30).age",
  Nextcloud: 'secret (conflicted copy 2026-11-30 101112).age',
  OneDrive: 'secret-DESKTOP-ANN.age',
  'Google Drive': 'secret (1).age',
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

  test.each(Object.entries(copies))(
    'of %s in .state is reported by doctor, as is that of an entry if its name tells',
    async (kind, name) => {
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
      if (!plainNames.includes(kind)) expect(text).toContain(join(directory, name));
      expect(text).toContain(inState);
    },
  );

  test.each(Object.entries(secretCopies))(
    'of %s of the wrapped secret changes nothing, and is reported by doctor',
    async (_, name) => {
      const team = createTeam(temporaryDirectory());
      const { directory } = team;
      const [ann, ben] = [await team.machine('ann'), await team.machine('ben')];
      await openAs(directory, ann, { recipients: [ann.recipient] }).set('atmos_one', 'the first');
      const { root, secret } = statePaths(directory);
      copyFileSync(secret, join(root, name));
      await readersAs(directory, ann).add(ben.recipient);
      await readersAs(directory, ben).acceptAny();
      await readersAs(directory, ann).remove(ben.recipient);
      expect(await openAs(directory, ann).keys()).toEqual(['atmos_one']);
      expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
      const findings = await fileInspector.examine(readerContext(directory, ann));
      const found = findings.filter(({ id }) => id === 'conflict-copies');
      expect(found.map(({ message }) => message)).toEqual([
        expect.stringContaining(join(root, name)),
      ]);
    },
  );

  test('of the wrapped secret can be put back if the older one came out on top', async () => {
    const team = createTeam(temporaryDirectory());
    const { directory } = team;
    const [ann, ben] = [await team.machine('ann'), await team.machine('ben')];
    const recipients = [ann.recipient, ben.recipient];
    await openAs(directory, ann, { recipients }).set('atmos_one', 'the first');
    const { root, secret } = statePaths(directory);
    const older = readFileSync(secret);
    await readersAs(directory, ann).remove(ben.recipient);
    const copy = join(root, secretCopies.Syncthing);
    renameSync(secret, copy);
    writeFileSync(secret, older, { mode: 0o600 });
    for (const use of [
      () => openAs(directory, ann).get('atmos_one'),
      () => openAs(directory, ann).set('atmos_two', 'x'),
    ]) {
      const error = await errorOf(use());
      expect(error.code).toBe('ERR_KEYRING_DAMAGED');
      expect(error.message).toContain(`an older state of the keyring ${directory} was put back`);
    }
    renameSync(copy, secret);
    expect(await openAs(directory, ann).get('atmos_one')).toBe('the first');
  });
});
