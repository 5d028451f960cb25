import { symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createProject, errorOf } from './project.ts';

const realm = (name: string) => `auth: { realm: ${name} }`;
const named = (...value: string[]) => ({ profiles: { value, source: '--profile' } });

describe('the choice of profiles', () => {
  const files = {
    'atmos.yaml': 'profiles: { default: c }\nauth: { realm: base }',
    'profiles/a/x.yaml': realm('a'),
    'profiles/b/x.yaml': 'auth: { realm: b, session_files: true }',
    'profiles/c/x.yaml': realm('c'),
  };

  it.each([
    ['--profile over all', named('a'), { ATMOS_PROFILE: 'b' }, ['a'], 'a'],
    ['a list of --profile', named('b', 'a'), {}, ['b', 'a'], 'a'],
    ['a list with commas', named(' a , b,a '), {}, ['a', 'b'], 'b'],
    ['ATMOS_PROFILE', {}, { ATMOS_PROFILE: 'a,b' }, ['a', 'b'], 'b'],
    ['profiles.default', {}, {}, ['c'], 'c'],
    ['profiles.default over an empty ATMOS_PROFILE', {}, { ATMOS_PROFILE: ' ,' }, ['c'], 'c'],
    ['none over all, when asked for', named(), { ATMOS_PROFILE: 'a' }, [], 'base'],
    ['none over all, when it is empty', named(''), { ATMOS_PROFILE: 'a' }, [], 'base'],
  ])('%s', async (_, options, env, profiles, value) => {
    const config = await createProject(files).load(env, options);
    expect(config.profiles).toEqual(profiles);
    expect(config.realm?.value).toBe(value);
  });

  it('is empty if no profile is named', async () => {
    const project = createProject({ 'atmos.yaml': realm('base'), 'profiles/a/x.yaml': realm('a') });
    expect(await project.load()).toMatchObject({ profiles: [], realm: { value: 'base' } });
  });

  it('is not changed by a chosen profile', async () => {
    const project = createProject({
      ...files,
      'profiles/a/x.yaml': 'profiles: { default: b, base_path: gone }\nauth: { realm: a }',
    });
    expect((await project.load({}, named('a'))).profiles).toEqual(['a']);
  });
});

