import { configOf, entryValue, keyringPath, writeEntry } from '../fixtures.mjs';
import { accessKey, password } from '../secrets.mjs';

/** @type {Readonly<Record<string, import('../record.mjs').Scenario>>} */
export const trust = {
  trust: {
    title: 'A project that runs programs: refused, shown, trusted, changed, revoked',
    async run(scene) {
      const { atmos, write, chmod } = scene;
      const config = configOf(scene, {
        keyring: 'type: file\nspec:\n  password_command: echo a password',
        more: `    deploy:
      kind: aws/user
      credentials:
        region: !exec echo eu-central-1
      spec:
        endpoint_url: https://sts.example.com
logs:
  file: ../golden-trust.log
env:
  PATH: /golden/bin
`,
      });
      write('atmos.yaml', config);
      const withoutPassword = { ATMOS_KEYRING_PASSWORD: undefined };
      for (const command of [
        'auth login',
        'auth login -i deploy',
        'auth whoami',
        'auth exec -- true',
        'auth env',
        'auth credential-process',
        'auth keyring list',
        'auth keyring status',
        'auth validate',
        'auth trust',
        'auth trust -o json',
        'auth trust --list',
        'auth trust --list -o json',
        'auth trust --revoke',
        'auth trust --yes --list',
        'auth trust somewhere',
      ]) {
        await atmos(command, { env: withoutPassword });
      }
      await atmos('auth trust --yes');
      await atmos('auth trust --yes');
      await atmos('auth trust --yes -o json');
      await atmos('auth trust --list');
      await atmos('auth trust --list -o json');
      await atmos('auth whoami -o json', { env: withoutPassword });
      write('atmos.yaml', `${config}# changed\n`);
      await atmos('auth trust --list');
      await atmos('auth login', { env: withoutPassword });
      await atmos('auth login -i deploy', { env: { ATMOS_AUTH_TRUST: '0' } });
      await atmos('auth whoami', { env: { ATMOS_AUTH_TRUST: '1' } });
      await atmos('auth trust --revoke ../project -o json');
      await atmos('auth trust --revoke ../project');
      write('atmos.yaml', configOf(scene));
      await atmos('auth trust');
      await atmos('auth trust -o json');
      chmod('atmos.yaml', 0o666);
      await atmos('auth whoami');
      await atmos('auth validate');
      chmod('atmos.yaml', 0o644);
      chmod('.', 0o777);
      await atmos('auth whoami');
    },
  },
  'password-command': {
    title: 'A password command of a trusted project',
    async run(scene) {
      const { atmos, write, writeSecret, chmod } = scene;
      const env = { ATMOS_KEYRING_PASSWORD: undefined };
      const commandOf = (/** @type {string} */ command) =>
        configOf(scene, { keyring: `type: file\nspec:\n  password_command: ${command}` });
      write('atmos.yaml', commandOf('cat password'));
      writeSecret('password', `${password}\n`);
      await writeEntry(scene, keyringPath, 'atmos_golden_emergency-user', entryValue(accessKey));
      chmod(keyringPath, 0o700);
      await atmos('auth trust --yes');
      await atmos('auth whoami', { env });
      await atmos('auth keyring status', { env });
      await atmos('auth keyring list --long', { env });
      write('atmos.yaml', commandOf("sh -c 'echo failed >&2; exit 3'"));
      await atmos('auth trust --yes');
      await atmos('auth whoami', { env });
      await atmos('auth login', { env });
    },
  },
};
