// The program in general: help, version, usage errors, completion, commands of another atmos.

/** @import { Scenario } from '../record.mjs' */

/** The help of a group and of each of its commands. */
const groups = {
  '': ['completion bash', '__complete', '__keyring-agent', 'version'],
  auth: [
    'init',
    'login',
    'whoami',
    'list',
    'exec',
    'shell',
    'env',
    'aws-config',
    'credential-process',
    'log',
    'logout',
    'validate',
    'trust',
  ],
  'auth user': ['configure'],
  'auth keyring': [
    'status',
    'list',
    'unlock',
    'lock',
    'doctor',
    'rekey',
    'adopt',
    'prune',
    'migrate',
    'export',
    'import',
  ],
  'auth keyring recipients': ['list', 'add', 'remove', 'accept'],
  profile: ['list', 'show'],
};

/** @type {Readonly<Record<string, Scenario>>} */
export const program = {
  help: {
    title: 'Help of every group and command; none needs an atmos.yaml',
    async run({ atmos }) {
      for (const [group, commands] of Object.entries(groups)) {
        for (const command of ['', ...commands]) {
          await atmos([...group.split(' '), ...command.split(' '), '--help'].filter(Boolean));
        }
      }
      await atmos([]);
      await atmos('auth');
      await atmos('auth keyring');
      await atmos('-h');
      await atmos('auth login --nonsense -h');
    },
  },
  'usage-errors': {
    title: 'Command lines that are wrong',
    async run({ atmos }) {
      await atmos('auth logn');
      await atmos('auth keyring stat');
      await atmos('auth login --forse');
      await atmos('auth login -x');
      await atmos('auth login extra');
      await atmos('auth login --mfa-token');
      await atmos('auth whoami -o yaml');
      await atmos('auth env --format zsh');
      await atmos('auth exec --credentials file -- true');
      await atmos('auth exec');
      await atmos('auth exec --');
      await atmos('auth exec true');
      await atmos('auth -i whoami');
      await atmos('completion');
      await atmos('completion tcsh');
      await atmos('profile show');
      await atmos('--logs-level loud auth validate');
      await atmos('-C missing-directory auth validate');
      await atmos('auth keyring unlock --ttl soon');
      await atmos('auth logout --all --all-realms');
    },
  },
  version: {
    title: 'The version',
    async run({ atmos }) {
      await atmos('version');
      await atmos('version -o json');
      await atmos('--version');
    },
  },
  'other-commands': {
    title: 'A command that is not ours goes to the next atmos on PATH',
    async run({ atmos, write, machine }) {
      await atmos('terraform plan');
      write('tools/atmos', '#!/bin/sh\necho "the other atmos: $*"\nexit 7\n', 0o755);
      const env = { PATH: `${machine.env['PATH']}:${machine.project}/tools` };
      await atmos('terraform plan -s dev', { env });
      await atmos('--logs-level debug describe stacks', { env });
    },
  },
  completion: {
    title: 'Completion scripts, and what they ask for',
    async run({ atmos, write }) {
      for (const shell of ['bash', 'zsh', 'fish', 'powershell']) await atmos(`completion ${shell}`);
      await atmos(['__complete', '--', 'auth', 'l']);
      write(
        'atmos.yaml',
        `auth:
  identities:
    deploy: { kind: aws/user }
    audit: { kind: aws/user }
  providers:
    portal: { kind: aws/iam-identity-center }
`,
      );
      write('profiles/ci/atmos.yaml', 'auth: {}\n');
      for (const words of [
        [''],
        ['auth', ''],
        ['auth', 'keyring', 're'],
        ['auth', 'login', '-i', ''],
        ['auth', 'login', '--identity=d'],
        ['auth', 'logout', ''],
        ['auth', 'env', '--format', ''],
        ['auth', 'env', '--output', ''],
        ['auth', 'exec', '--c'],
        ['auth', '--profile', ''],
        ['--chdir', ''],
        ['profile', 'show', ''],
        ['auth', 'exec', '--', 'terr'],
        ['terraform', 'p'],
        ['nonsense', ''],
      ]) {
        await atmos(['__complete', '--', ...words]);
      }
      await atmos(['__complete', '--line', '--', 'atmos auth keyring mi', 'mi']);
      await atmos(['__complete', '--line', '--', 'atmos auth login --identity=', '']);
      await atmos(['__complete', '--next', '--', 'auth', 'keyring']);
      write('atmos.yaml', 'auth: [\n');
      await atmos(['__complete', '--', 'auth', 'login', '-i', '']);
    },
  },
};
