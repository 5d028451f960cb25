// login, whoami and logout, against a stand-in for AWS STS.
import { configOf, keyOnStdin, keyVariables, memory, startWithKey } from '../fixtures.mjs';
import { mfaDevice } from '../machine.mjs';
import { accessKey, mfaCodes, unknownKey } from '../secrets.mjs';

/** @import { Scenario } from '../record.mjs' */

/** @type {Readonly<Record<string, Scenario>>} */
export const sessions = {
  sessions: {
    title: 'A session from login to logout',
    async run(scene) {
      const { atmos, advance } = scene;
      await startWithKey(scene, { identity: 'session: { duration: 8h }' });
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
      await atmos('auth login');
      await atmos('auth login');
      await atmos('auth login --force');
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
      await atmos('auth keyring list');
      await atmos('auth keyring list -o json');
      await atmos('auth keyring list --long');
      await atmos('auth keyring list --long -o json');
      await atmos('auth keyring prune');
      await atmos('auth logout --dry-run');
      advance(9);
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
      await atmos('auth keyring list --long');
      await atmos('auth keyring prune --dry-run');
      await atmos('auth keyring prune --dry-run -o json');
      await atmos('auth keyring prune');
      await atmos('auth keyring prune -o json');
      await atmos('auth login');
    },
  },
  logout: {
    title: 'What logout removes',
    async run(scene) {
      const { atmos } = scene;
      await startWithKey(scene);
      await atmos('auth login');
      await atmos('auth logout emergency-user --dry-run -o json');
      await atmos('auth logout emergency-user');
      await atmos('auth logout -o json');
      await atmos('auth logout missing');
      await atmos('auth logout --all');
      await atmos('auth logout --all -o json');
      await atmos('auth logout --all-realms --dry-run');
      await atmos('auth logout --keychain');
      await atmos('auth logout emergency-user --keychain --dry-run');
      await atmos('auth logout emergency-user --keychain --force');
      await atmos('auth login');
      await atmos('auth whoami');
      await atmos('auth exec -- true');
    },
  },
  mfa: {
    title: 'A session for a code of the MFA device',
    hasMfa: true,
    async run(scene) {
      const { atmos } = scene;
      const [first, second] = mfaCodes;
      await startWithKey(scene, { identity: `credentials: { mfa_arn: ${mfaDevice} }` });
      await atmos('auth login');
      await atmos('auth trust --yes');
      await atmos('auth login');
      await atmos('auth login --mfa-token 12345');
      await atmos('auth login --mfa-token 999999');
      await atmos('auth exec -- true');
      await atmos('auth credential-process');
      await atmos(`auth login --mfa-token ${first}`);
      await atmos(`auth login --force --mfa-token ${first}`);
      await atmos('auth whoami');
      await atmos('auth exec --mfa-token 999999 -- true');
      await atmos('auth login --force', { env: { ATMOS_MFA_TOKEN: second } });
    },
  },
  'refused-key': {
    title: 'AWS does not know the key',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene));
      await atmos('auth user configure --stdin', { input: keyOnStdin(unknownKey) });
      await atmos('auth login');
      await atmos('auth login');
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
      await atmos('auth exec -- true');
      await atmos('auth user configure --stdin', { input: keyOnStdin(accessKey) });
      await atmos('auth login');
    },
  },
  'aws-errors': {
    title: 'AWS cannot be reached, or gives an unexpected answer',
    async run(scene) {
      const { atmos, write, machine } = scene;
      const env = keyVariables;
      write('atmos.yaml', configOf(scene, memory));
      machine.sts.script({ fail: { code: 'AccessDenied', message: 'No permission' } });
      await atmos('auth login', { env });
      machine.sts.script({ html: true });
      await atmos('auth login', { env });
      machine.sts.script({ raw: { body: '' } });
      await atmos('auth login', { env });
      await atmos('auth login');
      await atmos('auth login', { env: { GOLDEN_KEY_ID: accessKey.accessKeyId } });
      await atmos('auth login', { env: { ...env, GOLDEN_KEY_ID: unknownKey.accessKeyId } });
      await machine.sts.close();
      await atmos('auth login', { env });
      await atmos('auth user configure --stdin --verify', { input: keyOnStdin(accessKey) });
      write('atmos.yaml', configOf(scene, memory).replace(machine.sts.url, 'http://user:pass@aws'));
      await atmos('auth login', { env });
    },
  },
  'session-states': {
    title: 'A stored session that AWS does not accept, or that another configuration opened',
    async run(scene) {
      const { atmos, write, machine } = scene;
      await startWithKey(scene);
      await atmos('auth login');
      machine.sts.expireSessions();
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
      await atmos('auth login --force');
      write('atmos.yaml', configOf(scene, { identity: 'session: { duration: 1h }' }));
      await atmos('auth whoami');
      await atmos('auth login');
      write('atmos.yaml', configOf(scene, { identity: 'session: { duration: 100h }' }));
      await atmos('auth login --force');
      await machine.sts.close();
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
    },
  },
};
