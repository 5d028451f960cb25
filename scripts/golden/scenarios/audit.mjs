// auth.audit and auth log.
import { configOf, startWithKey } from '../fixtures.mjs';

/** @import { Scenario } from '../record.mjs' */

/** @type {Readonly<Record<string, Scenario>>} */
export const audit = {
  audit: {
    title: 'A record of who used what',
    async run(scene) {
      const { atmos, advance, write } = scene;
      await startWithKey(scene);
      await atmos('auth log');
      write('atmos.yaml', `${configOf(scene)}  audit: { file: uses.jsonl }\n`);
      await atmos('auth login');
      await atmos('auth log');
      await atmos('auth trust --yes');
      await atmos('auth log');
      await atmos('auth login');
      await atmos('auth exec -- true');
      advance(2);
      await atmos('auth credential-process', { showsSecrets: true });
      await atmos('auth login --force', { env: { ATMOS_KEYRING_PASSWORD: undefined } });
      await atmos('auth log');
      await atmos('auth log --since 1h -i emergency-user --output json');
      await atmos('auth log -o table --identity missing');
      await atmos('auth log --output table --since tomorrow');
      await atmos('auth log -o json -i');
      write('atmos.yaml', `${configOf(scene)}  audit: { flie: uses.jsonl }\n`);
      await atmos('auth validate');
      await atmos('auth login');
    },
  },
};
