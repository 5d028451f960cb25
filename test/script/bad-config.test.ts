import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf, keyOnStdin, openConfiguredMachine, openMachine } from './machine.ts';
import { expectRefusal } from './stored.ts';

const minimalFile =
  'save this line as atmos.yaml: auth: { keyring: { type: file }, identities: { dev: { kind: aws/user, default: true } } }';

test('an unknown identity is refused with the closest name', async () => {
  const machine = await openConfiguredMachine();
  const refusal = {
    exitCode: 2,
    message: `unknown identity "emergncy-user": expected emergency-user in ${machine.project}/atmos.yaml`,
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
  await expectRefusal(
    machine,
    'auth login',
    { env: { ATMOS_IDENTITY: 'emergncy-user' } },
    {
      exitCode: 2,
      message: refusal.message.replace('":', '" (from ATMOS_IDENTITY):'),
      hints: ['did you mean emergency-user?', 'unset ATMOS_IDENTITY'],
    },
  );
  await expectRefusal(machine, 'auth logout emergncy-user --keychain --force', {}, refusal);
});

test('an unknown profile is refused with a list of the existing profiles', async () => {
  const machine = await openConfiguredMachine();
  const profiles = join(machine.project, 'profiles');
  for (const name of ['ci', 'laptop']) mkdirSync(join(profiles, name), { recursive: true });
  const hidden = join(machine.project, '.atmos/profiles');
  const places = [hidden, join(machine.home, '.config/atmos/profiles'), profiles].join(', ');
  await expectRefusal(
    machine,
    'auth login --profile labtop',
    {},
    {
      exitCode: 2,
      message: `unknown profile "labtop" (from --profile): expected one of ci, laptop in ${places}`,
      hints: ['did you mean laptop?', 'atmos profile list'],
    },
  );
  await expectRefusal(
    machine,
    'auth login',
    { env: { ATMOS_PROFILE: 'emergency-user' } },
    {
      exitCode: 2,
      message: `unknown profile "emergency-user" (from ATMOS_PROFILE): expected one of ci, laptop in ${places}`,
      hints: [
        'it is an identity: add --identity emergency-user',
        'unset ATMOS_PROFILE',
        'atmos profile list',
      ],
    },
  );
});

test('a missing atmos.yaml is reported with the searched places and a file to paste', async () => {
  const machine = await openConfiguredMachine();
  rmSync(join(machine.project, 'atmos.yaml'));
  const above = [dirname(machine.project)];
  while (above.at(-1) !== '/') above.push(dirname(above.at(-1) ?? '/'));
  const own = ['/usr/local/etc/atmos', join(machine.home, '.atmos')];
  const places = [...own, ...above, machine.project];
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `no atmos.yaml or .atmos.yaml found in ${places.join(', ')}`,
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

test('a YAML syntax error is reported with file, line and column, and without the text', async () => {
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

test('an account id without quotes is reported with the quoted value', async () => {
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

test('a number for a text of a role is reported with the quoted value', async () => {
  const machine = await openConfiguredMachine();
  const place = `${machine.project}/atmos.yaml`;
  machine.writeConfig(`auth:
  identities:
    role:
      kind: aws/assume-role
      default: true
      via: { identity: user }
      principal:
        assume_role: arn:aws:iam::123456789012:role/hub
        external_id: 12345678
        session_tags: { n: 1, on: true }
    user: { kind: aws/user }
`);
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: [
        `principal.external_id of identity role (${place}:9:22) must be text, not the number 12345678`,
        `principal.session_tags.n of identity role (${place}:10:28) must be text, not the number 1`,
        `principal.session_tags.on of identity role (${place}:10:35) must be text, not true`,
      ].join('\n  '),
      hints: [
        'write it in quotes: "12345678"',
        'write it in quotes: "1"',
        'write it in quotes: "true"',
      ],
    },
  );
});

test('an unsupported feature is reported as unsupported, and nothing is done', async () => {
  const machine = await openConfiguredMachine();
  machine.writeConfig(configOf(machine).replace('aws/user', 'gcp/project'));
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `identity emergency-user has the kind gcp/project (${machine.project}/atmos.yaml:7:13), which this version does not support`,
      hints: [
        'supported kinds: aws/user, aws/assume-role, aws/assume-root, aws/permission-set, aws/credential-process, aws/ambient, ambient',
      ],
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

test('an atmos.yaml that other users can write is not used', async () => {
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
      hints: [`chmod go-w ${file}`, `add --config ${file}`, 'export ATMOS_AUTH_TRUST=1'],
    },
  );
});

test('an untrusted project runs no password command and redirects no access key', async () => {
  const machine = await openConfiguredMachine();
  const hints = [
    'atmos auth trust',
    'where no one can be prompted, as in CI: export ATMOS_AUTH_TRUST=1',
  ];
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
  const elsewhere = { directory: machine.root, env: { PWD: undefined } };
  const sent = await machine.atmos(['-C', machine.project, 'auth', 'login'], elsewhere);
  expect(sent.stderr).toContain(`\nhint: atmos auth trust -C ${machine.project}\n`);
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

test('an invalid command line is refused with the closest word', async () => {
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

/** One command in an invalid project. `$` is the project, `~` the home directory. */
interface Wrong {
  /** File contents by path in the project. */
  readonly files: Readonly<Record<string, string>>;
  /** The words after `atmos`. Default: `auth login -i dev`. */
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly message: string;
  readonly hints?: readonly string[];
}

const dev = 'auth: { identities: { dev: { kind: aws/user } } }\n';
const supportedTags =
  'supported tags: !env !exec !include !include.raw !repo-root !git.root !git.sha !git.ref !git.branch !git.repository !git.owner !git.name !git.host !git.url !cwd !random !unset !append';
const oneDirectory = 'it must be the name of a directory, without / and without a leading dot';
const placesOfProfiles = '$/.atmos/profiles, ~/.config/atmos/profiles, $/profiles';

const eleven = Object.fromEntries(
  Array.from({ length: 12 }, (_, i) => [`${i}.yaml`, `import: ${i + 1}.yaml`]),
);

/** The errors of the reference of Atmos, section by section, and of its known weaknesses. */
const wrongs: Readonly<Record<string, Readonly<Record<string, Wrong>>>> = {
  'files that are named (1.1)': {
    'an empty --config': {
      files: {},
      command: 'auth login --config=',
      message: '--config requires the name of a file, but the name is empty',
    },
    'an empty --config-path': {
      files: {},
      command: 'auth login --config-path=',
      message: '--config-path requires the name of a directory, but the name is empty',
    },
    'a hole in ATMOS_CONFIG': {
      files: { 'a.yaml': dev },
      env: { ATMOS_CONFIG: 'a.yaml,' },
      message: 'ATMOS_CONFIG requires the name of a file, but the name is empty',
    },
    'a file that is not there': {
      files: {},
      command: 'auth login --config none.yaml',
      message: '$/none.yaml (from --config) does not exist',
    },
    'a directory for a file': {
      files: { 'sub/atmos.yaml': dev },
      command: 'auth login --config sub',
      message: '$/sub (from --config) is a directory, not a YAML file',
    },
    'a directory that is not there': {
      files: {},
      env: { ATMOS_CONFIG_PATH: 'none' },
      message: '$/none (from ATMOS_CONFIG_PATH) does not exist',
    },
    'a file for a directory': {
      files: { 'a.yaml': dev },
      command: 'auth login --config-path a.yaml',
      message: '$/a.yaml (from --config-path) is a file, not a directory',
      hints: ['add --config a.yaml'],
    },
    'a directory without a configuration': {
      files: { 'sub/other.yaml': dev },
      command: 'auth login --config-path sub',
      message: '$/sub (from --config-path) has no atmos.yaml, atmos.yml, .atmos.yaml, .atmos.yml',
    },
  },
  'imports (1.2)': {
    'a circle': {
      files: { 'atmos.yaml': 'import: a.yaml', 'a.yaml': 'import: [atmos.yaml]' },
      message: 'import.0 ($/a.yaml:1:10) imports itself: $/atmos.yaml → $/a.yaml → $/atmos.yaml',
    },
    'more than ten deep': {
      files: { 'atmos.yaml': 'import: 0.yaml', ...eleven },
      message: 'import ($/9.yaml:1:9) is imported through more than 10 files',
    },
    'what is no text': {
      files: { 'atmos.yaml': 'import: { a: b }' },
      message: 'import ($/atmos.yaml:1:1) must be text or a list of text, not a map',
    },
    'a value in an imported file of a profile': {
      files: {
        'atmos.yaml': dev,
        'profiles/ci/atmos.yaml': 'import: parts/*.yaml',
        'profiles/ci/parts/keyring.yaml': 'auth:\n  keyring:\n    fallback: file\n',
      },
      command: 'auth login --profile ci',
      message:
        'auth.keyring.fallback ($/profiles/ci/parts/keyring.yaml:3:15) must be a list, not the text "file"',
    },
  },
  'tags (1.5)': {
    'one that is none of Atmos': {
      files: { 'atmos.yaml': 'auth:\n  realm: !evn REALM\n' },
      message: 'tag !evn at auth.realm ($/atmos.yaml:2:10) is not a tag of Atmos',
      hints: ['did you mean !env?', supportedTags],
    },
    '!env with too many words': {
      files: { 'atmos.yaml': 'auth:\n  realm: !env A b c\n' },
      message:
        'auth.realm ($/atmos.yaml:2:10) requires the name of a variable and at most one default',
    },
    '!include of what is not there': {
      files: { 'atmos.yaml': 'auth: !include gone.yaml' },
      message: 'auth ($/atmos.yaml:1:7) includes "gone.yaml", which was not found in $',
    },
    '!exec that fails': {
      files: { 'atmos.yaml': 'auth:\n  realm: !exec exit 3\n' },
      env: { ATMOS_AUTH_TRUST: '1' },
      message: 'auth.realm ($/atmos.yaml:2:10) runs a command that exited with code 3',
      hints: ['run the command yourself to see why'],
    },
    '!exec where files are named': {
      files: { 'atmos.yaml': 'base_path: !exec pwd' },
      message:
        'base_path ($/atmos.yaml:1:12) has the tag !exec, which is not allowed here: all files must be known before a command may run',
    },
    '!append to what is no list': {
      files: { 'atmos.yaml': 'auth: { keyring: { fallback: !append file } }' },
      message: 'auth.keyring.fallback ($/atmos.yaml:1:30) has the tag !append, which is for lists',
    },
    'a variable that no environment can hold': {
      files: { 'atmos.yaml': `${dev}env: { A-B: 1 }\n` },
      message: 'env.A-B ($/atmos.yaml:2:13) is not a name for an environment variable',
      hints: ['use letters, digits and _, and do not start with a digit'],
    },
  },
  'environment (1.7)': {
    'a level of the log that is none': {
      files: { 'atmos.yaml': dev },
      env: { ATMOS_LOGS_LEVEL: 'debgu' },
      message:
        'unknown log level "debgu" (from ATMOS_LOGS_LEVEL): expected one of Trace, Debug, Info, Warning, Error, Off',
      hints: ['did you mean Debug?'],
    },
    'a realm that is none': {
      files: { 'atmos.yaml': dev },
      env: { ATMOS_AUTH_REALM: 'My_Realm' },
      message: 'realm "My_Realm" (from ATMOS_AUTH_REALM) contains invalid characters: "M" "R"',
      hints: ['use 1 to 64 of the characters a-z 0-9 - _, such as my-project'],
    },
    'a keyring that is none': {
      files: { 'atmos.yaml': 'auth:\n  keyring:\n    type: keychain\n' },
      message:
        'unknown keyring type "keychain" (from auth.keyring.type ($/atmos.yaml:3:11)): expected one of system, file, memory, vault',
      hints: ['set auth.keyring.type to system, file, memory or vault'],
    },
  },
  'profiles (1.9)': {
    'one that is not there': {
      files: { 'atmos.yaml': dev, 'profiles/ci/a.yaml': '' },
      env: { ATMOS_PROFILE: 'cci' },
      message: `unknown profile "cci" (from ATMOS_PROFILE): expected ci in ${placesOfProfiles}`,
      hints: ['did you mean ci?', 'unset ATMOS_PROFILE', 'atmos profile list'],
    },
    'the default, which is not there': {
      files: { 'atmos.yaml': `${dev}profiles:\n  default: gone\n` },
      message: `unknown profile "gone" (from profiles.default ($/atmos.yaml:3:12)): no profiles exist in ${placesOfProfiles}`,
      hints: ['atmos profile list'],
    },
    'one that leads out of its place': {
      files: { 'atmos.yaml': dev, 'x/a.yaml': '' },
      command: 'auth login --profile ../x',
      message: `"../x" (from --profile) is not a valid profile name: ${oneDirectory}`,
      hints: ['atmos profile list'],
    },
    'one without a file': {
      files: { 'atmos.yaml': dev, 'profiles/ci/readme.md': '' },
      command: 'auth login --profile ci',
      message: 'profile ci (from --profile) has no YAML file in $/profiles/ci',
    },
    'a choice, where nobody can be asked': {
      files: { 'atmos.yaml': dev, 'profiles/ci/a.yaml': '' },
      command: 'auth login --profile',
      message: 'cannot prompt for "Profiles": there is no terminal',
      hints: ['pass --profile NAME, with one of ci'],
    },
    'the word for a choice, as a name': {
      files: { 'atmos.yaml': dev },
      command: 'profile show __SELECT__',
      message: `"__SELECT__" (from the command line) is not a valid profile name: ${oneDirectory}`,
      hints: ['atmos profile list'],
    },
    'one to show that is not there': {
      files: { 'atmos.yaml': dev },
      command: 'profile show ci',
      message: `unknown profile "ci" (from the command line): no profiles exist in ${placesOfProfiles}`,
      hints: ['atmos profile list'],
    },
  },
  'what is in a file': {
    'several faults, in several files, told at once': {
      files: {
        'atmos.yaml': 'import: more.yaml\nauth:\n  realm: []\n  session_files: "no"\n',
        'more.yaml': 'auth: { keyring: { type: 1 } }',
      },
      message: [
        'auth.keyring.type ($/more.yaml:1:26) must be text, not the number 1',
        'auth.realm ($/atmos.yaml:3:3) must be text, not a list',
        'auth.session_files ($/atmos.yaml:4:18) must be true or false, not the text "no"',
      ].join('\n  '),
      hints: ['write it in quotes: "1"'],
    },
    'two documents': {
      files: { 'atmos.yaml': 'a: 1\n---\nb: 2\n' },
      message: '$/atmos.yaml contains more than one YAML document',
      hints: ['keep one document and delete the lines that contain ---'],
    },
    'an identity without a kind': {
      files: { 'atmos.yaml': 'auth: { identities: { dev: {} } }' },
      message: 'identity "dev" ($/atmos.yaml:1:23) has no kind',
      hints: ['add kind: aws/user ($/atmos.yaml:1:23)'],
    },
  },
};

describe.each(Object.entries(wrongs))('%s', (_, section) => {
  test.each(Object.entries(section))('%s', async (_title, wrong) => {
    const machine = await openMachine();
    const { home, project } = machine;
    const shown = (text: string) => text.replaceAll('$', project).replaceAll('~', home);
    rmSync(join(project, 'atmos.yaml'));
    for (const [name, text] of Object.entries(wrong.files)) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    await expectRefusal(
      machine,
      wrong.command ?? 'auth login -i dev',
      { env: wrong.env ?? {} },
      { exitCode: 2, message: shown(wrong.message), hints: (wrong.hints ?? []).map(shown) },
    );
    expect(machine.sts.calls).toEqual([]);
  });
});

test.each([
  ['with spaces', 'not a region'],
  ['of two lines', 'eu-west-1\\ncredential_process = id'],
])('a region %s is reported with its position, and never as a disk error', async (_, region) => {
  const machine = await openConfiguredMachine();
  const identity = `credentials: { region: "${region}" }`;
  machine.writeConfig(configOf(machine, { identity }));
  const refusal = {
    exitCode: 2,
    message: `credentials.region of identity emergency-user (${machine.project}/atmos.yaml:11:30) is not the name of an AWS region: "${region}"`,
    hints: ['write it like eu-central-1'],
  };
  for (const command of ['env', 'env --credentials env', 'login', 'whoami', 'exec -- true']) {
    await expectRefusal(machine, `auth ${command}`, {}, refusal);
  }
  const validated = await machine.atmos('auth validate');
  expect(validated).toMatchObject({ exitCode: 2, stdout: '' });
  expect(validated.stderr).toContain(
    `auth.identities.emergency-user.credentials.region (${machine.project}/atmos.yaml:11:30) is not the name of an AWS region: "${region}"`,
  );
});
