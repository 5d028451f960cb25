import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf, openConfiguredMachine, openMachine, type Machine } from './machine.ts';

/** Variables by which a project's file chooses a program, a file or a server. */
const choosing: Readonly<Record<string, string>> = {
  TG_TF_PATH: './evil.sh',
  TERRAGRUNT_TFPATH: './evil.sh',
  CLOUDSDK_PYTHON: './evil.sh',
  KUBECTL_EXTERNAL_DIFF: 'evil',
  ANSIBLE_CONFIG: 'evil.cfg',
  GOENV: './evil.env',
  TFENV_ROOT: './evil',
  ATMOS_COMPONENTS_TERRAFORM_COMMAND: './evil.sh',
  ATMOS_BASE_PATH: 'evil',
  RSYNC_RSH: 'sh evil.sh',
  SVN_SSH: 'evil.sh',
  VIMINIT: ':!id',
  EXINIT: ':!id',
  BASH_LOADABLES_PATH: './evil',
  KUBERNETES_MASTER: 'https://evil.example',
  VAULT_AGENT_ADDR: 'https://evil.example',
  VAULT_CACERT: './evil.pem',
  TFE_ADDRESS: 'https://evil.example',
  // More such variables: names that no denylist has, and our own settings.
  SOME_TOOL_THAT_IS_NEW: 'x',
  STAGE: 'dev',
  ATMOS_KEYRING_PASSWORD_FILE: '/evil',
  ATMOS_KEYRING_PASSWORD_ENV: 'HOME',
  AWS_REGION: 'x.evil.example/#',
  aws_region: 'eu-west-1',
};

/** Variables that the README, the examples and Atmos's pages set and that choose none of these. */
const plain: Readonly<Record<string, string>> = {
  TF_IN_AUTOMATION: 'true',
  TF_INPUT: 'false',
  TF_LOG: 'DEBUG',
  TF_WORKSPACE: 'dev',
  TF_VAR_settings: '{ "path": "/x", "url": "https://x.example" }',
  AWS_SDK_LOAD_CONFIG: '1',
  AWS_RETRY_MODE: 'adaptive',
  AWS_MAX_ATTEMPTS: '10',
  AWS_REGION: 'eu-central-1',
  AWS_DEFAULT_OUTPUT: 'json',
  AWS_PAGER: '',
  NO_COLOR: '1',
  ATMOS_LOGS_LEVEL: 'Warning',
};

function envOf(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `env: { ${lines.join(', ')} }\n`;
}

function listOf(variables: Readonly<Record<string, string>>): string {
  const items = Object.entries(variables).map(([key, value]) => JSON.stringify({ key, value }));
  return `env: [${items.join(', ')}]`;
}

const printAll = ['--', process.execPath, '-e', 'console.log(JSON.stringify(process.env))'];

async function environmentIn(machine: Machine, env: Record<string, string | undefined> = {}) {
  const { exitCode, stdout } = await machine.atmos(['auth', 'exec', '-i', 'off', ...printAll], {
    env,
  });
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Record<string, string>;
}

