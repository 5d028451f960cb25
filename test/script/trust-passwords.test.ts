import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { plant } from './hostile.ts';
import {
  accessKey,
  configOf,
  keyOnStdin,
  mfaDevice,
  openConfiguredMachine,
  openMachine,
  password,
  sessionCalls,
  type Machine,
} from './machine.ts';

/** A project's file decides with which password the file keyring stores entries. */

const refusal = 'is not trusted: it stores credentials under a password that its author can know, ';
const known = 'known to everybody';

/** The access key is in the file, so that nothing has to be read from the keyring. */
const ownKey = `credentials: { access_key_id: ${accessKey.accessKeyId}, secret_access_key: "${accessKey.secretAccessKey}" }`;

function withSpec(machine: Machine, spec: string, identity = ''): string {
  return configOf(machine, { keyring: `type: file\nspec: { ${spec} }`, identity });
}

/** A private file in the user's home directory. */
function writePrivate(machine: Machine, name: string, text: string): string {
  const path = join(machine.home, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
}

interface Choice {
  /** The part of the error that names the password. */
  readonly named: string;
  plant(machine: Machine): void;
}

const choices: Readonly<Record<string, Choice>> = {
  'a file of the repository': {
    named: 'the content of ',
    plant: (machine) =>
      plant(machine, {
        'keyring-password': known,
        'atmos.yaml': withSpec(machine, 'password_file: keyring-password'),
      }),
  },
  'a private file of the repository, by its absolute path': {
    named: 'the content of ',
    plant: (machine) => {
      const path = join(machine.project, 'a/keyring-password');
      plant(machine, {
        'a/keyring-password': known,
        'atmos.yaml': withSpec(machine, `password_file: ${path}`),
      });
      chmodSync(path, 0o600);
    },
  },
  'a private file elsewhere in the git repository': {
    named: 'the content of ',
    plant: (machine) => {
      plant(machine, {
        '.git/HEAD': 'ref: refs/heads/main\n',
        'keyring-password': known,
        'atmos.yaml': `import: sub/a.yaml\n${configOf(machine)}`,
        'sub/a.yaml': 'auth: { keyring: { spec: { password_file: ../keyring-password } } }\n',
      });
      chmodSync(join(machine.project, 'keyring-password'), 0o600);
    },
  },
  'a link of the repository to a file that everybody can read': {
    named: 'the content of ',
    plant: (machine) => {
      plant(machine, {
        'atmos.yaml': withSpec(machine, 'password_file: keyring-password'),
      });
      symlinkSync('/proc/version', join(machine.project, 'keyring-password'));
    },
  },
  'a file that everybody can read': {
    named: 'the content of /proc/version',
    plant: (machine) =>
      plant(machine, { 'atmos.yaml': withSpec(machine, 'password_file: /proc/version') }),
  },
  'a private file of the user whose name is not that of a password': {
    named: 'the content of ',
    plant: (machine) => {
      writePrivate(machine, '.ssh/authorized_keys', known);
      plant(machine, {
        'atmos.yaml': withSpec(machine, 'password_file: ~/.ssh/authorized_keys'),
      });
    },
  },
  'a variable that everybody knows': {
    named: 'the value of the variable HOME',
    plant: (machine) => plant(machine, { 'atmos.yaml': withSpec(machine, 'password_env: HOME') }),
  },
  'a variable that a project may set': {
    named: 'the value of the variable TF_VAR_PASSWORD',
    plant: (machine) =>
      plant(machine, {
        'atmos.yaml': `${withSpec(machine, 'password_env: TF_VAR_PASSWORD')}env: { TF_VAR_PASSWORD: ${known} }\n`,
      }),
  },
  'a file, by a variable under env': {
    named: 'the content of /proc/version',
    plant: (machine) =>
      plant(machine, {
        'atmos.yaml': `${configOf(machine)}env: { ATMOS_KEYRING_PASSWORD_FILE: /proc/version }\n`,
      }),
  },
  'a variable, by a variable under env': {
    named: 'the value of the variable HOME',
    plant: (machine) =>
      plant(machine, {
        'atmos.yaml': `${configOf(machine)}env: { ATMOS_KEYRING_PASSWORD_ENV: HOME }\n`,
      }),
  },
  'a variable, by a file of atmos.d': {
    named: 'the value of the variable HOME',
    plant: (machine) =>
      plant(machine, {
        'atmos.d/a.yaml': 'auth: { keyring: { spec: { password_env: HOME } } }\n',
      }),
  },
  'a variable, by an included file': {
    named: 'the value of the variable HOME',
    plant: (machine) =>
      plant(machine, {
        'spec.yaml': 'password_env: HOME\n',
        'atmos.yaml': configOf(machine, { keyring: 'type: file\nspec: !include spec.yaml' }),
      }),
  },
  'a variable, by a profile': {
    named: 'the value of the variable HOME',
    plant: (machine) =>
      plant(machine, {
        'profiles/p/a.yaml': 'auth: { keyring: { spec: { password_env: HOME } } }\n',
        'atmos.yaml': `profiles: { default: p }\n${configOf(machine)}`,
      }),
  },
};

describe('when the password of the keyring is', () => {
  test.each(Object.entries(choices))('%s, nothing is stored', async (_, { named, plant: say }) => {
    const machine = await openMachine();
    say(machine);
    const env = { ATMOS_KEYRING_PASSWORD: undefined, TF_VAR_PASSWORD: known };
    const options = { input: keyOnStdin, env };
    const result = await machine.atmos('auth user configure --stdin', options);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(refusal + named);
    expect(result.stderr).toContain('hint: atmos auth trust');
    expect(existsSync(machine.keyring)).toBe(false);

    const shown = await machine.atmos('auth trust --yes');
    expect(shown.stderr).toContain(
      `stores credentials under a password that its author can know, ${named}`,
    );
    const trusted = await machine.atmos('auth user configure --stdin', options);
    expect(trusted).toMatchObject({ exitCode: 0 });
    expect(existsSync(machine.keyring)).toBe(true);
  });

  test('a private file next to the project, as in an archive or a submodule, nothing is stored', async () => {
    const machine = await openMachine();
    plant(machine, {
      'keyring-password': known,
      'app/.git/HEAD': 'ref: refs/heads/main\n',
      'app/atmos.yaml': withSpec(machine, 'password_file: ../keyring-password'),
    });
    chmodSync(join(machine.project, 'keyring-password'), 0o600);
    const result = await machine.atmos('auth user configure --stdin', {
      input: keyOnStdin,
      directory: join(machine.project, 'app'),
      env: { ATMOS_KEYRING_PASSWORD: undefined },
    });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(`${refusal}the content of ${machine.project}/keyring-password`);
    expect(existsSync(machine.keyring)).toBe(false);
  });

  test('read from a pipe on standard input, nothing is stored', async () => {
    const machine = await openMachine();
    machine.writeConfig(withSpec(machine, 'password_file: /dev/stdin', ownKey));
    const command = `echo ${known} | '${process.execPath}' '${builtCli()}' auth login`;
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const result = await machine.run('sh', ['-c', command], { env });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(`${refusal}the content of /dev/stdin`);
    expect(existsSync(machine.keyring)).toBe(false);
  });

  test.each([
    'auth user configure --stdin --no-verify',
    'auth login',
    'auth exec -- true',
    'auth env --credentials env',
    'auth credential-process',
    'auth keyring migrate --from system --to file',
    'auth keyring import --from aws-credentials --yes',
    'auth keyring import --from atmos-file --path old',
    'auth keyring rekey --stdin',
    'auth keyring rekey --upgrade',
    'auth keyring unlock',
  ])('one that its author can know, %s is refused', async (command) => {
    const machine = await openMachine();
    const identity = command.includes('configure') ? '' : ownKey;
    machine.writeConfig(withSpec(machine, 'password_env: HOME', identity));
    plant(machine, { 'old/x': '' });
    writePrivate(machine, '.aws/credentials', '[default]');
    const result = await machine.atmos(command, { input: keyOnStdin });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(`${refusal}the value of the variable HOME`);
    expect(existsSync(machine.keyring)).toBe(false);
    expect(sessionCalls(machine)).toEqual([]);
  });

  test('one that its author can know, stored entries are read and their session is used', async () => {
    const machine = await openConfiguredMachine();
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
    plant(machine, {
      'keyring-password': password,
      'atmos.yaml': withSpec(machine, 'password_file: keyring-password'),
    });
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    for (const command of ['auth keyring list --long', 'auth whoami', 'auth exec -- true']) {
      expect(await machine.atmos(command, { env })).toMatchObject({ exitCode: 0 });
    }
    const again = await machine.atmos('auth login --force', { env });
    expect(again).toMatchObject({ exitCode: 2 });
    expect(again.stderr).toContain(refusal);
  });
});

describe('without trust a project may name', () => {
  const expectConfigured = async (machine: Machine, env: Record<string, string | undefined>) => {
    const result = await machine.atmos('auth user configure --stdin', { input: keyOnStdin, env });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).not.toMatch(/warning|error/);
    const list = await machine.atmos('auth keyring list', { env });
    expect(list.stdout).toContain('emergency-user');
  };

  test('a variable for a password, and the directory', async () => {
    const machine = await openMachine();
    machine.writeConfig(withSpec(machine, 'path: ~/keys, password_env: TEAM_KEYRING_PASSWORD'));
    await expectConfigured(machine, {
      ATMOS_KEYRING_PASSWORD: undefined,
      TEAM_KEYRING_PASSWORD: 'only we know it',
    });
    expect(existsSync(join(machine.home, 'keys'))).toBe(true);
  });

  test('a private file for a password, outside of the project', async () => {
    const machine = await openMachine();
    writePrivate(machine, '.config/atmos-keyring-password', 'only we know it');
    machine.writeConfig(withSpec(machine, 'password_file: ~/.config/atmos-keyring-password'));
    await expectConfigured(machine, { ATMOS_KEYRING_PASSWORD: undefined });
  });

  test('any file, when the password variable is set and therefore no file is read', async () => {
    const machine = await openMachine();
    machine.writeConfig(withSpec(machine, 'password_file: atmos.yaml'));
    await expectConfigured(machine, { ATMOS_KEYRING_PASSWORD: 'only we know it' });
  });

  test('nothing when the environment or a file of the user names it', async () => {
    const machine = await openMachine();
    const path = writePrivate(machine, 'pw', 'only we know it');
    machine.writeConfig(withSpec(machine, 'password_file: atmos.yaml'));
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    await expectConfigured(machine, { ...env, ATMOS_KEYRING_PASSWORD_FILE: path });

    const other = await openMachine();
    writePrivate(
      other,
      '.atmos/atmos.yaml',
      'auth: { keyring: { spec: { password_file: ~/pw } } }',
    );
    writePrivate(other, 'pw', 'only we know it');
    await expectConfigured(other, env);
  });
});

