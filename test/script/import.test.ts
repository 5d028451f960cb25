import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seedEntries, writeEntry } from '../keyring/file/seed.ts';
import { sealEntry } from '../keyring/file/tokens.ts';
import { builtCli } from '../support/built.ts';
import { openPty } from '../support/pty.ts';
import { accessKey, openMachine, password, type Machine } from './machine.ts';

const vaultPassword = 'the password of aws-vault';
const vaultItem = JSON.stringify({
  AccessKeyID: accessKey.accessKeyId,
  SecretAccessKey: accessKey.secretAccessKey,
  SessionToken: '',
  Source: '',
  CanExpire: false,
  Expires: '0001-01-01T00:00:00Z',
});

/** At the end the access key opens a session. */
async function expectLogin(machine: Machine): Promise<void> {
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
}

function expectNoSecret(...texts: readonly string[]): void {
  for (const text of texts) {
    for (const secret of [accessKey.secretAccessKey, password, vaultPassword]) {
      expect(text).not.toContain(secret);
    }
  }
}

test('import from aws-vault in a terminal prompts for its password and then for the identity of the profile', async () => {
  const machine = await openMachine();
  const directory = join(machine.home, '.awsvault/keys');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeEntry(directory, 'work', await sealEntry({ key: 'work', value: vaultItem }, vaultPassword));
  const session = openPty(
    process.execPath,
    [builtCli(), 'auth', 'keyring', 'import', '--from', 'aws-vault'],
    { env: { ...machine.env, TERM: 'xterm' }, cwd: machine.project },
  );
  await session.waitFor('Password of the keyring');
  session.type(`${vaultPassword}\r`);
  await session.waitFor('Identity for the access key of profile work');
  await session.waitFor('emergency-user');
  session.type('\r');
  await session.waitFor('1 copied: from aws-vault');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  expectNoSecret(session.shown());
  await expectLogin(machine);
});

test('import from the AWS files works in a script', async () => {
  const machine = await openMachine();
  mkdirSync(join(machine.home, '.aws'));
  const file = join(machine.home, '.aws/credentials');
  writeFileSync(
    file,
    `[default]\naws_access_key_id = ${accessKey.accessKeyId}\naws_secret_access_key = ${accessKey.secretAccessKey}\n`,
  );
  const command = 'auth keyring import --from aws-credentials';
  const unasked = await machine.atmos(command);
  expect(unasked).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unasked.stderr).toContain(
    'hint: pass --yes to import each profile under its own name, or --map PROFILE=IDENTITY,…\n',
  );
  const { exitCode, stdout, stderr } = await machine.atmos(
    `${command} --map default=emergency-user`,
  );
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  const shown = file.replace(machine.home, '~');
  expect(stderr).toContain(`remove them:\n  ${shown}:2\n  ${shown}:3\n`);
  expectNoSecret(unasked.stderr, stderr);
  await expectLogin(machine);
});

test('import from another Atmos directory works with another password', async () => {
  const machine = await openMachine();
  const data = {
    access_key_id: accessKey.accessKeyId,
    secret_access_key: accessKey.secretAccessKey,
  };
  const value = JSON.stringify({ type: 'aws', data });
  const source = await seedEntries({ 'atmos_script_emergency-user': value }, vaultPassword);
  const command = `auth keyring import --from atmos-file --path ${source}`;
  expect(await machine.atmos(command)).toMatchObject({ exitCode: 3, stdout: '' });
  const result = await machine.atmos(command, {
    env: { ATMOS_KEYRING_IMPORT_PASSWORD: vaultPassword },
  });
  expect(result).toMatchObject({ exitCode: 0, stdout: '' });
  expectNoSecret(result.stderr);
  await expectLogin(machine);
});
