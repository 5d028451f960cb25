import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseKnownFiles } from '@smithy/shared-ini-file-loader';
import { describe, expect, test } from 'vitest';
import { openDesk, type Desk } from './desk.ts';

const yaml = `auth:
  realm: r
  keyring: { type: memory }
  identities:
    dev:
      kind: aws/user
      default: true
      credentials: { region: eu-central-1 }
    prod: { kind: aws/user }
    admin: { kind: gcp/project }
    broken: { kind: aws/user, credentials: { region: 5 } }
`;
const warning =
  'warning: the memory keyring keeps entries only until the process exits: each program will open a session of its own\n';

async function openAwsDesk(config = '') {
  const desk = await openDesk();
  desk.configure(yaml);
  mkdirSync(join(desk.root, '.aws'));
  const [path, credentials] = [join(desk.root, '.aws/config'), join(desk.root, '.aws/credentials')];
  if (config !== '') writeFileSync(path, config);
  return { ...desk, path, credentials, text: () => readFileSync(path, 'utf8') };
}

function handlesOf({ root }: Pick<Desk, 'root'>): string[] {
  const directory = join(root, 'state/atmos/handles');
  return existsSync(directory) ? readdirSync(directory) : [];
}

const skipped = ({ project }: Desk, abbreviated = true) => {
  const file = join(abbreviated ? '~/project' : project, 'atmos.yaml');
  return {
    admin: `identity admin has the kind gcp/project (${file}:10:20), which this version does not support`,
    broken: `credentials.region of identity broken (${file}:11:54) must be text, not a number`,
  };
};

