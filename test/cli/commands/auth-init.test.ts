import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDesk } from './desk.ts';
import { person } from './person.ts';

const session = `[sso-session corp]
sso_start_url = https://d-1234567890.awsapps.com/start#/
sso_region = eu-central-1
`;
const portalProfile = (name: string) =>
  `[profile ${name}]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n`;
const key =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n';

/** A home directory with a config file of the AWS CLI, and no atmos.yaml. */
async function openInitDesk(config = `${session}${portalProfile('dev')}`) {
  const desk = await openDesk();
  rmSync(join(desk.project, 'atmos.yaml'));
  mkdirSync(join(desk.root, '.aws'));
  const aws = join(desk.root, '.aws/config');
  if (config !== '') writeFileSync(aws, config);
  const own = join(desk.root, '.atmos/atmos.yaml');
  return { ...desk, aws, own, text: (path = own) => readFileSync(path, 'utf8') };
}

const dev = `  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: https://d-1234567890.awsapps.com/start
      region: eu-central-1
  identities:
    dev:
      kind: aws/permission-set
      default: true
      via:
        provider: corp
      principal:
        name: Admin
        account:
          id: "111111111111"
`;

describe('without an atmos.yaml', () => {
  test("writes the user's own, shows it as a diff, and names the next command", async () => {
    const desk = await openInitDesk();
    const { exitCode, stdout, stderr } = await desk.run('auth init --yes');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(desk.text()).toBe(`auth:\n  realm: corp\n${dev}`);
    const added = desk
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => `+${line}`);
    expect(stderr).toBe(
      ['--- /dev/null', '+++ ~/.atmos/atmos.yaml', '@@ -0,0 +1,17 @@', ...added, ''].join('\n') +
        '✓ Wrote ~/.atmos/atmos.yaml: 1 provider and 1 identity added, realm corp\n' +
        'Next: atmos auth login\nNext: atmos auth aws-config --write --prefix atmos-\n',
    );
    expect(statSync(desk.own).mode & 0o777).toBe(0o600);
  });

  test('asks for the realm, then whether to write', async () => {
    const desk = await openInitDesk();
    const user = person('Our Company', 'ours', true);
    await desk.run('auth init', { person: user });
    expect(user.asked).toEqual([
      'Name of the realm, which separates these credentials from those of other projects',
      '  contains invalid characters: "O" " " "C"',
      `Write ${desk.own}? (Y/n)`,
    ]);
    expect(desk.text()).toContain('  realm: ours\n');
  });

  test('writes nothing if the user declines', async () => {
    const desk = await openInitDesk();
    const { exitCode, stderr } = await desk.run('auth init', { person: person('', false) });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/nothing was written\n$/);
    expect(existsSync(desk.own)).toBe(false);
  });

  test.each(['auth init', 'auth init --realm x'])(
    '%s without a terminal fails and names --yes',
    async (command) => {
      const desk = await openInitDesk();
      const { exitCode, code, stderr } = await desk.run(command);
      expect({ exitCode, code }).toEqual({ exitCode: 2, code: 'ERR_NO_TERMINAL' });
      expect(stderr).toContain('hint: to write without a prompt: add --yes\n');
      expect(existsSync(desk.own)).toBe(false);
    },
  );

  test('the second time writes nothing and asks nothing', async () => {
    const desk = await openInitDesk();
    await desk.run('auth init --yes');
    const before = desk.text();
    const { exitCode, stderr } = await desk.run('auth init');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr:
        'Already in the configuration: "corp", "dev"\n~/.atmos/atmos.yaml is up to date: nothing was written\n',
    });
    expect(desk.text()).toBe(before);
  });

  test('names the command that stores an access key, and the default identity', async () => {
    const desk = await openInitDesk(`[default]\n${key}[profile My Prof]\n[profile "b c"]\n${key}`);
    const { stderr } = await desk.run('auth init --yes');
    expect(stderr).toContain('/.aws/config:4: [profile My Prof] is not the header of a profile');
    expect(stderr).toMatch(
      /warning: the access keys of "b c", "default" are still only in the AWS files\nhint: atmos auth keyring import --from aws-credentials --map 'b c=b c,default=default'\nNext: atmos auth login\n$/,
    );
    expect(desk.text()).not.toContain('AKIA');
    expect(desk.text()).toContain('    default:\n      kind: aws/user\n      default: true\n');
  });
});

