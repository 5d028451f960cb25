import { configOf, keyVariables } from '../fixtures.mjs';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const profiles = {
  profiles: {
    title: 'Profiles: list, show, choose',
    async run(scene) {
      const { atmos, write } = scene;
      await atmos('profile list');
      await atmos('profile list -o json');
      write('atmos.yaml', `${configOf(scene)}profiles:\n  default: laptop\n`);
      write('profiles/laptop/atmos.yaml', 'auth: { keyring: { type: file } }\n');
      write(
        'profiles/ci/atmos.yaml',
        `metadata:
  name: CI
  description: Keys from variables
  version: '1.2'
  tags: [ci]
  deprecated: true
auth:
  keyring: { type: memory }
`,
      );
      write(
        '.atmos/profiles/ci/keys.yaml',
        `auth:
  identities:
    hidden:
      kind: aws/user
      credentials:
        access_key_id: !env GOLDEN_KEY_ID
        secret_access_key: !env GOLDEN_SECRET
`,
      );
      write('../.config/atmos/profiles/own/atmos.yaml', 'auth: { realm: my-own }\n');
      write('profiles/broken/atmos.yaml', 'auth: [\n');
      for (const command of [
        'profile list',
        'profile list -o json',
        'profile list -o yaml',
        'profile list -o table',
        'profile show ci',
        'profile show ci -o json',
        'profile show ci -o yaml',
        'profile show ci -o text',
        'profile show laptop',
        'profile show broken',
        'profile show labtop',
        'auth keyring status',
        'auth keyring status --profile ci',
        'auth whoami --profile own -o json',
        'auth whoami --profile ci,own -o json',
        'auth whoami --profile labtop',
        'auth whoami --profile broken',
        'auth whoami --profile ../ci',
        'auth whoami --profile',
        'auth login -i hidden',
        'auth validate --profile ci -o json',
      ]) {
        await atmos(command);
      }
      await atmos('auth keyring status', { env: { ATMOS_PROFILE: 'own,ci' } });
      await atmos('auth login -i hidden', { env: { ATMOS_PROFILE: 'own' } });
      await atmos('auth whoami -i hidden --profile ci', { env: keyVariables });
    },
  },
};