describe('--write', () => {
  test('writes a profile for each usable identity, and says which it skipped', async () => {
    const desk = await openAwsDesk('[default]\nregion = x\n');
    const { admin, broken } = skipped(desk);
    expect(await desk.run('auth aws-config --write')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `${warning}skipped admin: ${admin}
skipped broken: ${broken}
✓ Wrote ~/.aws/config: 2 profiles added
Next: aws sts get-caller-identity --profile dev
`,
    });
    const start = `${process.execPath} /opt/atmos-auth/dist/cli/main.cjs auth credential-process --handle ${desk.root}/state/atmos/handles/`;
    const names = [...desk.text().matchAll(/handles\/(\w{22}\.json)$/gm)].map(([, name]) => name);
    expect(desk.text()).toBe(`[default]
region = x
# >>> atmos auth aws-config: realm r >>>
# Changes between these lines are lost when atmos auth aws-config --write runs again.
[profile dev]
credential_process = ${start}${names[0]}
region = eu-central-1
[profile prod]
credential_process = ${start}${names[1]}
region = us-east-1
# <<< atmos auth aws-config: realm r <<<
`);
    expect(handlesOf(desk)).toEqual(expect.arrayContaining(names));
  });

  test.each(['--write', '--print'])('%s lists profiles of other names', async (action) => {
    const desk = await openAwsDesk();
    desk.configure(yaml.replace('    prod:', '    "prod east":'));
    const { stdout, stderr } = await desk.run(`auth aws-config ${action}`);
    expect(stderr).toContain('identity prod east has the profile atmos-3d18fa03\n');
    expect(stderr).not.toContain('identity dev has');
    const block = action === '--print' ? stdout : desk.text();
    expect(block).toContain('# identity: prod east\n[profile atmos-3d18fa03]\n');
  });

  test('the second time writes nothing and says so', async () => {
    const desk = await openAwsDesk();
    await desk.run('auth aws-config --write');
    const text = desk.text();
    const { exitCode, stderr } = await desk.run('auth aws-config --write');
    expect({ exitCode, last: stderr.split('\n').at(-2) }).toEqual({
      exitCode: 0,
      last: '~/.aws/config is up to date: nothing was written',
    });
    expect(desk.text()).toBe(text);
  });

  test('reports a profile of the same name elsewhere, and skips it', async () => {
    const desk = await openAwsDesk('[profile dev]\n');
    const { stderr } = await desk.run('auth aws-config --write');
    expect(stderr).toContain('skipped dev: the profile dev is already in ~/.aws/config:1\n');
    expect(desk.text()).not.toContain('eu-central-1');
    writeFileSync(desk.credentials, '\n[prod]\n');
    const again = await desk.run('auth aws-config --write --prefix my-');
    expect(again.stderr).toContain('✓ Wrote ~/.aws/config: 2 profiles added, 1 removed\n');
    expect(desk.text()).toContain('[profile my-dev]\n');
  });

  test('writes only identities whose names match', async () => {
    const desk = await openAwsDesk();
    await desk.run('auth aws-config --write --identities D?V');
    expect(desk.text()).toMatch(/profile dev/);
    expect(desk.text()).not.toMatch(/profile prod/);
    await desk.run(['auth', 'aws-config', '--write', '--identities', 'pr*']);
    expect(desk.text()).toMatch(/profile prod/);
    expect(desk.text()).not.toMatch(/profile dev/);
  });

  test('-o json has every field', async () => {
    const desk = await openAwsDesk();
    const { stdout } = await desk.run('auth aws-config --write -o json');
    const { admin, broken } = skipped(desk, false);
    expect(JSON.parse(stdout)).toEqual({
      file: desk.path,
      realm: 'r',
      changed: true,
      profiles: [
        { identity: 'dev', profile: 'dev', change: 'added' },
        { identity: 'prod', profile: 'prod', change: 'added' },
      ],
      removed: [],
      skipped: [
        { identity: 'admin', reason: admin },
        { identity: 'broken', reason: broken },
      ],
    });
  });

  test('changes the file of AWS_CONFIG_FILE, but not one that auth env or atmos.yaml set', async () => {
    const desk = await openAwsDesk();
    const named = join(desk.root, 'named');
    const write = (env: Record<string, string>) => desk.run('auth aws-config --write', { env });
    expect((await write({ AWS_CONFIG_FILE: named })).exitCode).toBe(0);
    expect(existsSync(named)).toBe(true);
    expect(existsSync(desk.path)).toBe(false);
    desk.configure(`${yaml}env: { AWS_CONFIG_FILE: ${join(desk.root, 'other')} }\n`);
    await write({
      AWS_CONFIG_FILE: join(desk.root, 'set'),
      ATMOS_AUTH_ENV_SET: 'AWS_CONFIG_FILE',
    });
    expect(existsSync(desk.path)).toBe(true);
    expect(readdirSync(desk.root).toSorted()).toEqual(['.aws', 'named', 'project', 'state']);
  });

  test('gives every name of an identity a profile that the JavaScript SDK finds', async () => {
    const desk = await openAwsDesk('[default]\nregion = x\n');
    const names = ['a b', 'x]', '[profile y]', 'müller', 'default', '# c', 'a=b', 'dev'];
    const identities = Object.fromEntries(names.map((name) => [name, { kind: 'aws/user' }]));
    const keyring = { type: 'memory' };
    desk.configure(JSON.stringify({ auth: { realm: 'r', keyring, identities } }));
    const { stdout, stderr, exitCode } = await desk.run('auth aws-config --write -o json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: warning });
    const written: { identity: string; profile: string }[] = JSON.parse(stdout).profiles;
    expect(written.map(({ identity }) => identity).toSorted()).toEqual(names.toSorted());
    const filepath = desk.credentials;
    const read = await parseKnownFiles({ filepath, configFilepath: desk.path });
    expect(Object.keys(read).toSorted()).toEqual(
      ['default', ...written.map(({ profile }) => profile)].toSorted(),
    );
    expect(read['default']).toEqual({ region: 'x' });
    expect(written.find(({ identity }) => identity === 'default')?.profile).toBe('atmos-37a8eec1');
  });

  test.each([
    ['in a variable of this shell', 'a password'],
    ['that no program can get', undefined],
  ])('warns of a password %s, after the result', async (_, password) => {
    const desk = await openAwsDesk();
    desk.configure(yaml.replace('memory', 'file'));
    const { exitCode, stderr } = await desk.run('auth aws-config --write', {
      env: { ATMOS_KEYRING_PASSWORD: password },
    });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /✓ Wrote [^]*\nwarning: programs are never prompted for the password of the file keyring: a program that does not get it in a variable finds the keyring locked\nhint: atmos auth keyring unlock\n/,
      ),
    });
  });
});

