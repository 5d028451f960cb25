import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyKeychainDirectory, keychainPassword } from '../../keyring/file/other-entries.ts';
import { contentsOf, seedEntries, seedKeyring, writeEntry } from '../../keyring/file/seed.ts';
import { sealEntry } from '../../keyring/file/tokens.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import {
  openDesk,
  shortPath,
  storedKey,
  user,
  type Desk,
  type DeskOptions,
  type RunOptions,
} from './desk.ts';
import { person } from './person.ts';

const command = 'auth keyring import';
const otherPassword = 'the other password';
const secondKey = {
  accessKeyId: 'AKIAI44QH8DHBEXAMPLE',
  secretAccessKey: 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY',
};
const secrets = [user.secretAccessKey, secondKey.secretAccessKey, testPassword, otherPassword];

/**
 * A desk with two identities that can have a stored access key, `dev` and `ops`, and one that
 * cannot.
 */
async function openImportDesk(options: DeskOptions = {}): Promise<Desk> {
  const desk = await openDesk(options);
  desk.configure(`auth:
  realm: r
  keyring:
    type: file
  identities:
    dev:
      kind: aws/user
    Ops:
      kind: aws/user
    written:
      kind: aws/user
      credentials:
        access_key_id: AKIAIOSFODNN7EXAMPLE
        secret_access_key: !env SECRET
    other:
      kind: aws/assume-role
`);
  desk.env['SECRET'] = secondKey.secretAccessKey;
  return desk;
}

/** Runs the command. Its output must contain no secret. */
async function run(desk: Desk, options: string, given?: RunOptions) {
  const result = await desk.run(`${command} ${options}`.trim(), given);
  for (const text of [result.stdout, result.stderr]) {
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
  return result;
}

function vaultItem({ accessKeyId, secretAccessKey }: typeof secondKey, sessionToken = ''): string {
  return JSON.stringify({
    AccessKeyID: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Source: '',
    CanExpire: false,
    Expires: '0001-01-01T00:00:00Z',
  });
}

/** The result for each profile in a JSON report. */
function statesOf(stdout: string): Record<string, string> {
  const { entries } = JSON.parse(stdout) as {
    entries: { profile: string; state: string; key: string | null }[];
  };
  return Object.fromEntries(entries.map(({ profile, state, key }) => [profile, `${state} ${key}`]));
}

test('a token that Go stored for a provider is recognized, and is not copied after it has expired', async () => {
  const desk = await openImportDesk();
  const args = `--from atmos-file --path ${copyKeychainDirectory()}`;
  desk.env['ATMOS_KEYRING_IMPORT_PASSWORD'] = keychainPassword;
  const told = async (options: string) => {
    const { exitCode, stdout } = await run(desk, `${args} -o json ${options}`);
    const { entries } = JSON.parse(stdout) as { entries: Record<string, unknown>[] };
    expect(exitCode).toBe(0);
    return entries.map(({ key, item, state, code }) => ({ key, item, state, code }));
  };
  const me = { key: 'atmos_r1_me', item: 'key', state: 'copied', code: null };
  const corp = { key: 'atmos_r1_corp', item: 'token', code: null };
  expect(await told('--dry-run')).toEqual([{ ...corp, state: 'copied' }, me]);
  desk.clock.now = new Date('2100-01-01T00:00:00Z');
  expect(await told('')).toEqual([{ ...corp, state: 'expired' }, me]);
  const { stderr } = await run(desk, args);
  expect(stderr).toContain('expired        token');
  expect(stderr).toContain('1 expired, 1 already there: from atmos-file');
});

test.each([
  ['', '--from is missing: it is atmos-file, archive, aws-vault or aws-credentials'],
  [
    '--from aws-valt',
    'invalid value "aws-valt" for --from: expected one of atmos-file, archive, aws-vault, aws-credentials',
  ],
  ['--from aws-vault', 'the keyring directory .*/\\.awsvault/keys \\(default\\) does not exist'],
  [
    '--from aws-vault --path /nonexistent',
    'the keyring directory /nonexistent \\(--path\\) does not exist',
  ],
  [
    '--from atmos-file --path /nonexistent',
    'the keyring directory /nonexistent \\(--path\\) does not exist',
  ],
  ['--from atmos-file', '.*/data/atmos/keyring \\(default\\) is the configured keyring'],
  ['--from atmos-file --yes', '--yes cannot be used with --from atmos-file, which has no profiles'],
  [
    '--from atmos-file --map a=b',
    '--map cannot be used with --from atmos-file, which has no profiles',
  ],
  [
    '--from aws-credentials --path /nonexistent',
    'the file /nonexistent \\(--path\\) does not exist',
  ],
  ['--from aws-credentials', 'the file .*/\\.aws/credentials does not exist'],
])('an invalid command is refused: import %s', async (options, message) => {
  const desk = await openImportDesk({ entries: storedKey });
  const before = desk.stored();
  const result = await run(desk, options);
  expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2, stdout: '' });
  expect(result.stderr).toMatch(new RegExp(`^error: ${message}.*\n(hint: .*\n)+$`));
  expect(desk.stored()).toEqual(before);
});