test('what it names next works as it is written', async () => {
  const desk = await openInitDesk();
  const { stderr } = await desk.run('auth init --yes');
  const [, login = '', profiles = ''] = /Next: atmos (.+)\nNext: atmos (.+)\n$/.exec(stderr) ?? [];
  expect(login).toBe('auth login');
  expect((await desk.run(profiles)).exitCode).toBe(0);
  expect(desk.text(desk.aws)).toContain('[profile atmos-dev]\n');
});

test('the prefix that it names is free', async () => {
  const desk = await openInitDesk(
    `${session}${portalProfile('dev')}[profile atmos-dev]\nregion = eu-west-1\n`,
  );
  const { stderr } = await desk.run('auth init --yes');
  expect(stderr).toMatch(/\nNext: atmos auth aws-config --write --prefix atmos2-\n$/);
});

describe('the default identity of several', () => {
  const two = `${session}${portalProfile('a')}${portalProfile('b')}`;
  const question =
    'Identity that is used if a command names none: a, b, none: every command names one with -i';

  test('is the one that the user chooses', async () => {
    const desk = await openInitDesk(two);
    const user = person('ours', 'b', true);
    const { stderr } = await desk.run('auth init', { person: user });
    expect(user.asked[1]).toBe(question);
    expect(desk.text()).toMatch(/ {4}a:\n {6}kind: \S+\n {6}via/);
    expect(desk.text()).toMatch(/ {4}b:\n {6}kind: \S+\n {6}default: true\n {6}via/);
    expect(stderr).toContain('\nNext: atmos auth login\n');
  });

  test.each([
    ['auth init', [person('ours', 'none: every command names one with -i', true)]],
    ['auth init --yes', []],
  ])('is not set after %s', async (command, [user]) => {
    const desk = await openInitDesk(two);
    const { stderr } = await desk.run(command, user === undefined ? {} : { person: user });
    expect(desk.text()).not.toContain('default');
    expect(stderr).toContain('\nNext: atmos auth login -i a\n');
  });

  test('is not asked for if the configuration has one', async () => {
    const desk = await openInitDesk(two);
    desk.configure('auth:\n  realm: r\n  identities:\n    me: { kind: aws/user, default: true }\n');
    const user = person(true);
    await desk.run('auth init', { person: user });
    expect(user.asked).toHaveLength(1);
  });
});