describe('--print', () => {
  test('prints the block that --write writes, and changes no file', async () => {
    const desk = await openAwsDesk();
    const { stdout, stderr } = await desk.run('auth aws-config --print');
    expect(existsSync(desk.path)).toBe(false);
    expect(stderr).toMatch(/^skipped admin: .*\nskipped broken: .*\n$/);
    await desk.run('auth aws-config --write');
    expect(desk.text()).toBe(stdout);
    const names = [...stdout.matchAll(/handles\/(\w{22}\.json)$/gm)].map(([, name]) => name);
    expect(names).toHaveLength(2);
    expect(handlesOf(desk)).toEqual(expect.arrayContaining(names));
  });
});

describe('--remove', () => {
  test('restores the file, also without atmos.yaml', async () => {
    const before = '# mine\r\n[default]\r\nregion = x';
    const desk = await openAwsDesk(before);
    await desk.run('auth aws-config --write');
    const elsewhere = { host: { workingDirectory: () => desk.root } };
    const none = await desk.run('auth aws-config --remove', elsewhere);
    expect(none).toMatchObject({
      exitCode: 0,
      stderr: '~/.aws/config has no profiles of realm default: nothing was written\n',
    });
    const removed = await desk.run('auth aws-config --remove', {
      ...elsewhere,
      env: { ATMOS_AUTH_REALM: 'r' },
    });
    expect(removed).toMatchObject({
      exitCode: 0,
      stderr: '✓ Wrote ~/.aws/config: 2 profiles removed\n',
    });
    expect(desk.text()).toBe(before);
  });

  test('-o json lists the removed profiles', async () => {
    const desk = await openAwsDesk();
    await desk.run('auth aws-config --write');
    const { stdout } = await desk.run('auth aws-config --remove -o json');
    expect(JSON.parse(stdout)).toEqual({
      file: desk.path,
      realm: 'r',
      changed: true,
      profiles: [],
      removed: ['dev', 'prod'],
      skipped: [],
    });
  });
});