describe('the files of a profile', () => {
  it('are merged over the base by depth, then by name', async () => {
    const project = createProject({
      'atmos.yaml': 'auth: { keyring: { type: system, spec: { path: k } }, realm: base }',
      'profiles/p/z.yaml': 'auth: { keyring: { type: z } }',
      'profiles/p/a.yml': 'auth: { keyring: { type: a } }',
      'profiles/p/d/e/y.yaml': 'auth: { keyring: { spec: { path: e } } }',
      'profiles/p/f/y.yaml': 'auth: { keyring: { spec: { path: f } } }',
      'profiles/p/z.yml': 'auth: { realm: not-read }',
      'profiles/p/.hidden.yaml': 'auth: { realm: not-read }',
      'profiles/p/.git/x.yaml': 'auth: { realm: not-read }',
      'profiles/p/readme.md': '- not read',
      'elsewhere/x.yaml': 'auth: { realm: not-read }',
    });
    symlinkSync('../p', project.path('profiles/p/loop'));
    symlinkSync('../../elsewhere', project.path('profiles/p/link'));
    const config = await project.load({}, named('p'));
    expect(config.files).toEqual(
      [
        'atmos.yaml',
        ...['a.yml', 'z.yaml', 'f/y.yaml', 'd/e/y.yaml'].map((x) => `profiles/p/${x}`),
      ].map(project.path),
    );
    expect(config.keyring.type?.value).toBe('z');
    expect(config.keyring.spec['path']?.value).toBe(project.path('profiles/p/d/e/e'));
    expect(config.realm?.value).toBe('base');
    expect(config.directory).toBe(project.directory);
  });

  it('may be links, as in a mounted ConfigMap', async () => {
    const project = createProject({
      'atmos.yaml': '',
      'profiles/p/..2026/a.yaml': realm('linked'),
    });
    symlinkSync('..2026', project.path('profiles/p/..data'));
    symlinkSync('..data/a.yaml', project.path('profiles/p/a.yaml'));
    expect((await project.load({}, named('p'))).files).toHaveLength(2);
  });

  it('are searched for in profiles.base_path, relative to its file, then beside the configuration', async () => {
    const project = createProject({
      'atmos.yaml': realm('base'),
      'etc/atmos.yaml': 'profiles: { base_path: ../mine }',
      'mine/p/x.yaml': realm('mine'),
      'etc/profiles/p/x.yaml': realm('beside'),
      'etc/profiles/q/x.yaml': realm('q'),
    });
    const env = { ATMOS_CLI_CONFIG_PATH: 'etc' };
    const config = await project.load(env, named('p'));
    expect(config.profileDirectories).toEqual([
      { path: project.path('mine'), type: 'configurable', origin: 'project' },
      { path: project.path('etc/.atmos/profiles'), type: 'project-hidden', origin: 'project' },
      { path: '/nonexistent/.config/atmos/profiles', type: 'xdg', origin: 'user' },
      { path: project.path('etc/profiles'), type: 'project', origin: 'project' },
    ]);
    expect(config.realm?.value).toBe('mine');
    expect((await project.load(env, named('q'))).realm?.value).toBe('q');
  });

  it('must include at least one', async () => {
    const project = createProject({ 'atmos.yaml': '', 'profiles/p/readme.md': '' });
    expect(await errorOf(() => project.load({}, named('p')), project)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'profile p (from --profile) has no YAML file in $/profiles/p',
    });
  });
});

const places = '$/.atmos/profiles, /nonexistent/.config/atmos/profiles, $/profiles';

describe('an unknown profile', () => {
  const files = {
    'atmos.yaml': 'auth: { identities: { Admin: { kind: aws/user } } }',
    'profiles/staging/x.yaml': '',
    'profiles/prod/x.yaml': '',
    'profiles/.git/x.yaml': '',
    'profiles/file': '',
  };

  it.each([
    ['pro', 'expected one of prod, staging', ['did you mean prod?', 'atmos profile list']],
    ['zzzzzzzz', 'expected one of prod, staging', ['atmos profile list']],
    [
      'admin',
      'expected one of prod, staging',
      ['it is an identity: add --identity Admin', 'atmos profile list'],
    ],
    ['file', 'expected one of prod, staging', ['atmos profile list']],
  ])('%s', async (name, list, hints) => {
    const project = createProject(files);
    expect(await errorOf(() => project.load({}, named(name)), project)).toMatchObject({
      code: 'ERR_PROFILE_UNKNOWN',
      message: `unknown profile "${name}" (from --profile): ${list} in ${places}`,
      hints,
    });
  });

  it('is reported if no profiles exist', async () => {
    const project = createProject({ 'atmos.yaml': 'profiles: { default: p }' });
    expect(await errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_PROFILE_UNKNOWN',
      message:
        'unknown profile "p" (from profiles.default ($/atmos.yaml:1:22)): no profiles exist in $/.atmos/profiles, /nonexistent/.config/atmos/profiles, $/profiles',
    });
  });

  it.each(['..', '.', '../prod', 'prod/', 'a/b', 'a\\b', '.git', 'a\0b', 'a\nb'])(
    'is reported as an invalid name: %j',
    async (name) => {
      const project = createProject(files);
      expect(await errorOf(() => project.load({ ATMOS_PROFILE: name }), project)).toMatchObject({
        code: 'ERR_PROFILE_UNKNOWN',
        message: `${JSON.stringify(name)} (from ATMOS_PROFILE) is not a valid profile name: it must be the name of a directory, without / and without a leading dot`,
      });
    },
  );
});
