import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAwsKeys, readAwsProfile, vaultDevices } from '../../../src/clouds/aws/shared-files.ts';
import { sharedPaths } from '../../../src/clouds/aws/shared-paths.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { noProfiles, oddForms, oddKeys } from './odd-forms.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const keyLines = `aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${secret}\n`;
const key = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: secret };
const readFile = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** A home directory with these files in `.aws`. */
function homeWith({ credentials = '', config = '' }): string {
  const home = temporaryDirectory();
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/credentials'), credentials);
  writeFileSync(join(home, '.aws/config'), config);
  return home;
}

async function read(name: string, homeDirectory: string, env = {}) {
  return readAwsProfile(
    name,
    sharedPaths({ env, homeDirectory, userId: process.geteuid?.() }),
    readFile,
  );
}

describe('the long-lived key of a profile', () => {
  test('is read from the files in the home directory, with the MFA device', async () => {
    const home = homeWith({
      credentials: `[default]\n${keyLines}[ops]\n${keyLines}`,
      config: '[profile ops]\nregion = eu-central-1\nmfa_serial = GAHT12345678\n',
    });
    expect(await read('default', home)).toEqual(key);
    expect(await read('ops', home)).toEqual({ ...key, mfa_arn: 'GAHT12345678' });
  });

  test('is read from the config file alone, which may also contain it', async () => {
    const home = homeWith({ config: `[profile ops]\n${keyLines}` });
    expect(await read('ops', home)).toEqual(key);
  });

  test('is read from the files that the variables name; empty variables are ignored', async () => {
    const home = homeWith({ credentials: `[default]\n${keyLines}` });
    writeFileSync(join(home, 'mine'), `[ops]\n${keyLines}`);
    for (const path of [join(home, 'mine'), '~/mine']) {
      expect(await read('ops', home, { AWS_SHARED_CREDENTIALS_FILE: path })).toEqual(key);
    }
    const empty = { AWS_SHARED_CREDENTIALS_FILE: '', AWS_CONFIG_FILE: '' };
    expect(await read('default', home, empty)).toEqual(key);
  });
});

describe('a profile without a long-lived key is refused with the reason', () => {
  test.each([
    [
      `[x]\n${keyLines}aws_session_token = t\n`,
      'contains a session, which expires, not a long-lived key',
    ],
    [
      '[x]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = y\n',
      'has no access key of its own: it assumes a role',
    ],
    ['[x]\nsso_session = s\n', 'has no access key of its own: it signs in by SSO'],
    [
      '[x]\nsso_start_url = https://example.com\n',
      'has no access key of its own: it signs in by SSO',
    ],
    [
      '[x]\ncredential_process = /bin/true\n',
      'has no access key of its own: a program provides its credentials',
    ],
    [
      '[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
      'has no aws_access_key_id or no aws_secret_access_key',
    ],
    [
      `[x]\naws_secret_access_key = ${secret}\n`,
      'has no aws_access_key_id or no aws_secret_access_key',
    ],
  ])('%#', async (credentials, why) => {
    const error = await errorOf(read('x', homeWith({ credentials })));
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: `the AWS profile "x" ${why}`,
      hints: ['name a profile with a long-lived key, or give one by --stdin instead'],
    });
    expect(JSON.stringify(error)).not.toContain(secret);
  });
});

describe('a missing profile', () => {
  test('is reported with the existing profiles and the most similar one', async () => {
    const home = homeWith({
      credentials: `[ops]\n${keyLines}`,
      config: '[profile admin]\nregion = x\n[sso-session s]\nsso_region = x\n[services v]\na = b\n',
    });
    expect(await errorOf(read('opps', home))).toMatchObject({
      code: 'ERR_USAGE',
      message: `no AWS profile "opps" in ${home}/.aws/credentials and ${home}/.aws/config: they contain admin, ops`,
      hints: ['did you mean ops?'],
    });
  });

  test('is reported if there are no files', async () => {
    const home = temporaryDirectory();
    expect(await errorOf(read('default', home))).toMatchObject({
      code: 'ERR_USAGE',
      message: `no AWS profile "default" in ${home}/.aws/credentials and ${home}/.aws/config: they contain no profile`,
      hints: [],
    });
  });

  test.each(['constructor', '__proto__', 'toString'])('may be named %s', async (name) => {
    const error = await errorOf(read(name, homeWith({ credentials: `[ops]\n${keyLines}` })));
    expect(error.message).toMatch(/^no AWS profile /);
  });
});

