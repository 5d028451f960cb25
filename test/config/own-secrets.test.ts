import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createProject, errorOf, projectOf } from './project.ts';

const password = 'terraform';
const region = 'auth: { identities: { dev: { kind: aws/user, credentials: { region: !env X } } } }';

/** The error of loading the project, or undefined if it loads. */
async function refusalOf(atmosYaml: string, env: Record<string, string>) {
  const project = projectOf(atmosYaml);
  const loaded = await project.load(env).catch((error: Error) => error);
  return loaded instanceof Error ? loaded.message.replaceAll(project.directory, '$') : undefined;
}

describe('a value is refused as a secret of atmos-auth', () => {
  test('if it equals a secret except for surrounding white space', async () => {
    expect(
      await refusalOf('env: { A: !env X }', { ATMOS_KEYRING_PASSWORD: ' pw\n', X: 'pw ' }),
    ).toBe(
      'env.A ($/atmos.yaml:1:11) must not be set from !env X: its value is the keyring password in ATMOS_KEYRING_PASSWORD',
    );
  });

  test('if it contains a password of the minimum length of a new keyring', async () => {
    const env = { ATMOS_KEYRING_PASSWORD: password, X: `pw=${password};` };
    expect(await refusalOf('env: { A: !env X }', env)).toContain('its value contains the keyring');
  });

  test.each([
    ['a password of one character', { ATMOS_KEYRING_PASSWORD: 'e', X: 'eu-central-1' }],
    [
      'a password that is shorter than a new one',
      { ATMOS_KEYRING_PASSWORD: 'eu-cent', X: 'eu-central-1' },
    ],
    ['an empty password', { ATMOS_KEYRING_PASSWORD: '', X: 'eu-central-1' }],
    ['a password of white space', { ATMOS_KEYRING_PASSWORD: ' ', X: 'eu central' }],
    ['an MFA code in an account id', { ATMOS_MFA_TOKEN: '345678', X: '123456789012' }],
    [
      'a path below the directory of credentials',
      { CREDENTIALS_DIRECTORY: '/run/credentials/a', X: '/run/credentials/a/pw' },
    ],
  ])('except for %s', async (_, env: Record<string, string>) => {
    expect(await refusalOf('env: { A: !env X }', env)).toBeUndefined();
  });

  test('except for a directory or a repository whose name contains it', async () => {
    const project = createProject({
      'terraform/atmos.yaml': 'env: { A: !cwd, B: !repo-root none }\n',
    });
    const host = project.host({ ATMOS_KEYRING_PASSWORD: password }, project.path('terraform'));
    const { loadConfig } = await import('../../src/auth/load-config.ts');
    const config = await loadConfig({}, host);
    expect(config.env[0]).toEqual({ key: 'A', value: project.path('terraform') });
  });

  test('except for literal values and the default of a tag', async () => {
    const text = `env: { A: ${password}, B: !env X ${password} }`;
    expect(await refusalOf(text, { ATMOS_KEYRING_PASSWORD: password })).toBeUndefined();
  });
});

test('except in an included .env, because programs never get a variable of that name', async () => {
  const project = createProject({
    'atmos.yaml': 'auth: { keyring: { spec: { password_env: MY_PW } } }\nenv: !include .env\n',
    '.env': `STAGE=dev\nMY_PW=${password}\n`,
  });
  const config = await project.load({ MY_PW: password });
  expect(config.env.map(({ key }) => key)).toEqual(['MY_PW', 'STAGE']);
  // Programs get a variable that has another name for the password.
  const error = await errorOf(
    () => project.load({ MY_PW: password, ATMOS_KEYRING_PASSWORD_ENV: 'OTHER' }),
    project,
  );
  expect(error.message).toContain('must not be set from !include: its value is the keyring');
});

test('without naming a key of an included file', async () => {
  const project = createProject({
    'atmos.yaml': 'auth: { identities: !include ids.yaml }\n',
    'ids.yaml': `x-${password}: { kind: aws/user }\n`,
  });
  const error = await errorOf(() => project.load({ ATMOS_KEYRING_PASSWORD: password }), project);
  expect(error.message).toBe(
    'auth.identities ($/atmos.yaml:1:21) must not be set from !include: one of its keys contains the keyring password in ATMOS_KEYRING_PASSWORD',
  );
});

test('at every position, and the values are left out', async () => {
  const project = projectOf(`
auth: { realm: !env X, keyring: { type: !env X } }
env: { A: !env X, B: b }
`);
  const reported: string[] = [];
  const env = { ATMOS_KEYRING_PASSWORD: password, X: password };
  const config = await project.load(env, {
    report: ({ code, path, message }) => {
      reported.push(`${code} ${message}`);
      expect(message.startsWith(path.join('.'))).toBe(true);
    },
  });
  expect(reported).toHaveLength(3);
  expect(config.realm).toBeUndefined();
  expect(config.keyring.type).toBeUndefined();
  expect(config.env).toEqual([{ key: 'B', value: 'b' }]);
});

test.skipIf(process.platform === 'win32')(
  'without opening a named pipe as password file, whose writer waits for the keyring',
  async () => {
    const project = projectOf('env: { A: !env X }');
    execFileSync('mkfifo', [project.path('pipe')]);
    const config = await project.load({
      ATMOS_KEYRING_PASSWORD_FILE: project.path('pipe'),
      X: 'x',
    });
    expect(config.env).toEqual([{ key: 'A', value: 'x' }]);
  },
);

describe('messages about a value', () => {
  const find = async (files: Record<string, string>) => {
    const project = createProject(files);
    return project.load({ X: 'from-x' });
  };

  test('name the tag that set it', async () => {
    const { realm, identities } = await find({ 'atmos.yaml': `${region}\nauth2: x\n` });
    expect(realm).toBeUndefined();
    expect(identities[0]?.tagAt?.(['credentials', 'region'])).toBe('!env X');
    expect(identities[0]?.tagAt?.(['kind'])).toBeUndefined();
  });

  test('quote a setting that is in no file, even if other settings have tags', async () => {
    const config = await find({ 'atmos.yaml': 'auth: { realm: !env X }\n' });
    expect(config.tagAt(['auth', 'realm'])).toBe('!env X');
    expect(config.tagAt(['base_path'])).toBeUndefined();
    expect(config.tagAt(['auth', 'keyring', 'type'])).toBeUndefined();
  });

  test('quote the value of a later file that overrides it', async () => {
    const config = await find({
      'atmos.yaml': 'import: base.yaml\nauth: { realm: written }\n',
      'base.yaml': 'auth: { realm: !env X }\n',
    });
    expect(config.realm).toMatchObject({ value: 'written', tag: undefined });
  });

  test('do not show a list with an appended item from a tag', async () => {
    const config = await find({
      'atmos.yaml': 'import: base.yaml\nauth: { keyring: { fallback: !append [!env X] } }\n',
      'base.yaml': 'auth: { keyring: { fallback: [memory] } }\n',
    });
    expect(config.keyring.fallback).toMatchObject({ value: ['memory', 'from-x'], tag: '!env X' });
  });

  test('quote the name of a variable that is not a plain word', async () => {
    const config = await find({ 'atmos.yaml': 'auth: { realm: !env "A;B" }\n' });
    expect(config.realm).toMatchObject({ value: '', tag: '!env "A;B"' });
    const project = projectOf('auth: { realm: !env "A;B" }');
    expect((await project.load({ 'A;B': 'x' })).realm?.tag).toBe('!env "A;B"');
  });
});