describe('is refused, with nothing changed:', () => {
  const noProfile = (desk: Desk) =>
    `no identity can have a profile in ${desk.root}/.aws/config, so nothing was written`;

  test.each<[string, string[], string, string]>([
    ['no action', [], 'ERR_USAGE', 'one of --write, --remove and --print is required'],
    ['two actions', ['--write', '--print'], 'ERR_USAGE', '--write cannot be combined with --print'],
    [
      'options of another action',
      ['--remove', '--prefix', 'x'],
      'ERR_USAGE',
      '--remove cannot be combined with --prefix',
    ],
    [
      'JSON of text',
      ['--print', '-o', 'json'],
      'ERR_USAGE',
      '--print cannot be combined with --output',
    ],
    [
      'a prefix with a space',
      ['--write', '--prefix', 'x y'],
      'ERR_USAGE',
      '--prefix "x y" cannot begin the name of an AWS profile',
    ],
    [
      'a pattern that matches nothing',
      ['--write', '--identities', 'pr[o]d'],
      'ERR_IDENTITY_UNKNOWN',
      'no identity matches "pr[o]d": the identities are "admin", "broken", "dev", "prod"',
    ],
  ])('%s', async (_, options, code, message) => {
    const desk = await openAwsDesk('[default]\n');
    const { stderr, ...result } = await desk.run(['auth', 'aws-config', ...options]);
    expect(result).toEqual({ exitCode: 2, stdout: '', code });
    expect(stderr.split('\n')[0]).toBe(`error: ${message}`);
    expect(desk.text()).toBe('[default]\n');
    expect(handlesOf(desk)).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('a directory that others can write to', async () => {
    const desk = await openAwsDesk('[default]\n');
    chmodSync(dirname(desk.path), 0o777);
    const { stderr, ...result } = await desk.run('auth aws-config --write');
    expect(result).toEqual({ exitCode: 2, stdout: '', code: 'ERR_USAGE' });
    expect(stderr).toContain('which can be changed by other users (mode 0777)\n');
    expect(desk.text()).toBe('[default]\n');
    expect(handlesOf(desk)).toEqual([]);
  });

  test('identities that cannot be used', async () => {
    const desk = await openAwsDesk('[default]\n');
    const { code, exitCode, stderr } = await desk.run('auth aws-config --write --identities admin');
    expect({ code, exitCode }).toEqual({ code: 'ERR_USAGE', exitCode: 2 });
    expect(stderr).toBe(
      `error: ${noProfile(desk)}\n  admin: ${skipped(desk, false).admin}\nhint: atmos auth validate\n`,
    );
    expect(desk.text()).toBe('[default]\n');
  });

  test('identities whose profiles are all taken', async () => {
    const desk = await openAwsDesk('[profile dev]\n');
    const { code, stderr } = await desk.run('auth aws-config --write --identities dev');
    expect(code).toBe('ERR_USAGE');
    expect(stderr).toBe(
      `error: ${noProfile(desk)}\n  dev: the profile dev is already in ${desk.path}:1\nhint: atmos auth aws-config --write --identities dev --prefix atmos-\n`,
    );
    expect(handlesOf(desk)).toEqual([]);
  });

  test('a name with a line break', async () => {
    const desk = await openAwsDesk('[default]\n');
    const identities = { 'x]\n[profile y': { kind: 'aws/user' } };
    desk.configure(JSON.stringify({ auth: { realm: 'r', identities } }));
    const result = await desk.run('auth aws-config --write');
    expect(result).toMatchObject({ exitCode: 2, code: 'ERR_CONFIG_INVALID' });
    expect(desk.text()).toBe('[default]\n');
  });

  test('a configuration without identities', async () => {
    const desk = await openAwsDesk();
    desk.configure('auth: { realm: r }\n');
    const result = await desk.run('auth aws-config --write');
    expect(result).toMatchObject({ exitCode: 2, code: 'ERR_IDENTITY_REQUIRED' });
  });

  test('a block without its end', async () => {
    const text = '# >>> atmos auth aws-config: realm r >>>\n[profile dev]\n';
    const desk = await openAwsDesk(text);
    for (const action of ['--write', '--remove', '--print']) {
      expect(await desk.run(`auth aws-config ${action}`)).toEqual({
        exitCode: 2,
        code: 'ERR_USAGE',
        stdout: '',
        stderr: `error: ${desk.path}:1 begins a block of realm r, but its last line is missing\nhint: remove the lines of the block, then run this again (${desk.path}:1)\n`,
      });
    }
    expect(desk.text()).toBe(text);
    expect(handlesOf(desk)).toEqual([]);
  });

  test('a program without a home directory', async () => {
    const desk = await openAwsDesk();
    const host = { homeDirectory: undefined };
    const { exitCode, code, stderr } = await desk.run('auth aws-config --write', { host });
    expect({ exitCode, code }).toEqual({ exitCode: 2, code: 'ERR_USAGE' });
    expect(stderr).toContain('error: no home directory for the AWS files: HOME is not set');
  });

  test('a credentials file that cannot be read', async () => {
    const desk = await openAwsDesk();
    mkdirSync(desk.credentials);
    const { exitCode, code, stderr } = await desk.run('auth aws-config --write');
    expect({ exitCode, code }).toEqual({ exitCode: 1, code: 'ERR_IO' });
    expect(stderr).toContain(`cannot read the AWS file ${desk.credentials}: it is a directory\n`);
    expect(existsSync(desk.path)).toBe(false);
  });
});

describe('auth env', () => {
  const variablesOf = async (desk: Desk, options = '', env = {}) => {
    const { stdout, stderr } = await desk.run(`auth env -f json ${options}`, { env });
    const variables: Record<string, string | null> = JSON.parse(stdout);
    return { variables, stderr };
  };

  test('uses the profile in the user file, and lets programs read that file', async () => {
    const desk = await openAwsDesk('[profile mine]\n');
    const before = await variablesOf(desk);
    expect(before.variables).toHaveProperty('AWS_CONFIG_FILE');
    expect(before.stderr).toContain('hides AWS files');
    await desk.run('auth aws-config --write --prefix my-');
    const { variables, stderr } = await variablesOf(desk);
    expect(stderr).not.toContain('hides AWS files');
    const set = Object.entries(variables).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    );
    expect(set).toEqual([
      [
        'ATMOS_AUTH_ENV_SET',
        'ATMOS_IDENTITY,AWS_DEFAULT_REGION,AWS_EC2_METADATA_DISABLED,AWS_PROFILE,AWS_REGION,AWS_SDK_LOAD_CONFIG',
      ],
      ['ATMOS_IDENTITY', 'dev'],
      ['AWS_DEFAULT_REGION', 'eu-central-1'],
      ['AWS_EC2_METADATA_DISABLED', 'true'],
      ['AWS_PROFILE', 'my-dev'],
      ['AWS_REGION', 'eu-central-1'],
      ['AWS_SDK_LOAD_CONFIG', '1'],
    ]);
    expect(variables).toMatchObject({ AWS_ACCESS_KEY_ID: null, AWS_DEFAULT_PROFILE: null });
    expect(variables).not.toHaveProperty('AWS_CONFIG_FILE');
    expect(variables).not.toHaveProperty('AWS_SHARED_CREDENTIALS_FILE');
    const env = Object.fromEntries(set);
    const unset = await desk.run('auth env --unset -f json', { env });
    expect(Object.keys(JSON.parse(unset.stdout)).toSorted()).toEqual([
      'ATMOS_AUTH_ENV_SET',
      'ATMOS_IDENTITY',
      'AWS_DEFAULT_REGION',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_PROFILE',
      'AWS_REGION',
      'AWS_SDK_LOAD_CONFIG',
    ]);
  });

  test('takes back the files that an earlier auth env set', async () => {
    const desk = await openAwsDesk();
    const { variables: first } = await variablesOf(desk);
    await desk.run('auth aws-config --write');
    const { variables } = await variablesOf(desk, '', first);
    expect(variables).toMatchObject({
      AWS_CONFIG_FILE: null,
      AWS_SHARED_CREDENTIALS_FILE: null,
      AWS_PROFILE: 'dev',
    });
  });

  test.each<[string, (desk: Awaited<ReturnType<typeof openAwsDesk>>) => Record<string, string>]>([
    [
      'a changed configuration',
      ({ configure }) => {
        configure(yaml.replace('realm: r', 'realm: q'));
        return {};
      },
    ],
    [
      'a section of that name in the credentials file',
      ({ credentials }) => {
        writeFileSync(credentials, '[dev]\n');
        return {};
      },
    ],
    [
      'another section of that name',
      ({ path, text }) => {
        writeFileSync(path, `${text()}[profile dev]\n`);
        return {};
      },
    ],
    ['another AWS_CONFIG_FILE', ({ root }) => ({ AWS_CONFIG_FILE: join(root, 'other') })],
    ['a relative AWS_CONFIG_FILE', () => ({ AWS_CONFIG_FILE: '.aws/config' })],
  ])('writes a file of its own for %s', async (_, change) => {
    const desk = await openAwsDesk();
    await desk.run('auth aws-config --write');
    const { variables } = await variablesOf(desk, '', change(desk));
    expect(variables['AWS_CONFIG_FILE']).toMatch(/handles\/\w{22}\.aws-config$/);
    expect(variables['AWS_PROFILE']).toBe('dev');
  });

  test('is described by whoami', async () => {
    const desk = await openAwsDesk();
    await desk.run('auth aws-config --write --prefix my-');
    const { stdout } = await desk.run('auth whoami -o json');
    const { environment } = JSON.parse(stdout);
    expect(environment).toMatchObject({ AWS_PROFILE: 'my-dev' });
    expect(environment).not.toHaveProperty('AWS_CONFIG_FILE');
  });
});
