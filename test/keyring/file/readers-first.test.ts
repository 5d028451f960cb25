import { describe, expect, test } from 'vitest';
import { createTeam, openAs } from '../../support/team.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

describe('the first writes of a keyring with readers', () => {
  test('all keep the secret of the handle that was first', async () => {
    for (let keyrings = 0; keyrings < 10; keyrings++) {
      const team = createTeam(temporaryDirectory());
      const machine = await team.machine('one');
      const open = () => openAs(team.directory, machine, { recipients: [machine.recipient] });
      const handles = [open(), open(), open()];
      const names = Array.from({ length: 24 }, (_, number) => `key ${number}`);
      await Promise.all(
        names.map(async (name, number) => handles[number % handles.length]?.set(name, name)),
      );
      const values = await Promise.all(names.map((name) => open().get(name)));
      expect(values).toEqual(names);
    }
  });
});
