// The encrypted directory: entries that are damaged, foreign, weak or readable by other users.
import { configOf, entryValue, keyringPath, startWithKey, writeEntry } from '../fixtures.mjs';
import { accessKey, otherPassword } from '../secrets.mjs';

const name = 'atmos_golden_emergency-user';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const keyringFile = {
  'keyring-file': {
    title: 'A file keyring from its first entry on',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene));
      await atmos('auth keyring status');
      await atmos('auth keyring status -o json');
      await atmos('auth keyring list');
      await atmos('auth keyring list -o json');
      await atmos('auth keyring prune');
      await atmos('auth keyring doctor');
      await startWithKey(scene);
      await atmos('auth keyring status');
      await atmos('auth keyring status -o json');
      await atmos('auth keyring list --long');
      await atmos('auth keyring doctor --online');
      await atmos('auth keyring doctor -o json');
      const without = { env: { ATMOS_KEYRING_PASSWORD: undefined } };
      await atmos('auth keyring status', without);
      await atmos('auth keyring list', without);
      await atmos('auth keyring list --long', without);
      await atmos('auth keyring doctor', without);
      await atmos('auth login', without);
      await atmos('auth keyring unlock', without);
      await atmos('auth keyring prune', without);
      const elsewhere = { env: { ATMOS_KEYRING_FILE_PATH: '../missing/keyring' } };
      await atmos('auth keyring status', elsewhere);
      await atmos('auth whoami', elsewhere);
    },
  },
  'keyring-wrong-password': {
    title: 'A password that is not that of the keyring',
    async run(scene) {
      const { atmos } = scene;
      await startWithKey(scene);
      const env = { ATMOS_KEYRING_PASSWORD: otherPassword };
      for (const command of [
        'auth login',
        'auth login --verbose',
        'auth whoami',
        'auth whoami --verbose',
        'auth exec -- true',
        'auth credential-process',
        'auth keyring list --long',
        'auth keyring doctor',
        'auth keyring prune',
        'auth keyring unlock',
        'auth keyring migrate --to file --from file',
        'auth logout --all-realms',
      ]) {
        await atmos(command, { env });
      }
      await atmos('auth keyring rekey --stdin', { env, input: 'a new password\n' });
    },
  },
  'keyring-damaged': {
    title: 'Entries that are damaged, renamed, foreign or open to other users',
    async run(scene) {
      const { atmos, write, writeSecret, chmod, copy } = scene;
      write('atmos.yaml', configOf(scene));
      await writeEntry(scene, keyringPath, name, entryValue(accessKey));
      chmod(keyringPath, 0o700);
      await atmos('auth keyring list --long');
      copy(`${keyringPath}/${name}`, `${keyringPath}/atmos_golden_renamed`);
      writeSecret(`${keyringPath}/atmos_golden_damaged`, 'not an entry', 0o600);
      writeSecret(`${keyringPath}/atmos_golden_empty`, '', 0o600);
      await writeEntry(scene, keyringPath, 'atmos_golden_foreign', '{}', otherPassword);
      await writeEntry(scene, keyringPath, 'atmos_golden_strange', 'no JSON');
      await writeEntry(scene, keyringPath, 'other-program', 'a value of another program');
      writeSecret(`${keyringPath}/.foreign`, '', 0o644);
      for (const command of [
        'auth keyring status',
        'auth keyring status -o json',
        'auth keyring list',
        'auth keyring list -o json',
        'auth keyring list --long',
        'auth keyring list --long -o json',
        'auth keyring doctor',
        'auth keyring doctor -o json',
        'auth keyring prune',
        'auth logout --all-realms --keychain --dry-run',
        'auth logout --all-realms --keychain --dry-run -o json',
        'auth keyring rekey --upgrade --dry-run',
        'auth keyring migrate --from file --to system --dry-run',
      ]) {
        await atmos(command);
      }
      writeSecret(`${keyringPath}/${name}`, 'not an entry', 0o600);
      await atmos('auth login');
      await atmos('auth whoami');
      await writeEntry(scene, keyringPath, name, '{"type":"unknown"}');
      await atmos('auth login');
      await writeEntry(scene, keyringPath, name, entryValue(accessKey), otherPassword);
      await atmos('auth login');
    },
  },
  'keyring-permissions': {
    title: 'A keyring that other users can read or replace',
    async run(scene) {
      const { atmos, write, chmod, link, remove, copy } = scene;
      write('atmos.yaml', configOf(scene));
      await writeEntry(scene, keyringPath, name, entryValue(accessKey));
      chmod(keyringPath, 0o755);
      chmod(`${keyringPath}/${name}`, 0o644);
      await atmos('auth keyring status');
      await atmos('auth keyring doctor');
      await atmos('auth login');
      chmod(keyringPath, 0o777);
      await atmos('auth login');
      chmod(keyringPath, 0o700);
      copy(`${keyringPath}/${name}`, '../entry');
      remove(`${keyringPath}/${name}`);
      link(`${keyringPath}/${name}`, '../../../entry');
      await atmos('auth login');
      remove(keyringPath);
      write(keyringPath, 'a file\n');
      await atmos('auth login');
      await atmos('auth keyring status');
    },
  },
};
