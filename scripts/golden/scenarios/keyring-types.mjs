// The memory keyring, and the system and vault keyrings where no service or server runs.
import { configOf, keyOnStdin, keyVariables, memory } from '../fixtures.mjs';
import { accessKey } from '../secrets.mjs';

const commands = [
  'auth keyring status',
  'auth keyring status -o json',
  'auth keyring list',
  'auth keyring list -o json',
  'auth keyring list --long',
  'auth keyring unlock',
  'auth keyring unlock -o json',
  'auth keyring lock',
  'auth keyring lock -o json',
  'auth keyring doctor',
  'auth keyring doctor -o json',
  'auth keyring rekey --dry-run',
  'auth keyring prune',
  'auth keyring prune -o json',
  'auth keyring migrate --to file',
  'auth login',
  'auth whoami',
  'auth whoami -o json',
  'auth logout',
  'auth env',
];

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const keyringTypes = {
  'keyring-memory': {
    title: 'The memory keyring',
    async run(scene) {
      scene.write('atmos.yaml', configOf(scene, memory));
      for (const command of commands) await scene.atmos(command, { env: keyVariables });
    },
  },
  'keyring-system': {
    title: 'The system keyring where no service runs',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene, { keyring: 'type: system' }));
      for (const command of commands) await atmos(command);
      await atmos('auth user configure --stdin', { input: keyOnStdin(accessKey) });
      await atmos('auth keyring status', { env: { DBUS_SESSION_BUS_ADDRESS: undefined } });
      await atmos('auth keyring status', {
        env: { DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: undefined },
      });
      await atmos('auth keyring status', { env: { DBUS_SESSION_BUS_ADDRESS: 'nonsense' } });
      write('atmos.yaml', configOf(scene, { keyring: 'type: system\nfallback: [file]' }));
      await atmos('auth keyring status');
      await atmos('auth keyring status -o json');
      await atmos('auth keyring list');
      await atmos('auth login');
    },
  },
  'keyring-vault': {
    title: 'The vault keyring where no server runs, and with invalid settings',
    async run(scene) {
      const { atmos, write } = scene;
      /** @param {string} lines */
      const configure = (lines) => write('atmos.yaml', configOf(scene, { keyring: lines }));
      // No program can listen there without privileges.
      const address = 'http://127.0.0.1:1';
      const env = { VAULT_ADDR: address };
      configure('type: vault');
      for (const command of [
        'auth keyring status',
        'auth keyring status -o json',
        'auth keyring list',
        'auth keyring doctor',
        'auth keyring migrate --to file',
        'auth login',
        'auth logout',
      ]) {
        await atmos(command, { env });
      }
      configure('type: vault\nfallback: [file]');
      await atmos('auth keyring status', { env });
      configure('type: vault');
      await atmos('auth keyring status');
      configure('type: vault\nspec: { address: "http://vault.example.com" }');
      await atmos('auth keyring status');
      configure('type: vault\nspec: { auth: { role_id: x } }');
      await atmos('auth keyring status');
      configure(`type: vault\nspec: { address: "${address}" }`);
      await atmos('auth keyring status');
      configure('type: vault\nspec: { address: "https://vault.example.com" }');
      await atmos('auth keyring status');
    },
  },
};
