import { describe, expect, test } from 'vitest';
import { planAuth } from '../../src/auth/plan.ts';
import { loadConfig } from '../../src/auth/load-config.ts';
import { settleFile } from '../../src/keyring/file/settings.ts';
import { createProject } from './project.ts';

/** The keyring of a project, planned in one of its subdirectories. */
async function keyringOf(atmosYaml: string, env = {}) {
  const project = createProject({ 'atmos.yaml': atmosYaml, 'stacks/dev.yaml': '' });
  const host = project.host(env, project.path('stacks'));
  const { keyring } = planAuth(await loadConfig({}, host), host);
  const shown = (path = '') => path.replace(project.directory, '$');
  const { directory, passwordFile } = settleFile(keyring.spec, host);
  return { directory: shown(directory.value), file: shown(passwordFile?.value) };
}

const spec = (path: string) => `auth: { keyring: { type: file, spec: { path: ${path} } } }`;

describe('a relative path of the keyring', () => {
  test.each([
    ['.keys/', '$/.keys'],
    ['.keys', '$/.keys'],
    ['keys', '$/keys'],
    ['./keys', '$/keys'],
    ['keys/ring.db', '$/keys'],
    ['keys.d/', '$/keys.d'],
  ])('%s in atmos.yaml is %s in any working directory', async (path, directory) => {
    expect((await keyringOf(spec(path))).directory).toBe(directory);
    const variable = `auth: { keyring: { type: file } }\nenv: { ATMOS_KEYRING_FILE_PATH: ${path} }`;
    expect((await keyringOf(variable)).directory).toBe(directory);
  });

  test('in the environment starts from the working directory, as in Atmos', async () => {
    const env = { ATMOS_KEYRING_FILE_PATH: 'keys', ATMOS_KEYRING_PASSWORD_FILE: 'password' };
    expect(await keyringOf(spec('other'), env)).toEqual({
      directory: '$/stacks/keys',
      file: '$/stacks/password',
    });
  });
});

test('is resolved from its file for a password file, also under env:', async () => {
  const text = 'auth: { keyring: { type: file, spec: { password_file: secret } } }';
  expect((await keyringOf(text)).file).toBe('$/secret');
  const variable =
    'auth: { keyring: { type: file } }\nenv: { ATMOS_KEYRING_PASSWORD_FILE: secret }';
  expect((await keyringOf(variable)).file).toBe('$/secret');
});

test('is passed to programs as an absolute path', async () => {
  const project = createProject({
    'atmos.yaml': 'env: { ATMOS_KEYRING_FILE_PATH: keys, A: keys }',
  });
  expect((await project.load()).env).toEqual([
    { key: 'A', value: 'keys' },
    { key: 'ATMOS_KEYRING_FILE_PATH', value: project.path('keys') },
  ]);
});
