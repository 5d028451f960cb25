import { configOf, entryValue, keyringPath, startWithKey, writeEntry } from '../fixtures.mjs';
import { accessKey, newPassword } from '../secrets.mjs';

const rekeyCommand = 'auth keyring rekey';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const rekey = {
  rekey: {
    title: 'Change the password of the file keyring',
    async run(scene) {
      const { atmos, write, writeSecret } = scene;
      const changed = { ATMOS_KEYRING_PASSWORD: newPassword };
      write('atmos.yaml', configOf(scene));
      await atmos(`${rekeyCommand} --stdin`, { input: newPassword });
      await startWithKey(scene);
      await atmos(`${rekeyCommand} --dry-run`);
      await atmos(`${rekeyCommand} --dry-run -o json`);
      await atmos(rekeyCommand);
      await atmos(`${rekeyCommand} --stdin`, { input: 'short' });
      await atmos(`${rekeyCommand} --stdin`, { input: `${newPassword}\n` });
      await atmos(`${rekeyCommand} --stdin`, { input: newPassword });
      await atmos('auth keyring list --long');
      await atmos('auth keyring list --long', { env: changed });
      writeSecret('../new-password', `${scene.machine.env['ATMOS_KEYRING_PASSWORD']}\n`, 0o600);
      await atmos(`${rekeyCommand} --new-password-file ../new-password -o json`, { env: changed });
      await atmos(`${rekeyCommand} --new-password-file missing`);
      await atmos(`${rekeyCommand} --new-password-file missing --stdin`, { input: 'x' });
      await atmos(`${rekeyCommand} --upgrade --stdin`, { input: newPassword });
      await atmos(`${rekeyCommand} --upgrade`);
    },
  },
  'rekey-upgrade': {
    title: 'Encrypt the entries of other tools more strongly',
    async run(scene) {
      const { atmos, write, chmod, writeSecret, remove } = scene;
      write('atmos.yaml', configOf(scene));
      await writeEntry(scene, keyringPath, 'atmos_golden_emergency-user', entryValue(accessKey));
      await writeEntry(scene, keyringPath, 'other-program', 'a value');
      chmod(keyringPath, 0o700);
      await atmos('auth keyring status');
      await atmos(`${rekeyCommand} --upgrade --dry-run`);
      writeSecret(`${keyringPath}/atmos_golden_damaged`, 'not an entry', 0o600);
      await atmos(`${rekeyCommand} --upgrade`);
      await atmos(`${rekeyCommand} --upgrade -o json`);
      remove(`${keyringPath}/atmos_golden_damaged`);
      await atmos(`${rekeyCommand} --upgrade`);
      await atmos(`${rekeyCommand} --upgrade -o json`);
      await atmos(`${rekeyCommand} --all`);
      await atmos(`${rekeyCommand} --upgrade --all`);
      await atmos('auth keyring status');
    },
  },
};