test('an import into a keyring that stores nothing is refused', async () => {
  const desk = await openImportDesk();
  const env = { ATMOS_KEYRING_TYPE: 'memory' };
  for (const from of ['atmos-file', 'aws-vault', 'aws-credentials']) {
    const result = await run(desk, `--from ${from}`, { env });
    expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
    expect(result.stderr).toContain(
      'the memory keyring (from ATMOS_KEYRING_TYPE) keeps entries only until',
    );
  }
});

describe('from another file keyring of Atmos', () => {
  const theirs = { ...storedKey, 'atmos_r_dev@session': 'x', atmos_legacy: '{}', other: 'y' };

  test('every entry is copied with its name, and the source is not changed', async () => {
    const desk = await openImportDesk({ entries: { atmos_legacy: 'another' } });
    const source = await seedEntries(theirs);
    const before = contentsOf(source);
    const result = await run(desk, `--from atmos-file --path ${source}`);
    expect(result).toMatchObject({ code: 'ERR_STORE_CONFLICT', exitCode: 1, stdout: '' });
    expect(result.stderr).toContain(
      `1 conflict, 2 copied: from atmos-file (${source}) to file (~/data/atmos/keyring)\n` +
        'not copied, other entries:\n' +
        '  other\n' +
        'error: 1 of 3 failed:\n' +
        '  atmos_legacy already exists with a different value\n' +
        `hint: to overwrite existing entries: atmos auth keyring import --from atmos-file --path ${source} --force\n`,
    );
    expect(await run(desk, `--from atmos-file --path ${source} --force`)).toMatchObject({
      exitCode: 0,
    });
    const keyring = desk.openKeyring();
    for (const key of await keyring.keys()) {
      expect(await keyring.get(key)).toBe(theirs[key as keyof typeof theirs]);
    }
    expect(await keyring.keys()).toHaveLength(3);
    expect(contentsOf(source)).toEqual(before);
  });

  test('the source can have another password, with its own variable', async () => {
    const desk = await openImportDesk({ entries: storedKey });
    const source = await seedEntries({ atmos_r_ops: 'x' }, otherPassword);
    const options = `--from atmos-file --path ${source}`;
    const wrong = await run(desk, options);
    expect(wrong).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_WRONG', exitCode: 3, stdout: '' });
    expect(wrong.stderr).toContain(
      `hint: for the password of ${source}: read -rs ATMOS_KEYRING_IMPORT_PASSWORD && export ATMOS_KEYRING_IMPORT_PASSWORD\n`,
    );
    const env = { ATMOS_KEYRING_IMPORT_PASSWORD: otherPassword };
    expect(await run(desk, options, { env })).toMatchObject({ exitCode: 0 });
    expect(await desk.openKeyring().get('atmos_r_ops')).toBe('x');
  });

  test('both passwords are prompted for, each with its directory', async () => {
    const desk = await openImportDesk({ entries: storedKey });
    const source = await seedEntries({ atmos_r_ops: 'x' }, otherPassword);
    const ada = person(otherPassword, testPassword);
    const result = await run(desk, `--from atmos-file --path ${source}`, {
      person: ada,
      env: { ATMOS_KEYRING_PASSWORD: undefined },
    });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual([
      `Password of the keyring ${source}`,
      `Password of the keyring ${shortPath(desk, desk.directory)}`,
    ]);
  });

  test('a source that is a link to the configured keyring is refused', async () => {
    const desk = await openImportDesk({ entries: storedKey });
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(desk.directory, link);
    const result = await run(desk, `--from atmos-file --path ${link}`);
    expect(result).toMatchObject({ code: 'ERR_USAGE' });
    expect(result.stderr).toContain(`${link} (--path) is the configured keyring`);
  });

  test('a source that disappears meanwhile is reported', async () => {
    const desk = await openImportDesk();
    const source = await seedKeyring({ atmos_r_a: 'x', atmos_r_b: 'y' });
    const monotonicMs = () => {
      rmSync(source, { recursive: true, force: true });
      return performance.now();
    };
    const result = await run(desk, `--from atmos-file --path ${source} -o json`, {
      host: { monotonicMs },
    });
    expect(result).toMatchObject({ code: 'ERR_STORE_CONFLICT', exitCode: 1 });
    expect(JSON.parse(result.stdout)).toMatchObject({
      complete: false,
      entries: [{ state: 'gone' }, { state: 'gone' }],
    });
  });
});