test('a keyring inside of the project is reported in one line when something is stored', async () => {
  const machine = await openMachine();
  machine.writeConfig(withSpec(machine, 'path: ./keys'));
  const { exitCode, stderr } = await machine.atmos('auth user configure --stdin', {
    input: keyOnStdin,
  });
  expect(exitCode).toBe(0);
  expect(stderr.match(/^warning: .*/gm)).toEqual([
    `warning: the keyring ${machine.project}/keys is inside the project ${machine.project}: its entries are encrypted, but may be committed and copied with it`,
  ]);
  expect(await machine.atmos('auth keyring list')).toMatchObject({ exitCode: 0, stderr: '' });
});

describe('an MFA code for an endpoint on this machine', () => {
  const code = '271828';
  const untrusted = { ATMOS_AUTH_TRUST: undefined };

  async function openWithDevice(): Promise<Machine> {
    const machine = await openConfiguredMachine({ mfaCodes: [code] });
    machine.writeConfig(
      configOf(machine, { identity: `credentials: { mfa_arn: "${mfaDevice}" }` }),
    );
    return machine;
  }

  test.each([
    `auth login --mfa-token ${code}`,
    'auth login',
    'auth exec -- true',
    'auth env --credentials env',
    'auth credential-process',
  ])('is not sent without trust, and there is no prompt for it: %s', async (command) => {
    const machine = await openWithDevice();
    const env = { ...untrusted, ATMOS_MFA_TOKEN: code };
    const { exitCode, stdout, stderr } = await machine.atmos(command, { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(
      `is not trusted: it sends MFA codes to ${machine.sts.url}, where any user of this machine can listen (set by auth.identities.emergency-user.spec.endpoint_url (`,
    );
    expect(stderr).toContain('hint: atmos auth trust\n');
    expect(machine.sts.calls).toEqual([]);
  });

  test('is sent only to the endpoint that was shown and trusted', async () => {
    const machine = await openWithDevice();
    const shown = await machine.atmos('auth trust --yes', { env: untrusted });
    expect(shown.stderr).toContain(`  sends MFA codes to ${machine.sts.url}, `);
    const login = `auth login --mfa-token ${code}`;
    expect(await machine.atmos(login, { env: untrusted })).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(machine)).toHaveLength(1);
  });

  test('is not needed for an identity without a device: its requests are signed and sent', async () => {
    const machine = await openConfiguredMachine();
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(machine)).toHaveLength(1);
  });
});