test('all profiles are listed, with or without long-lived keys', () => {
  const homeDirectory = homeWith({
    credentials: `[ops]\n${keyLines}[night]\n${keyLines}aws_session_token = t\n[old]\n${keyLines}aws_security_token = t\n`,
    config: `[default]\n${keyLines}[profile ops]\nmfa_serial = GAHT12345678\n[profile role]\nrole_arn = r\n[sso-session s]\nsso_region = r\n[ops2]\n${keyLines}`,
  });
  const paths = sharedPaths({ env: {}, homeDirectory, userId: 1000 });
  const lines = (file: string, ...numbers: number[]) => numbers.map((line) => ({ file, line }));
  expect(readAwsKeys(paths, readFile)).toEqual({
    keys: [
      { profile: 'default', values: key, lines: lines(paths.config, 2, 3) },
      {
        profile: 'ops',
        values: { ...key, mfa_arn: 'GAHT12345678' },
        lines: lines(paths.credentials, 2, 3),
        mfaDevice: { value: 'GAHT12345678', source: `${paths.config}:5` },
      },
    ],
    others: ['night', 'old', 'role'],
    warnings: [],
  });
  const none = { credentials: join(homeDirectory, 'a'), config: join(homeDirectory, 'b') };
  expect(readAwsKeys(none, readFile)).toEqual({ keys: [], others: [], warnings: [] });
});

describe('odd forms', () => {
  test('are parsed as by the AWS CLI', async () => {
    const homeDirectory = homeWith(oddForms);
    const { keys } = readAwsKeys(sharedPaths({ env: {}, homeDirectory, userId: 1000 }), readFile);
    expect(keys.map(({ profile, values }) => [profile, values['access_key_id']])).toEqual(oddKeys);
    expect((await read('My Prof', homeDirectory))['mfa_arn']).toBe(
      'arn:aws:iam::123456789012:mfa/me',
    );
    for (const name of noProfiles) {
      expect((await errorOf(read(name, homeDirectory))).code).toBe('ERR_USAGE');
    }
  });

  test('a misplaced header is reported with its meaning', async () => {
    const homeDirectory = homeWith(oddForms);
    const file = join(homeDirectory, '.aws/credentials');
    const warning = `${file}:4 has the header [profile misplaced], which the AWS CLI reads there as a profile called "profile misplaced": in the credentials file the header of profile "misplaced" is [misplaced]`;
    expect(
      readAwsKeys(sharedPaths({ env: {}, homeDirectory, userId: 1000 }), readFile).warnings,
    ).toEqual([warning]);
    const error = await errorOf(read('misplaced', homeDirectory));
    expect(error.lines[0]).toMatch(/^no AWS profile "misplaced" in /);
    expect(error.lines[1]).toBe(warning);
    expect(error.hints).toEqual([]);
  });
});

describe('the MFA device of an aws-vault profile', () => {
  const config = `[default]
mfa_serial = arn:aws:iam::123456789012:mfa/default
[profile work]
mfa_serial = arn:aws:iam::123456789012:mfa/work
[profile staging]
include_profile = work
[profile old]
parent_profile = work
[profile plain]
region = eu-central-1
[profile loop]
include_profile = loop2
[profile loop2]
include_profile = loop
`;
  const arn = (name: string) => `arn:aws:iam::123456789012:mfa/${name}`;

  test.each([
    ['work', 'work', 4],
    ['staging', 'work', 4],
    ['old', 'work', 4],
    ['plain', 'default', 2],
    ['unknown', 'default', 2],
    ['default', 'default', 2],
  ])('of the profile %s is that of %s', (profile, from, line) => {
    const homeDirectory = homeWith({ config });
    expect(vaultDevices({ env: {}, homeDirectory, userId: 1000 }, readFile)(profile)).toEqual({
      value: arn(from),
      source: `${homeDirectory}/.aws/config:${line}`,
    });
  });

  test('may be missing, also for a loop, and is not read from the credentials file', () => {
    const credentials = `[work]\nmfa_serial = ${arn('credentials')}\n`;
    const homeDirectory = homeWith({
      config: config.replace(/\[default\]\n.*\n/, ''),
      credentials,
    });
    const deviceOf = vaultDevices({ env: {}, homeDirectory, userId: 1000 }, readFile);
    for (const profile of ['plain', 'loop', 'unknown']) expect(deviceOf(profile)).toBeUndefined();
    expect(deviceOf('work')?.value).toBe(arn('work'));
  });

  test('is the value of the variable if it is set', () => {
    const homeDirectory = homeWith({ config });
    const env = { AWS_MFA_SERIAL: arn('variable') };
    const source = 'AWS_MFA_SERIAL';
    expect(vaultDevices({ env, homeDirectory, userId: 1000 }, readFile)('work')).toEqual({
      value: arn('variable'),
      source,
    });
  });
});

test.each([
  [{}, 'AWS_SHARED_CREDENTIALS_FILE'],
  [{ AWS_SHARED_CREDENTIALS_FILE: '/c' }, 'AWS_CONFIG_FILE'],
])('the error without a home directory names the variable for the file: %j', (env, variable) => {
  const { code, hints } = thrownBy(() => sharedPaths(fakeHost({ env, homeDirectory: undefined })));
  expect(code).toBe('ERR_USAGE');
  expect(hints).toEqual([
    'export HOME=<a directory of your own>',
    `export ${variable}=<a file of your own>`,
  ]);
});
