// The memory keyring, and the system keyring where it is not running.
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
};
