import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { sealArchive } from '../../src/app/archive-file.ts';
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

test('entries that do not open are left out of an archive, named, and reported by the exit code', async () => {
  const machine = await openConfiguredMachine();
  const copy = 'atmos_script_emergency-user.sync-conflict-20261130-080000-ABCDEFG';
  const write = (name: string, text: string) =>
    writeFileSync(join(machine.keyring, name), text, { mode: 0o600 });
  write('atmos_script_junk', 'junk');
  write(copy, readFileSync(join(machine.keyring, 'atmos_script_emergency-user'), 'latin1'));
  const file = join(machine.home, 'keyring.age');
  const env = { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: passphrase };
  const { exitCode, stdout, stderr } = await machine.atmos(`auth keyring export ${file} -o json`, {
    env,
  });
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    entries: ['atmos_script_emergency-user'],
    failed: [
      { key: copy, code: 'ERR_KEYRING_FOREIGN' },
      { key: 'atmos_script_junk', code: 'ERR_KEYRING_DAMAGED' },
    ],
  });
  expect(stderr).toContain('error: the archive is not complete: 2 entries are missing\n');
  expect(stderr).toContain('atmos_script_junk is damaged');
  const imported = await machine.atmos(`auth keyring import --from archive --path ${file}`, {
    env,
  });
  expect(imported).toMatchObject({ exitCode: 0 });
  expect(imported.stderr).toContain('1 already there');
});

test('an archive with content that does not belong to its names is refused as a whole', async () => {
  const machine = await openConfiguredMachine();
  const identity = await generateX25519Identity();
  writeFileSync(join(machine.home, 'identity.txt'), identity, { mode: 0o600 });
  const ofKey = (alias: string) =>
    JSON.stringify({
      type: 'aws',
      data: { access_key_id: accessKey.accessKeyId, secret_access_key: 'a secret' },
      realm: 'script',
      alias,
      item: 'key',
    });
  const entries = new Map([
    ['atmos_script_fine', ofKey('fine')],
    ['atmos_script_list', '[1]'],
    ['atmos_script_null', 'null'],
    ['atmos_script_other', ofKey('another')],
    ['atmos_script_type', '{"type":"oidc"}'],
    ['tool/entry', '[1]'],
  ]);
  const createdAt = new Date('2026-11-30T08:00:00.000Z');
  const archive = { createdAt, keyring: { type: 'file', location: '/x' }, entries } as const;
  const recipients = [await identityToRecipient(identity)];
  const file = join(machine.home, 'keyring.age');
  writeFileSync(file, await sealArchive(archive, { recipients }));
  const before = await entriesOf(machine);
  const command = `auth keyring import --from archive --path ${file} --identity-file ${machine.home}/identity.txt`;
  const refused = await machine.atmos(command);
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(refused.stderr).toContain(
    [
      `error: nothing was imported from the archive ${file}: the entry "atmos_script_list" cannot be used: it is not a JSON object`,
      'the entry "atmos_script_null" cannot be used: it is not a JSON object',
      'the entry "atmos_script_other" contains the key of identity another of realm script',
      'the entry "atmos_script_type" cannot be used: its type or data is missing\nhint: import only an archive that keyring export has written\n',
    ].join('; '),
  );
  expect(await entriesOf(machine)).toEqual(before);
  const fine = new Map([...entries].filter(([key]) => /fine|tool/.test(key)));
  writeFileSync(file, await sealArchive({ ...archive, entries: fine }, { recipients }));
  expect(await machine.atmos(command)).toMatchObject({ exitCode: 0 });
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