describe('from aws-vault', () => {
  const items = {
    dev: vaultItem(user),
    work: vaultItem(secondKey),
    'sts.GetSessionToken,d29yaw,,1700000000': vaultItem(secondKey, 'token'),
    'oidc:https://example.awsapps.com/start': '{}',
  };
  const env = { AWS_VAULT_FILE_PASSPHRASE: otherPassword };

  /** aws-vault's keyring in its default directory. */
  async function installVault(desk: Desk, entries: Record<string, string> = items) {
    const directory = join(desk.root, '.awsvault/keys');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const [key, value] of Object.entries(entries)) {
      writeEntry(directory, key, await sealEntry({ key, value }, otherPassword));
    }
    return directory;
  }

  test('the user chooses an identity for each profile', async () => {
    const desk = await openImportDesk();
    const directory = await installVault(desk);
    const before = contentsOf(directory);
    const ada = person(otherPassword, 'dev', 'Ops');
    const result = await run(desk, '--from aws-vault', { person: ada });
    expect(ada.asked).toEqual([
      `Password of the keyring ${shortPath(desk, directory)}`,
      'Identity for the access key of profile dev: dev, Ops, (do not import this profile)',
      'Identity for the access key of profile work: Ops, (do not import this profile)',
    ]);
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: [
        'STATE   PROFILE  ITEM  IDENTITY  REALM  KEY',
        'copied  dev      key   dev       r      atmos_r_dev',
        'copied  work     key   ops       r      atmos_r_ops',
        `2 copied: from aws-vault (~/.awsvault/keys) to file (~/data/atmos/keyring)`,
        'not copied, other entries:',
        '  oidc:https://example.awsapps.com/start',
        '  sts.GetSessionToken,d29yaw,,1700000000',
        '',
      ].join('\n'),
    });
    expect(contentsOf(directory)).toEqual(before);
    expect(JSON.parse((await desk.openKeyring().get('atmos_r_ops')) ?? '')).toMatchObject({
      type: 'aws',
      data: {
        access_key_id: secondKey.accessKeyId,
        secret_access_key: secondKey.secretAccessKey,
      },
      realm: 'r',
      alias: 'Ops',
      item: 'key',
    });
  });

  test('the MFA device of a profile is copied and reported', async () => {
    const desk = await openImportDesk();
    await installVault(desk);
    const file = join(desk.root, '.aws/config');
    mkdirSync(join(desk.root, '.aws'));
    const arn = 'arn:aws:iam::123456789012:mfa/me';
    writeFileSync(file, `[profile work]\nmfa_serial = ${arn}\n`);
    const options = '--from aws-vault --map dev=dev,work=ops';
    const dry = await run(desk, `${options} --dry-run`, { env });
    const { exitCode, stderr } = await run(desk, options, { env });
    expect(exitCode).toBe(0);
    for (const said of [dry.stderr, stderr]) {
      expect(said).toMatch(
        /\nnot copied, other entries:\n( {2}\S+\n)+MFA device of profile work: /,
      );
      expect(said).toContain(`MFA device of profile work: ${arn} (${shortPath(desk, file)}:2)\n`);
      expect(said).not.toContain('MFA device of profile dev');
    }
    const stored = async (key: string) =>
      JSON.parse((await desk.openKeyring().get(key)) ?? '') as { data: Record<string, string> };
    expect((await stored('atmos_r_ops')).data['mfa_arn']).toBe(arn);
    expect((await stored('atmos_r_dev')).data).not.toHaveProperty('mfa_arn');

    const again = await run(desk, `${options} -o json`, { env });
    const { entries } = JSON.parse(again.stdout) as { entries: object[] };
    expect(entries).toMatchObject([
      { profile: 'dev', state: 'present', mfa_device: null },
      { profile: 'work', state: 'present', mfa_device: arn },
    ]);
    // An entry that an earlier version imported without the device is not reported as equal.
    writeFileSync(file, '[default]\nmfa_serial = GAHT12345678\n');
    const changed = await run(desk, `${options} -o json`, { env });
    expect(statesOf(changed.stdout)).toEqual({
      dev: 'conflict atmos_r_dev',
      work: 'conflict atmos_r_ops',
    });
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['in the variable', { AWS_VAULT_FILE_PASSPHRASE: '' }, []],
    ['typed', {}, ['']],
  ])('an empty passphrase opens the source, %s', async (_, variables, answers) => {
    const desk = await openImportDesk();
    const directory = join(desk.root, '.awsvault/keys');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeEntry(directory, 'dev', await sealEntry({ key: 'dev', value: vaultItem(user) }, ''));
    const ada = person(...answers);
    const options = { env: variables, person: ada };
    expect(await run(desk, '--from aws-vault --yes', options)).toMatchObject({ exitCode: 0 });
    expect(await desk.openKeyring().get('atmos_r_dev')).toContain(user.accessKeyId);
    expect(ada.asked).toEqual(
      answers.map(() => `Password of the keyring ${shortPath(desk, directory)}`),
    );
  });

  test.each([
    [
      'pass',
      'aws-vault stores its keys in the backend "pass" (AWS_VAULT_BACKEND), which is not supported: import reads file and secret-service',
      'ERR_USAGE',
    ],
    ['secret-service', 'cannot read from the system keyring: ', 'ERR_KEYRING_UNAVAILABLE'],
  ])('the unsupported backend %s is an error', async (backend, message, code) => {
    const desk = await openImportDesk();
    await installVault(desk);
    const variables = { ...env, AWS_VAULT_BACKEND: backend };
    const result = await run(desk, '--from aws-vault --yes', { env: variables });
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(`error: ${message}`);
    expect(desk.stored()).toEqual({});
    const directory = join(desk.root, '.awsvault/keys');
    const byPath = `--from aws-vault --map dev=dev --path ${directory}`;
    expect(await run(desk, byPath, { env: variables })).toMatchObject({ exitCode: 0 });
  });

  test('a second import finds the entries equal, although they were saved at another time', async () => {
    const desk = await openImportDesk();
    await installVault(desk);
    const options = '--from aws-vault --map dev=dev,work=ops -o json';
    expect(statesOf((await run(desk, options, { env })).stdout)).toEqual({
      dev: 'copied atmos_r_dev',
      work: 'copied atmos_r_ops',
    });
    desk.clock.now = new Date('2026-02-02T00:00:00Z');
    const before = desk.stored();
    expect(statesOf((await run(desk, options, { env })).stdout)).toEqual({
      dev: 'present atmos_r_dev',
      work: 'present atmos_r_ops',
    });
    expect(desk.stored()).toEqual(before);
    expect(await desk.run('auth keyring list')).toMatchObject({ exitCode: 0 });
  });

  test('--map imports the named profiles; a dry run writes nothing', async () => {
    const desk = await openImportDesk();
    await installVault(desk);
    const dry = await run(desk, '--from aws-vault --map work=dev --dry-run', { env });
    expect(dry).toMatchObject({ exitCode: 0 });
    expect(dry.stderr).toContain('1 skipped, 1 would be copied: from aws-vault');
    expect(desk.stored()).toEqual({});
    const { stdout } = await run(desk, '--from aws-vault --map work=dev -o json', { env });
    expect(statesOf(stdout)).toEqual({ dev: 'skipped null', work: 'copied atmos_r_dev' });
  });

  test('--yes imports each profile under its own name, and fails for profiles without such an identity', async () => {
    const desk = await openImportDesk();
    await installVault(desk);
    const result = await run(desk, '--from aws-vault --yes -o json', { env });
    expect(result).toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN', exitCode: 2 });
    expect(result.stderr).toBe(
      'error: 1 of 2 failed:\n' +
        '  no identity named "work", like the profile, can have a stored key\n' +
        'hint: add --map work=IDENTITY\n',
    );
    expect(statesOf(result.stdout)).toEqual({ dev: 'copied atmos_r_dev', work: 'failed null' });
    const mapped = await run(desk, '--from aws-vault --yes --map work=ops', { env });
    expect(mapped).toMatchObject({ exitCode: 0 });
    expect(mapped.stderr).toContain('1 already there, 1 copied: ');
  });

  test.each([
    ['--map work', 'invalid value "work" for --map: expected PROFILE=IDENTITY'],
    [
      '--map wrok=dev',
      'no profile "wrok" (--map) with a long-lived key: the profiles are dev, work',
    ],
    ['--map work=nobody', 'unknown identity "nobody"'],
    ['--map work=written', 'the access key of identity written is set in the configuration'],
    [
      '--map work=dev,dev=DEV',
      'the profiles work and dev would both become identity dev, which has one key (--map)',
    ],
    ['', 'cannot prompt for "Identity for the access key of profile dev"'],
  ])('an invalid --map is refused before anything is written: %s', async (options, message) => {
    const desk = await openImportDesk();
    await installVault(desk);
    const result = await run(desk, `--from aws-vault ${options}`, { env });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(`error: ${message}`);
    expect(desk.stored()).toEqual({});
  });

  test('a wrong password is reported before any prompt for profiles', async () => {
    const desk = await openImportDesk();
    await installVault(desk);
    const ada = person();
    const result = await run(desk, '--from aws-vault', {
      person: ada,
      env: { AWS_VAULT_FILE_PASSPHRASE: 'not the password' },
    });
    expect(result).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_WRONG', exitCode: 3 });
    expect(result.stderr).toContain('AWS_VAULT_FILE_PASSPHRASE');
    expect(ada.asked).toEqual([]);
  });

  test('a missing password without a terminal names the variable', async () => {
    const desk = await openImportDesk();
    await installVault(desk);
    const result = await run(desk, '--from aws-vault --yes');
    expect(result).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_REQUIRED', exitCode: 3 });
    expect(result.stderr.match(/^hint: .*/gm)).toEqual([
      'hint: read -rs AWS_VAULT_FILE_PASSPHRASE && export AWS_VAULT_FILE_PASSPHRASE',
    ]);
  });

  test('an access key of another identity is a conflict; an invalid entry fails alone', async () => {
    const desk = await openImportDesk({ entries: storedKey });
    const directory = join(desk.root, 'elsewhere');
    mkdirSync(directory, { mode: 0o700 });
    for (const [key, value] of Object.entries({
      a: vaultItem(secondKey),
      b: '{"AccessKeyID":"x"}',
    })) {
      writeEntry(directory, key, await sealEntry({ key, value }, otherPassword));
    }
    const place = { AWS_VAULT_FILE_DIR: '~/elsewhere', ...env };
    const options = '--from aws-vault --map a=dev,b=ops -o json';
    const result = await run(desk, options, { env: place });
    expect(result).toMatchObject({ code: 'ERR_STORE_CONFLICT', exitCode: 1 });
    expect(result.stderr).toContain('atmos_r_dev already exists with a different value\n');
    expect(result.stderr).toContain(
      'hint: to overwrite existing entries: atmos auth keyring import --from aws-vault --map a=dev,b=ops --force\n',
    );
    expect(result.stderr).toContain(
      'the entry b of aws-vault cannot be used: its AccessKeyID or SecretAccessKey is missing\n',
    );
    expect(statesOf(result.stdout)).toEqual({
      a: 'conflict atmos_r_dev',
      b: 'failed atmos_r_ops',
    });
    const forced = await run(desk, `${options} --force`, { env: place });
    expect(statesOf(forced.stdout)).toMatchObject({ a: 'overwritten atmos_r_dev' });
  });

  test('an entry of another realm and identity with the same name is not overwritten', async () => {
    const foreign = JSON.stringify({
      type: 'aws',
      data: {},
      realm: 'r_x',
      alias: 'y',
      item: 'key',
    });
    const desk = await openImportDesk({ entries: { atmos_r_dev: foreign } });
    await installVault(desk);
    const result = await run(desk, '--from aws-vault --map work=dev --force', { env });
    expect(result).toMatchObject({ code: 'ERR_KEYRING_FOREIGN', exitCode: 3 });
    expect(await desk.openKeyring().get('atmos_r_dev')).toBe(foreign);
  });

  test('import needs an atmos.yaml with the identities', async () => {
    const desk = await openImportDesk();
    const host = { workingDirectory: () => '/nonexistent' };
    const result = await run(desk, '--from aws-vault --yes', { host });
    expect(result).toMatchObject({ code: 'ERR_CONFIG_NOT_FOUND', exitCode: 2 });
  });
});

