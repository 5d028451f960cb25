// migrate and import.
import { configOf, entryValue, keyringPath, writeEntry } from '../fixtures.mjs';
import {
  accessKey,
  archivePassphrase,
  otherPassword,
  password,
  readers,
  secondKey,
} from '../secrets.mjs';

/** @import { Scene } from '../record.mjs' */

const vaultValue = JSON.stringify({
  AccessKeyID: accessKey.accessKeyId,
  SecretAccessKey: accessKey.secretAccessKey,
  SessionToken: '',
});

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const keyringCopies = {
  migrate: {
    title: 'migrate, as far as it goes without a system keyring',
    async run(scene) {
      const { atmos, write, chmod } = scene;
      write('atmos.yaml', configOf(scene));
      await writeEntry(scene, keyringPath, 'atmos_golden_emergency-user', entryValue(accessKey));
      chmod(keyringPath, 0o700);
      for (const options of [
        '',
        '--to file',
        '--to memory',
        '--to system',
        '--to system --dry-run',
        '--to system -o json',
        '--to system --delete-source --force',
        '--to file --from system',
        '--to file --from memory',
        '--to file --from memory -o json',
        '--to keychain',
        '--to vault',
        '--to file --from vault',
      ]) {
        await atmos(`auth keyring migrate ${options}`.trim());
      }
    },
  },
  adopt: {
    title: 'adopt: what another realm has of the configured identities',
    async run(scene) {
      const { atmos, write, chmod } = scene;
      write('atmos.yaml', configOf(scene));
      const [older, oldest] = ['0123456789abcdef', 'fedcba9876543210'];
      for (const [name, value] of [
        [`atmos_${older}_emergency-user`, entryValue(accessKey)],
        [`atmos_${older}_not-configured`, entryValue(secondKey)],
        ['atmos/plat/ue2/dev/app/DB_PASSWORD', '"a secret of a store"'],
      ]) {
        await writeEntry(scene, keyringPath, name ?? '', value ?? '');
      }
      chmod(keyringPath, 0o700);
      await atmos('auth login');
      await atmos('auth keyring adopt --dry-run');
      await atmos('auth keyring adopt nobody');
      await atmos('auth keyring adopt --from-realm golden');
      await atmos('auth keyring adopt -o json');
      await atmos('auth keyring adopt emergency-user --delete-source');
      await atmos('auth keyring adopt');
      await writeEntry(scene, keyringPath, `atmos_${older}_emergency-user`, entryValue(secondKey));
      await atmos('auth keyring adopt');
      await writeEntry(scene, keyringPath, `atmos_${oldest}_emergency-user`, entryValue(secondKey));
      await atmos('auth keyring adopt');
      await atmos('auth keyring list --all');
      await atmos('auth keyring list --all --long -o json');
    },
  },
  'import-atmos-file': {
    title: 'Import from another directory of Atmos',
    async run(scene) {
      const { atmos, write, chmod } = scene;
      write('atmos.yaml', configOf(scene));
      const source = '../old-keyring';
      for (const [name, value] of [
        ['atmos_golden_emergency-user', entryValue(accessKey)],
        ['atmos_golden_second', entryValue(secondKey)],
        ['other-program', 'a value'],
      ]) {
        await writeEntry(scene, source, name ?? '', value ?? '', otherPassword);
      }
      chmod(source, 0o700);
      const env = { ATMOS_KEYRING_IMPORT_PASSWORD: otherPassword };
      const command = `auth keyring import --from atmos-file --path ${source}`;
      await atmos(command);
      await atmos(command, { env: { ATMOS_KEYRING_IMPORT_PASSWORD: password } });
      await atmos(`${command} --dry-run`, { env });
      await atmos(command, { env });
      await atmos(`${command} -o json`, { env });
      await writeEntry(scene, source, 'atmos_golden_second', entryValue(accessKey), otherPassword);
      await atmos(command, { env });
      await atmos(`${command} --force -o json`, { env });
      await atmos('auth keyring list --long');
      await atmos('auth keyring prune');
      await atmos('auth keyring import');
      await atmos('auth keyring import --from atmos-file --path missing', { env });
    },
  },
  archive: {
    title: 'Export to an archive, and import it into another keyring',
    async run(scene) {
      const { atmos, write, writeSecret } = scene;
      write('atmos.yaml', configOf(scene));
      const command = 'auth keyring export ../keyring.age';
      const env = { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: archivePassphrase };
      await atmos(command, { env });
      for (const [name, value] of [
        ['atmos_golden_emergency-user', entryValue(accessKey)],
        ['atmos_golden_second', entryValue(secondKey)],
        ['other-program', 'a value'],
      ]) {
        await writeEntry(scene, keyringPath, name ?? '', value ?? '');
      }
      await atmos('auth keyring export');
      await atmos(command);
      await atmos(command, { env: { ATMOS_KEYRING_ARCHIVE_PASSPHRASE: 'short' } });
      await atmos('auth keyring export missing/keyring.age', { env });
      await atmos(command, { env });
      await atmos(command, { env });
      const { ann, ben } = readers;
      const forReaders = 'auth keyring export ../readers.age -o json --all --recipient';
      await atmos(`${forReaders} ssh-ed25519`);
      await atmos(`${forReaders} ${ann.recipient},${ben.recipient}`);
      await atmos(`auth keyring export ../own.age -o json --recipient ${ann.recipient}`);
      const elsewhere = { ATMOS_KEYRING_FILE_PATH: '../new-keyring/' };
      const source = 'auth keyring import --from archive';
      await atmos(source, { env: elsewhere });
      await atmos(`${source} --path missing`, { env: elsewhere });
      const fromPassphrase = `${source} --path ../keyring.age`;
      await atmos(fromPassphrase, { env: elsewhere });
      await atmos(fromPassphrase, {
        env: { ...elsewhere, ATMOS_KEYRING_ARCHIVE_PASSPHRASE: otherPassword },
      });
      await atmos(`${fromPassphrase} --dry-run`, { env: { ...elsewhere, ...env } });
      await atmos(fromPassphrase, { env: { ...elsewhere, ...env } });
      const fromReaders = `${source} --path ../readers.age`;
      await atmos(fromReaders, { env: elsewhere });
      writeSecret('../identity.txt', `${ann.identity}\n`, 0o600);
      await atmos(`${fromReaders} --identity-file ../identity.txt -o json`, { env: elsewhere });
      await atmos('auth keyring list --all', { env: elsewhere });
      write('damaged.age', '-----BEGIN AGE ENCRYPTED FILE-----\n');
      await atmos(`${source} --path damaged.age --identity-file ../identity.txt`);
      await atmos(`${source} --path atmos.yaml`);
    },
  },
  'import-aws-vault': {
    title: 'Import from the file keyring of aws-vault',
    async run(scene) {
      const { atmos, write, chmod } = scene;
      write('atmos.yaml', configOf(scene));
      const command = 'auth keyring import --from aws-vault';
      await atmos(`${command} --yes`);
      const source = '../.awsvault/keys';
      await writeEntry(scene, source, 'work', vaultValue, otherPassword);
      await writeEntry(scene, source, 'broken', '{}', otherPassword);
      chmod(source, 0o700);
      const env = { AWS_VAULT_FILE_PASSPHRASE: otherPassword };
      await atmos(`${command} --map work=emergency-user`);
      await atmos(command, { env });
      await atmos(`${command} --map work=emergency-user --dry-run`, { env });
      await atmos(`${command} --map work=missing`, { env });
      await atmos(`${command} --map wrk=emergency-user`, { env });
      await atmos(`${command} --map work`, { env });
      await atmos(`${command} --map broken=emergency-user`, { env });
      await atmos(`${command} --map work=emergency-user`, { env });
      await atmos(`${command} --map work=emergency-user -o json`, { env });
      await atmos('auth login');
    },
  },
  'import-aws-credentials': {
    title: 'Import from the credentials file of AWS',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene));
      const command = 'auth keyring import --from aws-credentials';
      await atmos(`${command} --yes`);
      writeAwsFile(scene, '../.aws/credentials');
      await atmos(command);
      await atmos(`${command} --yes --dry-run`);
      await atmos(`${command} --yes --dry-run -o json`);
      await atmos(`${command} --map default=emergency-user`);
      await atmos(`${command} --map default=emergency-user,work=emergency-user`);
      writeAwsFile(scene, '../other-credentials');
      await atmos(`${command} --path ../other-credentials --map work=emergency-user`);
      await atmos(
        `${command} --path ../other-credentials --map work=emergency-user --force -o json`,
      );
      await atmos(`${command} --path missing --yes`);
    },
  },
};

/**
 * @param {Scene} scene
 * @param {string} path
 */
function writeAwsFile({ writeSecret }, path) {
  writeSecret(
    path,
    `[default]
aws_access_key_id = ${accessKey.accessKeyId}
aws_secret_access_key = ${accessKey.secretAccessKey}

[work]
aws_access_key_id = ${secondKey.accessKeyId}
aws_secret_access_key = ${secondKey.secretAccessKey}

[session]
aws_access_key_id = ASIAGOLDENSESSION99A
aws_secret_access_key = ${secondKey.secretAccessKey}
aws_session_token = a-token
`,
    0o600,
  );
}