test('trust covers the command that was shown, not what another branch has in its place', async () => {
  const machine = await openConfiguredMachine();
  const spec = `password_command: !git.branch "echo ${password}"`;
  plant(machine, {
    '.git/HEAD': `${'0'.repeat(40)}\n`,
    '.git/objects/x': '',
    '.git/refs/x': '',
    'atmos.yaml': withSpec(machine, spec),
  });
  const env = { ATMOS_KEYRING_PASSWORD: undefined };
  const shown = await machine.atmos('auth trust --yes', { env });
  expect(shown.stderr).toContain(`  runs the password command echo ${password}\n`);
  expect(await machine.atmos('auth exec -- true', { env })).toMatchObject({ exitCode: 0 });

  const marker = join(machine.root, 'marker');
  plant(machine, { '.git/HEAD': `ref: refs/heads/touch\${IFS}${marker}\n` });
  const { exitCode, stderr } = await machine.atmos('auth login --force', { env });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('is not trusted: it runs the password command touch${IFS}');
  expect(existsSync(marker)).toBe(false);
});

test('a project may use what is stored for another realm, by its name', async () => {
  const machine = await openConfiguredMachine();
  const other = join(machine.home, 'other');
  mkdirSync(other, { mode: 0o700 });
  writeFileSync(join(other, 'atmos.yaml'), configOf(machine));
  const command = ['auth', 'exec', '--', 'sh', '-c', 'echo $AWS_ACCESS_KEY_ID'];
  const { exitCode, stdout } = await machine.atmos(command, { directory: other });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ASIA/);
});