describe('from the AWS files', () => {
  function installFiles(desk: Desk) {
    mkdirSync(join(desk.root, '.aws'));
    writeFileSync(
      join(desk.root, '.aws/credentials'),
      `[default]
aws_access_key_id = ${user.accessKeyId}
aws_secret_access_key = ${user.secretAccessKey}

[dev]
aws_access_key_id = ${secondKey.accessKeyId}
aws_secret_access_key = ${secondKey.secretAccessKey}
[night]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = ${secondKey.secretAccessKey}
aws_session_token = token
[short]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = tooshort
`,
    );
    writeFileSync(
      join(desk.root, '.aws/config'),
      '[profile dev]\nmfa_serial = GAHT12345678\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n',
    );
    return join(desk.root, '.aws/credentials');
  }

  test('access keys are stored for identities, and the lines to remove are listed without their content', async () => {
    const desk = await openImportDesk();
    const file = installFiles(desk);
    const result = await run(desk, '--from aws-credentials --map default=ops,dev=dev');
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: [
        'STATE    PROFILE  ITEM  IDENTITY  REALM  KEY',
        'copied   default  key   ops       r      atmos_r_ops',
        'copied   dev      key   dev       r      atmos_r_dev',
        'skipped  short    -     -         -      -',
        `2 copied, 1 skipped: from aws-credentials (~/.aws/credentials) to file (~/data/atmos/keyring)`,
        'not copied, profiles without a long-lived key:',
        '  night',
        '  role',
        `MFA device of profile dev: GAHT12345678 (~/.aws/config:2)`,
        'these lines still contain access keys that are now in the keyring; remove them:',
        '  ~/.aws/credentials:2',
        '  ~/.aws/credentials:3',
        '  ~/.aws/credentials:6',
        '  ~/.aws/credentials:7',
        '',
      ].join('\n'),
    });
    expect(JSON.parse((await desk.openKeyring().get('atmos_r_dev')) ?? '')).toMatchObject({
      data: { access_key_id: secondKey.accessKeyId, mfa_arn: 'GAHT12345678' },
    });
    const { stdout } = await run(desk, '--from aws-credentials --map dev=dev -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      from: { type: 'aws-credentials', location: file },
      entries: [
        { profile: 'default', state: 'skipped' },
        {
          profile: 'dev',
          state: 'present',
          source_lines: [
            { file, line: 6 },
            { file, line: 7 },
          ],
        },
        { profile: 'short', state: 'skipped' },
      ],
    });
  });

  test('the user may skip a profile; a dry run lists no lines', async () => {
    const desk = await openImportDesk();
    installFiles(desk);
    const ada = person('(do not import this profile)', 'dev', '(do not import this profile)');
    const result = await run(desk, '--from aws-credentials --dry-run', { person: ada });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual([
      'Identity for the access key of profile default: Ops, dev, (do not import this profile)',
      'Identity for the access key of profile dev: dev, Ops, (do not import this profile)',
      'Identity for the access key of profile short: Ops, (do not import this profile)',
    ]);
    expect(result.stderr).not.toContain('remove');
    expect(desk.stored()).toEqual({});
  });

  test('an invalid access key fails without being shown', async () => {
    const desk = await openImportDesk();
    installFiles(desk);
    const result = await run(desk, '--from aws-credentials --map short=dev');
    expect(result).toMatchObject({ code: 'ERR_STORE_INVALID', exitCode: 1 });
    expect(result.stderr).toContain(
      'the key of the profile "short" cannot be used: the secret access key has 8 characters instead of 40',
    );
    expect(result.stderr).not.toContain('tooshort');
    expect(desk.stored()).toEqual({});
  });

  test('another credentials file can be given; a file without keys has nothing to copy', async () => {
    const desk = await openImportDesk();
    installFiles(desk);
    writeFileSync(join(desk.root, 'mine'), '[x]\nregion = eu-central-1\n');
    const result = await run(desk, '--from aws-credentials --path ~/mine --yes');
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toMatch(
      /^nothing to copy from aws-credentials .*\nnot copied, profiles without a long-lived key:\n {2}dev\n {2}role\n {2}x\n/,
    );
  });
});
