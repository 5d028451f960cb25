import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atTerminal } from './at-terminal.ts';
import { secretsIn } from './canary.ts';
import { accessKey, openConfiguredMachine, password, type Machine } from './machine.ts';

const passphrase = 'open sesame, for Ada only';
const secrets = { 'access key': accessKey.secretAccessKey, password, passphrase };

/** What `keyring list --long` shows of each entry. */
async function entriesOf(machine: Machine, env: Record<string, string> = {}): Promise<unknown> {
  const { exitCode, stdout } = await machine.atmos('auth keyring list --long -o json', { env });
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

test('a keyring is exported, and imported in another directory with a session that is used', async () => {
  const machine = await openConfiguredMachine();
  await machine.atmos('auth login');
  const before = await entriesOf(machine);
  expect(before).toHaveLength(2);
  const file = join(machine.home, 'keyring.age');
  const env = { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: passphrase };
  const exported = await machine.atmos(`auth keyring export ${file}`, { env });
  expect(exported).toMatchObject({ exitCode: 0, stdout: '' });
  const elsewhere = { ATMOS_KEYRING_FILE_PATH: join(machine.home, 'other/') };
  const imported = await machine.atmos(`auth keyring import --from archive --path ${file}`, {
    env: { ...env, ...elsewhere },
  });
  expect(imported).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await entriesOf(machine, elsewhere)).toEqual(before);
  rmSync(machine.keyring, { recursive: true });
  const whoami = await machine.atmos('auth whoami', { env: elsewhere });
  expect(whoami).toMatchObject({ exitCode: 0 });
  const shown = [exported, imported].map(({ stderr }) => stderr).join('');
  expect(secretsIn(`${shown}${readFileSync(file, 'utf8')}`, secrets)).toEqual([]);
});

test('an archive is not written to standard output, or to a file of the name -', async () => {
  const machine = await openConfiguredMachine();
  expect(await machine.atmos('auth keyring export -')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'error: keyring export writes a file, not to standard output\nhint: atmos auth keyring export <file>\n',
  });
});

test('in a terminal the passphrase is prompted for twice, and once for the import', async () => {
  const machine = await openConfiguredMachine();
  const file = join(machine.home, 'keyring.age');
  const exporting = atTerminal(machine, `auth keyring export ${file}`);
  await exporting.waitFor('Choose a passphrase for the archive');
  exporting.type(`${passphrase}\r`);
  await exporting.waitFor('Repeat the passphrase');
  exporting.type(`${passphrase}\r`);
  await exporting.waitFor('exported 1 entry of the file keyring');
  expect(await exporting.ended).toMatchObject({ exitCode: 0 });
  const importing = atTerminal(machine, `auth keyring import --from archive --path ${file}`);
  await importing.waitFor('Passphrase of the archive');
  importing.type(`${passphrase}\r`);
  await importing.waitFor('1 already there: from archive');
  expect(await importing.ended).toMatchObject({ exitCode: 0 });
  expect(secretsIn(`${exporting.shown()}${importing.shown()}`, secrets)).toEqual([]);
});
