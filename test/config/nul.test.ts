import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/auth/load-config.ts';
import { fakeHost } from '../support/fake-host.ts';
import { errorOf, projectOf } from './project.ts';

const nul = String.raw`"a\0b"`;

describe('a NUL in a configuration is reported at its position', () => {
  test.each([
    ['auth.keyring.spec.path', `auth: { keyring: { type: file, spec: { path: ${nul} } } }`],
    ['auth.keyring.spec.password_file', `auth: { keyring: { spec: { password_file: ${nul} } } }`],
    [
      'auth.keyring.spec.password_command',
      `auth: { keyring: { spec: { password_command: ${nul} } } }`,
    ],
    ['env.ATMOS_KEYRING_FILE_PATH', `env: { ATMOS_KEYRING_FILE_PATH: ${nul} }`],
    ['auth.logs.file', `auth: { logs: { file: ${nul} } }`],
    ['logs.file', `logs: { file: ${nul} }`],
    ['base_path', `base_path: ${nul}`],
    ['import', `import: ${nul}`],
    ['profiles.base_path', `profiles: { base_path: ${nul} }`],
    ['auth.realm', `auth: { realm: !include ${nul} }`],
    ['auth.realm', `auth: { realm: !repo-root ${nul} }`],
    ['auth.realm', `auth: { realm: !exec ${nul} }`],
    ['auth."<<"', `auth: { <<: !include ${nul} }`],
  ])('%s', async (setting, yaml) => {
    const project = projectOf(yaml);
    const { code, message } = await errorOf(() => project.load(), project);
    expect(code).toBe('ERR_CONFIG_INVALID');
    const [name, place, ...others] = message.split(/ \(|\) /);
    expect(name).toBe(setting);
    expect(others).toEqual([expect.stringMatching(/^contains a NUL character/)]);
    expect(place).toMatch(/^\$\/atmos\.yaml:1:\d+$/);
  });

  test('from the output of a command', async () => {
    const project = projectOf('auth: { realm: !exec date }');
    const host = fakeHost({
      ...project.host({ ATMOS_AUTH_TRUST: '1' }),
      runShell: async () => ({
        stdout: Buffer.from('a\0b\n'),
        exitCode: 0,
        timedOut: false,
        wroteTooMuch: false,
      }),
    });
    const { code, message } = await errorOf(() => loadConfig({}, host), project);
    expect(code).toBe('ERR_CONFIG_INVALID');
    expect(message).toBe('auth.realm ($/atmos.yaml:1:16) contains a NUL character');
  });
});

const said = (source: string) => ({ value: 'a\0b', source });

test.each([
  ['--config', { configFiles: [said('--config')] }, {}],
  ['--config-path', { configDirectories: [said('--config-path')] }, {}],
  ['--base-path', { basePath: said('--base-path') }, {}],
  ['ATMOS_CONFIG', {}, { ATMOS_CONFIG: 'a\0b' }],
  ['ATMOS_CONFIG_PATH', {}, { ATMOS_CONFIG_PATH: 'a\0b' }],
  ['ATMOS_CLI_CONFIG_PATH', {}, { ATMOS_CLI_CONFIG_PATH: 'a\0b' }],
  ['ATMOS_BASE_PATH', {}, { ATMOS_BASE_PATH: 'a\0b' }],
])('a NUL in a path is reported with its source: %s', async (source, options, env) => {
  const { code, message } = await errorOf(() => projectOf('auth: {}').load(env, options));
  expect(code).toBe('ERR_USAGE');
  expect(message).toBe(`the path from ${source} contains a NUL character`);
});
