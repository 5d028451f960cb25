import { describe, expect, test } from 'vitest';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { createTeam, openAs } from '../support/team.ts';
import { keyringContract } from './index.ts';

// The failures are those of the file keyring: test/contract/file.test.ts. Those of readers are in
// test/keyring/file/readers.test.ts.
describe.concurrent('a file keyring with readers keeps the contract', () => {
  const cases = keyringContract({
    async fresh() {
      const { path, remove } = createTemporaryDirectory();
      const team = createTeam(path);
      const [one, other] = [await team.machine('one'), await team.machine('other')];
      const recipients = [one.recipient, other.recipient];
      return {
        open: async () => openAs(team.directory, one, { recipients }),
        remove: async () => remove(),
      };
    },
  });

  for (const { name, run } of cases) test(name, () => expect(run()).resolves.toBeUndefined());
});
