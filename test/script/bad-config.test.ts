import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { configOf, keyOnStdin, openConfiguredMachine, openMachine } from './machine.ts';
import { expectRefusal } from './stored.ts';

const minimalFile = `# atmos.yaml
  auth:
    keyring:
      type: file
    identities:
      dev:
        kind: aws/user
        default: true`;

test('an unknown identity is refused with the nearest name', async () => {
  const machine = await openConfiguredMachine();
  const refusal = {
    exitCode: 2,
    message: `unknown identity "emergncy-user": it is one of emergency-user in ${machine.project}/atmos.yaml`,
    hints: ['did you mean emergency-user?'],
  };
  for (const command of [
    'login',
    'whoami',
    'logout',
    'env',
    'exec',
    'credential-process',
    'user configure --stdin',
  ]) {
    const program = command === 'exec' ? ' -- true' : '';
    await expectRefusal(
      machine,
      `auth ${command} -i emergncy-user${program}`,
      { input: keyOnStdin },
      refusal,
    );
  }
  await expectRefusal(machine, 'auth login', { env: { ATMOS_IDENTITY: 'emergncy-user' } }, refusal);
  await expectRefusal(machine, 'auth logout emergncy-user --keychain --force', {}, refusal);
});

test('an unknown profile is refused with a list of those there are', async () => {
  const machine = await openConfiguredMachine();
  const profiles = join(machine.project, 'profiles');
  for (const name of ['ci', 'laptop']) mkdirSync(join(profiles, name), { recursive: true });
  await expectRefusal(
    machine,
    'auth login --profile labtop',
    {},
    {
      exitCode: 2,
      message: `unknown profile "labtop" (from --profile): it is one of ci, laptop in ${profiles}`,
      hints: ['did you mean laptop?'],
    },
  );
  await expectRefusal(
    machine,
    'auth login',
    { env: { ATMOS_PROFILE: 'emergency-user' } },
    {
      exitCode: 2,
      message: `unknown profile "emergency-user" (from ATMOS_PROFILE): it is one of ci, laptop in ${profiles}`,
      hints: ['it is an identity: use --identity emergency-user'],
    },
  );
});

test('without an atmos.yaml the places looked at are told, and a file to paste', async () => {
  const machine = await openConfiguredMachine();
  rmSync(join(machine.project, 'atmos.yaml'));
  const places = [machine.project];
  while (dirname(places.at(-1) ?? '/') !== places.at(-1))
    places.push(dirname(places.at(-1) ?? '/'));
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `no atmos.yaml: looked for atmos.yaml and atmos.yml in ${places.join(', ')}`,
      hints: [minimalFile],
    },
  );
  await expectRefusal(
    machine,
    'auth login --config other.yaml',
    {},
    {
      exitCode: 2,
      message: `${machine.project}/other.yaml (from --config) does not exist`,
    },
  );
  for (const command of ['--help', 'version', 'auth keyring list', 'auth keyring status']) {
    const env = { ATMOS_KEYRING_TYPE: 'file' };
    expect(await machine.atmos(command, { env })).toMatchObject({ exitCode: 0 });
  }
});

test('YAML that does not parse is told with file, line and column, and not quoted', async () => {
  const machine = await openConfiguredMachine();
  machine.writeConfig(
    'auth:\n  identities:\n    dev:\n      credentials: {secret_access_key: "hunter2\n  keyring: x\n',
  );
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: new RegExp(
        `^error: ${machine.project}/atmos\\.yaml:\\d+:\\d+ is not valid YAML: (?!.*hunter2).+$`,
      ),
    },
  );
  machine.writeConfig('auth:\n\tkeyring: {}\n');
  await expectRefusal(
    machine,
    'auth user configure --stdin',
    { input: keyOnStdin },
    {
      exitCode: 2,
      message: new RegExp(`^error: ${machine.project}/atmos\\.yaml:2:1 is not valid YAML: `),
    },
  );
});

test('an account id that lost its quotes is told with the quotes it needs', async () => {
  const machine = await openConfiguredMachine();
  machine.writeConfig(
    configOf(machine, { identity: 'principal:\n  account:\n    id: 012345678901' }),
  );
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `auth.identities.emergency-user.principal.account.id (${machine.project}/atmos.yaml:13:15) must be text, not a number`,
      hints: ['write it in quotes: "012345678901"'],
    },
  );
});

test('what this version cannot do yet is told as that, and not done in part', async () => {
  const machine = await openConfiguredMachine();
  machine.writeConfig(configOf(machine).replace('aws/user', 'aws/assume-role'));
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `identity emergency-user has the kind aws/assume-role (${machine.project}/atmos.yaml:7:13), which this version cannot use yet`,
      hints: ['kinds that work: aws/user'],
    },
  );
  machine.writeConfig(configOf(machine).replace('aws/user', 'aws/usr'));
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `identity emergency-user has an unknown kind "aws/usr" (${machine.project}/atmos.yaml:7:13)`,
      hints: ['did you mean aws/user?'],
    },
  );
});

test('an atmos.yaml that others can write is not used', async () => {
  const machine = await openConfiguredMachine();
  const file = join(machine.project, 'atmos.yaml');
  chmodSync(file, 0o666);
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `${file} can be written by other users, so it is not used`,
      hints: [`chmod go-w ${file}`, `--config ${file}`, 'export ATMOS_AUTH_TRUST=1'],
    },
  );
});

test('a project runs no password command and sends no key elsewhere unless it is trusted', async () => {
  const machine = await openConfiguredMachine();
  const hints = ['export ATMOS_AUTH_TRUST=1', '--config FILE'];
  machine.writeConfig(
    configOf(machine, { keyring: 'type: file\nspec:\n  password_command: touch ran' }),
  );
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: new RegExp(
        `^error: the configuration in ${machine.project} is not trusted: it runs? the password command touch ran`,
      ),
      hints,
    },
  );
  machine.writeConfig(configOf(machine).replace(machine.sts.url, 'https://sts.example.com'));
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: new RegExp(
        `^error: the configuration in ${machine.project} is not trusted: it sends? signed requests to https://sts.example.com`,
      ),
      hints,
    },
  );
  expect(machine.sts.calls).toEqual([]);
});

test('a command line that is not understood is refused with the nearest word', async () => {
  const machine = await openMachine();
  await expectRefusal(
    machine,
    'auth logn',
    {},
    {
      exitCode: 2,
      message: 'unknown command "logn" for "atmos auth"',
      hints: ['did you mean login?', 'atmos auth --help'],
    },
  );
  await expectRefusal(
    machine,
    'auth login --frce=wJalrXUtnFEMI',
    {},
    {
      exitCode: 2,
      message: 'unknown option "--frce" for "atmos auth login"',
      hints: ['did you mean --force?', 'atmos auth login --help'],
    },
  );
});
