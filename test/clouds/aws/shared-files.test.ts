import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAwsKeys, readAwsProfile, sharedPaths } from '../../../src/clouds/aws/shared-files.ts';
import { errorOf } from '../../support/error-of.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const keyLines = `aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${secret}\n`;
const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: secret };

/** A home with these files in `.aws`. */
function homeWith({ credentials = '', config = '' }): string {
  const home = temporaryDirectory();
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/credentials'), credentials);
  writeFileSync(join(home, '.aws/config'), config);
  return home;
}

function read(name: string, homeDirectory: string, env = {}) {
  return readAwsProfile(name, { env, homeDirectory });
}

describe('the long-lived key of a profile', () => {
  test('is read from the files in the home directory, with the MFA device', async () => {
    const home = homeWith({
      credentials: `[default]\n${keyLines}[ops]\n${keyLines}`,
      config: '[profile ops]\nregion = eu-central-1\nmfa_serial = GAHT12345678\n',
    });
    expect(await read('default', home)).toEqual(key);
    expect(await read('ops', home)).toEqual({ ...key, mfaArn: 'GAHT12345678' });
  });

  test('is read from the config file alone, where it may stand too', async () => {
    const home = homeWith({ config: `[profile ops]\n${keyLines}` });
    expect(await read('ops', home)).toEqual(key);
  });

  test('is read from the files that the variables name; empty ones name none', async () => {
    const home = homeWith({ credentials: `[default]\n${keyLines}` });
    writeFileSync(join(home, 'mine'), `[ops]\n${keyLines}`);
    for (const path of [join(home, 'mine'), '~/mine']) {
      expect(await read('ops', home, { AWS_SHARED_CREDENTIALS_FILE: path })).toEqual(key);
    }
    const empty = { AWS_SHARED_CREDENTIALS_FILE: '', AWS_CONFIG_FILE: '' };
    expect(await read('default', home, empty)).toEqual(key);
  });
});

test.each(['credentials', 'config'])(
  'a directory in the place of the %s file is an error that names it',
  async (name) => {
    const home = homeWith({});
    const path = join(home, '.aws', name);
    rmSync(path);
    mkdirSync(path);
    expect(await errorOf(read('default', home))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot read the AWS file ${path}: it is a directory`,
      hints: [`ls -ld ${path}`],
    });
  },
);

describe('a profile without one is refused, saying why', () => {
  test.each([
    [
      `[x]\n${keyLines}aws_session_token = t\n`,
      'holds a session, which ends, not a long-lived key',
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
      'has no access key of its own: a program gives its credentials',
    ],
    [
      '[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
      'lacks aws_access_key_id or aws_secret_access_key',
    ],
    [
      `[x]\naws_secret_access_key = ${secret}\n`,
      'lacks aws_access_key_id or aws_secret_access_key',
    ],
  ])('%#', async (credentials, why) => {
    const error = await errorOf(read('x', homeWith({ credentials })));
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: `the AWS profile "x" ${why}`,
      hints: ['aws iam create-access-key | atmos auth user configure --stdin'],
    });
    expect(JSON.stringify(error)).not.toContain(secret);
  });
});

describe('a profile that is not there', () => {
  test('is told with those that are, and the nearest', async () => {
    const home = homeWith({
      credentials: `[ops]\n${keyLines}`,
      config: '[profile admin]\nregion = x\n[sso-session s]\nsso_region = x\n[services v]\na = b\n',
    });
    expect(await errorOf(read('opps', home))).toMatchObject({
      code: 'ERR_USAGE',
      message: `no AWS profile "opps" in ${home}/.aws/credentials and ${home}/.aws/config: there are admin, ops`,
      hints: ['did you mean ops?'],
    });
  });

  test('is told where there are no files', async () => {
    const home = temporaryDirectory();
    expect(await errorOf(read('default', home))).toMatchObject({
      code: 'ERR_USAGE',
      message: `no AWS profile "default" in ${home}/.aws/credentials and ${home}/.aws/config: there are none`,
      hints: [],
    });
  });

  test.each(['constructor', '__proto__', 'toString'])('may be called %s', async (name) => {
    const error = await errorOf(read(name, homeWith({ credentials: `[ops]\n${keyLines}` })));
    expect(error.message).toMatch(/^no AWS profile /);
  });
});

test('a file that cannot be read is not taken for one that is not there', async () => {
  const home = homeWith({});
  const path = join(home, '.aws/config/below');
  expect(await errorOf(read('x', home, { AWS_SHARED_CREDENTIALS_FILE: path }))).toMatchObject({
    code: 'ERR_IO',
    message: `cannot read the AWS file ${path}: ENOTDIR`,
  });
});

test('the long-lived keys of all profiles, and how many profiles have none', async () => {
  const homeDirectory = homeWith({
    credentials: `[ops]\n${keyLines}[night]\n${keyLines}aws_session_token = t\n[profile odd]\n${keyLines}`,
    config: `[default]\n${keyLines}[profile ops]\nmfa_serial = GAHT12345678\n[profile role]\nrole_arn = r\n[sso-session s]\nsso_region = r\n`,
  });
  expect(await readAwsKeys(sharedPaths({ env: {}, homeDirectory }))).toEqual({
    keys: [
      { profile: 'default', key },
      { profile: 'ops', key: { ...key, mfaArn: 'GAHT12345678' } },
    ],
    others: 2,
  });
  const none = { credentials: join(homeDirectory, 'a'), config: join(homeDirectory, 'b') };
  expect(await readAwsKeys(none)).toEqual({ keys: [], others: 0 });
});