describe('under env, without trust', () => {
  test.each(Object.entries(choosing))('%s reaches no program', async (name, value) => {
    const machine = await openMachine();
    machine.writeConfig(`${configOf(machine)}${envOf({ [name]: value })}`);
    const result = await machine.atmos(['auth', 'exec', '-i', 'off', ...printAll]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(
      `is not trusted: it sets ${name} to ${JSON.stringify(value)} for programs (set by env.${name} (`,
    );
    expect(result.stderr).toContain('hint: atmos auth trust\n');

    const shown = await machine.atmos('auth trust --yes');
    expect(shown.stderr).toContain(`  sets ${name} to ${JSON.stringify(value)} for programs\n`);
    expect(await environmentIn(machine)).toMatchObject({ [name]: value });
  });

  test('none of them is printed for a shell from the env of an identity', async () => {
    const machine = await openConfiguredMachine();
    for (const [name, value] of Object.entries(choosing).slice(0, 3)) {
      machine.writeConfig(configOf(machine, { identity: listOf({ [name]: value }) }));
      const result = await machine.atmos('auth env');
      expect(result).toMatchObject({ exitCode: 2, stdout: '' });
      expect(result.stderr).toContain(`it sets ${name} to ${JSON.stringify(value)} for programs`);
    }
    machine.writeConfig(configOf(machine, { identity: listOf(choosing) }));
    expect(await machine.atmos('auth trust --yes')).toMatchObject({ exitCode: 0 });
    const { stdout } = await machine.atmos('auth env -f json');
    const { AWS_REGION: _, ...others } = choosing;
    expect(JSON.parse(stdout)).toMatchObject(others);
  });

  test('a variable that chooses neither a program nor a file nor a server is set', async () => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(`${configOf(machine)}${envOf(plain)}`);
    expect(await environmentIn(machine)).toMatchObject(plain);
    machine.writeConfig(configOf(machine, { identity: listOf(plain) }));
    const { exitCode, stdout } = await machine.atmos('auth env -f json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(plain);
    expect((await machine.atmos('auth trust')).stderr).not.toContain('for programs');
  });

  test('a value that the environment already has is no change and needs no trust', async () => {
    const machine = await openMachine();
    machine.writeConfig(`${configOf(machine)}env: { GITHUB_TOKEN: !env GITHUB_TOKEN }\n`);
    const env = { GITHUB_TOKEN: 'ghs_canary' };
    expect(await environmentIn(machine, env)).toMatchObject(env);
  });

  test('a value that a tag has read is not shown in the error', async () => {
    const machine = await openMachine();
    machine.writeConfig(`${configOf(machine)}env: { GITHUB_TOKEN: !env GH_TOKEN }\n`);
    const env = { GH_TOKEN: 'ghs_canary' };
    for (const command of ['auth exec -i off -- true', 'auth trust --yes']) {
      const { stderr } = await machine.atmos(command, { env });
      expect(stderr).toContain('sets GITHUB_TOKEN to <value of !env GH_TOKEN> for programs');
      expect(stderr).not.toContain('canary');
    }
    expect(await environmentIn(machine, env)).toMatchObject({ GITHUB_TOKEN: 'ghs_canary' });
  });
});

describe('a list that the user began and the project extends', () => {
  const identity = (text: string) => `auth: { identities: { emergency-user: { ${text} } } }\n`;
  const users = `env: [${['TF_INPUT', 'TF_LOG'].map((key) => `{ key: ${key}, value: "1" }`).join(', ')}]`;
  const evil = 'env: !append [{ key: PATH, value: "/evil:/usr/bin:/bin" }]';

  test.each<[string, Record<string, string>, string]>([
    ['belongs to the project in its items', { 'project/atmos.yaml': identity(evil) }, ''],
    [
      'belongs wholly to the project after it was emptied',
      {
        'project/atmos.yaml': `import: a.yaml\n${identity(evil)}`,
        'project/a.yaml': identity('env: []'),
      },
      '',
    ],
    [
      'belongs wholly to the project after it was removed',
      {
        'project/atmos.yaml': `import: a.yaml\n${identity(evil)}`,
        'project/a.yaml': identity('env: !unset x'),
      },
      '',
    ],
    [
      'does not belong to the user because a profile of theirs extends it later',
      {
        'project/atmos.yaml': identity(evil),
        '.config/atmos/profiles/mine/a.yaml': identity(
          'env: !append [{ key: NO_COLOR, value: "1" }]',
        ),
      },
      ' --profile mine',
    ],
  ])('%s', async (_, files, options) => {
    const machine = await openConfiguredMachine();
    const all = { '.atmos/atmos.yaml': configOf(machine, { identity: users }), ...files };
    for (const [name, text] of Object.entries(all)) {
      const path = join(machine.home, name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, text, { mode: 0o600 });
    }
    const { exitCode, stdout, stderr } = await machine.atmos(`auth exec${options} -- env`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('is not trusted: it sets PATH to "/evil:/usr/bin:/bin" for programs');
    expect(stderr).toContain(`${machine.project}/atmos.yaml:`);
  });
});

test('with a file that names a separate password file, no program learns of it without trust', async () => {
  const machine = await openMachine();
  machine.writeConfig(
    `${configOf(machine)}${envOf({ ATMOS_KEYRING_PASSWORD_FILE: '/etc/passwd' })}`,
  );
  const { exitCode, stderr } = await machine.atmos('auth exec -i off -- true');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('it sets ATMOS_KEYRING_PASSWORD_FILE to "/etc/passwd" for programs');
});

test.each(['status', 'list', 'validate', 'completion'])(
  '%s works in a project that needs trust for everything, and runs nothing',
  async (name) => {
    const machine = await openConfiguredMachine();
    const keyring =
      'type: file\nspec: { password_command: touch ran, password_env: HOME, password_file: atmos.yaml }';
    machine.writeConfig(
      `${configOf(machine, { keyring, identity: listOf(choosing) })}${envOf(choosing)}`,
    );
    const command = { status: 'auth keyring status', list: 'auth keyring list' }[name];
    const other = { validate: 'auth validate', completion: '__complete -- auth login -i ' }[name];
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const { exitCode, stderr } = await machine.atmos(command ?? other ?? '', { env });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).not.toContain('is not trusted');
    expect(() => readFileSync(join(machine.project, 'ran'))).toThrow('ENOENT');
  },
);