describe('with an atmos.yaml', () => {
  const before =
    '# ours\r\nauth:\r\n  realm: r # fixed\r\n  identities: # people\r\n    me: { kind: aws/user }\r\n    # last\r\n\r\n# rest\r\nlogs: { level: Info }\r\n';

  test('keeps every other byte', async () => {
    const desk = await openInitDesk();
    const file = desk.configure(before);
    chmodSync(file, 0o640);
    const { stderr } = await desk.run('auth init --yes');
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    const [providers = '', identities = ''] = dev.split('  identities:\n');
    expect(desk.text(file)).toBe(
      before.replace('    # last\r\n', `    # last\r\n${crlf(identities + providers)}`),
    );
    expect(stderr).toContain(
      '✓ Wrote ~/project/atmos.yaml: 1 provider and 1 identity added, realm r',
    );
    expect(stderr).not.toContain('\\r');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(existsSync(desk.own)).toBe(false);
  });

  test('another realm is refused', async () => {
    const desk = await openInitDesk();
    const file = desk.configure(before);
    const { exitCode, stderr } = await desk.run('auth init --yes --realm x');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `error: --realm "x" differs from the realm "r" of the configuration (from auth.realm (${file}:3:10))\nhint: leave out --realm, or change auth.realm`,
    );
    expect(desk.text(file)).toBe(before);
  });

  test("a project can have another realm than the user's own file", async () => {
    const desk = await openInitDesk();
    await desk.run('auth init --yes');
    const file = desk.configure('auth: {}\n');
    expect((await desk.run('auth init --yes --realm project')).exitCode).toBe(0);
    expect(desk.text(file)).toBe('auth:\n  realm: project\n');
  });

  test('a new realm names the command that copies what is stored', async () => {
    const desk = await openInitDesk();
    desk.configure('auth:\n  identities:\n    me: { kind: aws/user }\n');
    const { stderr } = await desk.run('auth init --yes');
    expect(stderr).toMatch(
      /warning: the realm was [0-9a-f]{16} and is now project: stored credentials remain in the old one\nhint: atmos auth keyring adopt --from-realm [0-9a-f]{16}\n/,
    );
  });

  test("a program in a project's file needs trust", async () => {
    const desk = await openInitDesk('[profile p]\ncredential_process = /bin/helper x\n');
    desk.configure(before);
    const { stderr } = await desk.run('auth init --yes');
    expect(stderr).toContain(
      'warning: "p" runs a program, which a project\'s file may do only after it is trusted\nhint: atmos auth trust\n',
    );
  });

  test('one that cannot be extended is not changed', async () => {
    const desk = await openInitDesk();
    const file = desk.configure('x: &x { realm: r }\nauth: *x\n');
    const { exitCode, stderr } = await desk.run('auth init --yes');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: cannot add to ${file}:2:1 without changing`);
    expect(desk.text(file)).toBe('x: &x { realm: r }\nauth: *x\n');
  });
});

test('-o json has every field', async () => {
  const desk = await openInitDesk(
    `${session}${portalProfile('dev')}output = json\ncolour = red\n[profile me]\n${key}`,
  );
  const { stdout } = await desk.run('auth init --yes -o json');
  const link = { state: 'new' };
  expect(JSON.parse(stdout)).toEqual({
    file: desk.own,
    realm: 'corp',
    sources: [desk.aws, join(desk.root, '.aws/credentials')],
    written: true,
    providers: [
      { ...link, name: 'corp', kind: 'aws/iam-identity-center', from: 'sso-session corp' },
    ],
    identities: [
      { ...link, name: 'dev', kind: 'aws/permission-set', from: 'profile dev' },
      { ...link, name: 'me', kind: 'aws/user', from: 'profile me' },
    ],
    not_imported: [
      { from: 'profile dev', key: 'colour', reason: 'has no equivalent in atmos.yaml' },
    ],
    unused_settings: ['output'],
    keys: [{ profile: 'me', identity: 'me' }],
    needs_trust: [],
  });
});

describe('--from', () => {
  test('reads that file, and its keys are imported from it', async () => {
    const desk = await openInitDesk();
    const other = join(desk.root, 'other');
    writeFileSync(other, `[profile me]\n${key}`);
    const { stderr } = await desk.run('auth init --yes --from ~/other');
    expect(desk.text()).toBe(
      'auth:\n  realm: personal\n  identities:\n    me:\n      kind: aws/user\n      default: true\n',
    );
    expect(stderr).toMatch(
      /hint: export AWS_CONFIG_FILE=\S+\/other\nhint: atmos auth keyring import --from aws-credentials --map me=me\nNext: atmos auth login\n$/,
    );
  });

  test('a file that does not exist is an error', async () => {
    const desk = await openInitDesk();
    const { exitCode, stderr } = await desk.run('auth init --yes --from nope');
    expect(exitCode).toBe(2);
    expect(stderr).toBe(`error: ${desk.project}/nope (from --from) does not exist\n`);
  });

  test('a directory is an error', async () => {
    const desk = await openInitDesk();
    const { exitCode, code } = await desk.run('auth init --yes --from .');
    expect({ exitCode, code }).toEqual({ exitCode: 1, code: 'ERR_IO' });
  });
});

test('without a usable profile nothing is written, and the reasons are shown', async () => {
  const desk = await openInitDesk('[profile x]\nregion = eu-west-1\n');
  const { exitCode, code, stderr } = await desk.run('auth init --yes');
  expect({ exitCode, code }).toEqual({ exitCode: 2, code: 'ERR_USAGE' });
  expect(stderr)
    .toBe(`error: no identity can be made from ~/.aws/config and ~/.aws/credentials, so nothing was written
  profile x: has no credentials
hint: to add a profile that signs in at a portal: aws configure sso
hint: to read another file: atmos auth init --from <file>
`);
});

describe('the error without an atmos.yaml', () => {
  const hint =
    'hint: to create one from 2 profiles in ~/.aws/config that sign in through IAM Identity Center: atmos auth init\n';

  test.each(['auth login', 'auth env', 'auth list', 'auth whoami', 'auth exec -- true'])(
    '%s names auth init and what it found',
    async (command) => {
      const desk = await openInitDesk(`${session}${portalProfile('a')}${portalProfile('b')}`);
      const { exitCode, code, stderr } = await desk.run(command);
      expect({ exitCode, code }).toEqual({ exitCode: 2, code: 'ERR_CONFIG_NOT_FOUND' });
      expect(stderr.endsWith(`\n${hint}`)).toBe(true);
    },
  );

  test('without a portal it names the number of profiles', async () => {
    const desk = await openInitDesk(`[profile x]\n${key}`);
    const { stderr } = await desk.run('auth login');
    expect(stderr).toContain(
      'from 1 profile in ~/.aws/config and ~/.aws/credentials: atmos auth init\n',
    );
  });

  test('without profiles it shows the least that works', async () => {
    const desk = await openInitDesk('');
    const { stderr } = await desk.run('auth login');
    expect(stderr).toContain('hint: save this line as atmos.yaml');
  });
});
