import { startWithKey } from '../fixtures.mjs';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const keyringAgent = {
  'keyring-agent': {
    title: 'A file keyring that a background process holds open',
    async run(scene) {
      const { atmos } = scene;
      await startWithKey(scene);
      const env = { ATMOS_KEYRING_PASSWORD: undefined };
      await atmos('auth keyring lock');
      await atmos('auth keyring lock -o json');
      await atmos('auth keyring unlock --ttl 25h');
      await atmos('auth keyring unlock --idle 2h --ttl 1h');
      await atmos('auth keyring unlock', { env });
      await atmos('auth keyring unlock');
      await atmos('auth keyring status', { env });
      await atmos('auth keyring status -o json', { env });
      await atmos('auth login', { env });
      await atmos('auth whoami', { env });
      await atmos('auth keyring list --long', { env });
      await atmos('auth keyring doctor', { env });
      await atmos('auth login', { env: { ...env, ATMOS_KEYRING_AGENT: 'off' } });
      await atmos('auth keyring unlock --ttl 2h --idle 30m', { env });
      await atmos('auth keyring unlock --ttl 2h -o json', { env });
      await atmos('auth keyring lock', { env });
      await atmos('auth keyring status', { env });
      await atmos('auth keyring list --long', { env });
      await atmos('auth keyring unlock -o json');
      await atmos('auth keyring lock -o json');
      await atmos('__keyring-agent');
    },
  },
};
