import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { configOf, keyVariables, memory, startWithKey } from '../fixtures.mjs';

const json = 'auth credential-process';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const credentialProcess = {
  'credential-process': {
    title: 'What an AWS SDK asks for, by identity and by handle',
    async run(scene) {
      const { atmos, advance, machine, write, remove } = scene;
      await startWithKey(scene);
      await atmos(json, { env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos(json, { showsSecrets: true });
      await atmos(json, { showsSecrets: true });
      await atmos('auth env');
      const handle = handleOf(machine.home);
      await atmos([...json.split(' '), '--handle', handle], { cwd: '..', showsSecrets: true });
      await atmos([...json.split(' '), '--handle', handle, '-i', 'emergency-user']);
      await atmos([...json.split(' '), '--handle', 'missing-handle']);
      await atmos([...json.split(' '), '--handle', '../escape']);
      advance(13);
      await atmos([...json.split(' '), '--handle', handle], { cwd: '..', showsSecrets: true });
      write('atmos.yaml', configOf(scene).replace('emergency-user', 'another-user'));
      await atmos([...json.split(' '), '--handle', handle], { cwd: '..' });
      remove('atmos.yaml');
      await atmos([...json.split(' '), '--handle', handle], { cwd: '..' });
    },
  },
  'credential-process-memory': {
    title: 'Without a keyring that keeps the session',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene, memory));
      await atmos(json, { env: keyVariables, showsSecrets: true });
      await atmos(json);
      await atmos(`${json} -i missing`);
      await atmos(`${json} -i off`);
    },
  },
};

/** @param {string} home */
function handleOf(home) {
  const names = readdirSync(join(home, '.local/state/atmos/handles'));
  return names.find((name) => name.endsWith('.json'))?.replace('.json', '') ?? 'missing';
}
