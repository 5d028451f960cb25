// atmos.yaml: missing, invalid and imported files; validate.
import { configOf, keyVariables, memory } from '../fixtures.mjs';

/** @import { Scenario } from '../record.mjs' */

/** @type {Readonly<Record<string, Scenario>>} */
export const configuration = {
  'no-configuration': {
    title: 'Commands where no atmos.yaml exists',
    async run({ atmos }) {
      for (const command of [
        'auth user configure --stdin',
        'auth login',
        'auth whoami',
        'auth whoami -o json',
        'auth exec -- true',
        'auth env',
        'auth credential-process',
        'auth logout',
        'auth validate',
        'auth validate -o json',
        'auth trust',
        'auth trust --list',
        'auth keyring unlock',
        'auth keyring lock',
        'auth keyring doctor',
        'auth keyring rekey --dry-run',
        'auth keyring prune',
        'auth keyring migrate --to file',
        'auth keyring import --from atmos-file',
        'profile list',
        'profile show ci',
      ]) {
        await atmos(command);
      }
      const env = { ATMOS_KEYRING_TYPE: 'file' };
      await atmos('auth keyring status', { env });
      await atmos('auth keyring list', { env });
      await atmos('auth keyring list -o json', { env });
      await atmos('auth login --config missing.yaml');
      await atmos('auth login --config-path missing');
    },
  },
  validate: {
    title: 'validate reports every problem of a configuration',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene));
      await atmos('auth validate');
      await atmos('auth validate -o json');
      await atmos('auth validate -v');
      write(
        'atmos.yaml',
        `auth:
  realm: Not A Realm
  keyring:
    type: flie
    spec: { path: [1] }
  identities:
    dev:
      kind: aws/usr
    ops:
      kind: aws/user
      default: yes please
      credentials: { access_key_id: !env MISSING_KEY_ID, region: 12 }
      session: { duration: often }
    OPS: { kind: aws/user }
    role:
      kind: aws/assume-role
      via: { identity: missing }
  unknown_key: 1
logs:
  level: loud
import:
  - missing/*.yaml
  - https://example.com/atmos.yaml
`,
      );
      await atmos('auth validate');
      await atmos('auth validate -o json');
      await atmos('auth login -i ops');
      write('atmos.yaml', 'auth:\n  keyring:\n   type: file\n  : [unclosed\n');
      await atmos('auth validate');
      await atmos('auth validate -o json');
      await atmos('auth login');
      write('atmos.yaml', '');
      await atmos('auth validate');
      await atmos('auth login');
    },
  },
  'identity-choice': {
    title: 'Which identity a command uses, and identities that cannot be used',
    async run({ atmos, write }) {
      write(
        'atmos.yaml',
        `auth:
  realm: golden
  keyring: { type: memory }
  identities:
    deploy: { kind: aws/user }
    Audit: { kind: aws/user }
    role: { kind: aws/assume-role, via: { provider: portal } }
  providers:
    portal: { kind: aws/saml }
`,
      );
      await atmos('auth login');
      await atmos('auth login -i');
      await atmos('auth login -i deplyo');
      await atmos('auth whoami -i audit');
      await atmos('auth -i AUDIT whoami', { env: { ATMOS_IDENTITY: 'deploy' } });
      await atmos('auth whoami', { env: { ATMOS_IDENTITY: 'missing' } });
      await atmos('auth login -i false');
      await atmos('auth login -i role');
      await atmos('auth whoami -i portal');
      await atmos(['auth', 'exec', '-i', 'off', '--', 'sh', '-c', 'exit 5']);
      for (const command of ['user configure --stdin', 'env', 'credential-process', 'logout']) {
        await atmos(`auth ${command} -i missing`);
      }
      await atmos('auth exec -i missing -- true');
    },
  },
  merging: {
    title: 'Files that are merged, imports, tags, variables and -C',
    async run({ atmos, write, shell }) {
      write(
        'atmos.yaml',
        `import:
  - auth/*.yaml
  - missing.yaml
auth:
  realm: !env GOLDEN_REALM golden
  keyring:
    type: !include keyring.json .type
  identities:
    deploy:
      env: !append
        - { key: TF_VAR_second, value: 'two words' }
logs:
  level: Info
env:
  ATMOS_IDENTITY: deploy
  LD_PRELOAD: refused.so
`,
      );
      write('keyring.json', '{ "type": "memory" }\n');
      write(
        'auth/identities.yaml',
        `auth:
  identities:
    deploy:
      kind: aws/user
      env:
        - { key: TF_VAR_first, value: '1' }
`,
      );
      write('atmos.d/more.yaml', 'auth: { identities: { audit: { kind: aws/user } } }\n');
      write('../.atmos/atmos.yaml', 'auth: { identities: { own: { kind: aws/user } } }\n');
      await atmos('auth validate');
      await atmos('auth validate -o json');
      await atmos('auth whoami -o json');
      await atmos('auth whoami -o json', { env: { GOLDEN_REALM: 'other-realm' } });
      await atmos('auth keyring status', { env: { ATMOS_KEYRING_TYPE: 'file' } });
      await atmos('auth env -f json', { env: { ATMOS_KEYRING_TYPE: 'file' } });
      await atmos('-C project auth keyring status', { cwd: '..' });
      await atmos('auth keyring status', { cwd: '..', env: { ATMOS_CHDIR: 'project' } });
      await atmos('auth validate --config project/atmos.yaml', { cwd: '..' });
      await shell('mkdir deeper && cd deeper && atmos auth whoami -o json');
    },
  },
  'automatic-realm': {
    title: 'Without auth.realm the realm is made from the directory',
    async run({ atmos, write }) {
      write(
        'atmos.yaml',
        'auth: { keyring: { type: memory }, identities: { dev: { kind: aws/user } } }\n',
      );
      await atmos('auth whoami');
      await atmos('auth whoami -o json');
      await atmos('auth whoami', { env: { ATMOS_AUTH_REALM: 'my-realm' } });
      await atmos('auth whoami', { env: { ATMOS_AUTH_REALM: 'my--realm' } });
    },
  },
  logs: {
    title: 'Logs, on standard error and in a file',
    async run(scene) {
      const { atmos, write } = scene;
      write('atmos.yaml', configOf(scene, memory));
      const env = keyVariables;
      await atmos('auth login --logs-level debug', { env });
      await atmos('auth whoami --logs-level trace', { env });
      await atmos('auth exec --logs-level info -- true', { env });
      await atmos('auth keyring status --logs-level debug', { env });
      await atmos('version --logs-level debug');
      await atmos('auth login --logs-level debug');
      await atmos('auth validate', { env: { ATMOS_LOGS_LEVEL: 'Debug' } });
      await atmos('auth validate --logs-level debug --logs-file atmos.log');
      await atmos('auth login --logs-file missing/atmos.log --logs-level debug', { env });
    },
  },
};
