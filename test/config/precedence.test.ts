import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, loadLayers } from '../../src/auth/load-config.ts';
import type { LoadOptions } from '../../src/config/load.ts';
import { fakeHost } from '../support/fake-host.ts';
import { createProject, errorOf } from './project.ts';

const realm = (name: string) => `auth: { realm: ${name} }`;

/**
 * A machine with a configuration in each of Atmos's places: `etc` of the machine, `home` of the
 * user, `repo` under git, with the working directory `repo/a/b`.
 */
function machine(files: Readonly<Record<string, string>>) {
  const project = createProject({ 'repo/.git/HEAD': '', 'repo/a/b/x': '', ...files });
  const load = (
    env: Readonly<Record<string, string>> = {},
    { directory = 'repo/a/b', ...options }: LoadOptions & { readonly directory?: string } = {},
  ) =>
    loadConfig(
      options,
      fakeHost({
        env,
        homeDirectory: project.path('home'),
        systemDirectory: project.path('etc'),
        workingDirectory: () => project.path(directory),
      }),
    );
  /** The files that were read, in their order. */
  const filesOf = async (...given: Parameters<typeof load>) =>
    (await load(...given)).files.map((path) => path.slice(project.directory.length + 1));
  return { project, load, filesOf };
}

const everywhere = {
  'etc/atmos.yaml': realm('machine'),
  'home/.atmos/atmos.yaml': realm('person'),
  'repo/a/atmos.yaml': realm('above'),
  'repo/atmos.yaml': realm('root'),
  'other/atmos.yaml': realm('chosen'),
};

describe('the search for files', () => {
  it.each([
    [
      'machine, person, directory above, root of the repository',
      {},
      {},
      ['etc/atmos.yaml', 'home/.atmos/atmos.yaml', 'repo/a/atmos.yaml', 'repo/atmos.yaml'],
    ],
    [
      'in the root itself, its file once, and nothing above',
      {},
      { directory: 'repo' },
      ['etc/atmos.yaml', 'home/.atmos/atmos.yaml', 'repo/atmos.yaml'],
    ],
    [
      'in a directory with its own file, nothing above it',
      {},
      { directory: 'repo/a' },
      ['etc/atmos.yaml', 'home/.atmos/atmos.yaml', 'repo/a/atmos.yaml'],
    ],
    [
      'ATMOS_GIT_ROOT_BASEPATH=false leaves out the root',
      { ATMOS_GIT_ROOT_BASEPATH: 'false' },
      {},
      ['etc/atmos.yaml', 'home/.atmos/atmos.yaml', 'repo/a/atmos.yaml'],
    ],
    [
      'ATMOS_CLI_CONFIG_PATH comes last, and nothing above is looked at',
      { ATMOS_CLI_CONFIG_PATH: '../../../other' },
      {},
      ['etc/atmos.yaml', 'home/.atmos/atmos.yaml', 'other/atmos.yaml'],
    ],
  ])('%s', async (_, env, options, files) => {
    expect(await machine(everywhere).filesOf(env, options)).toEqual(files);
  });

  it('keeps settings that only an earlier file has', async () => {
    const { load, project } = machine({
      'etc/atmos.yaml': 'auth: { realm: machine, keyring: { type: file, spec: { path: k } } }',
      'repo/atmos.yaml': 'auth: { keyring: { type: memory } }',
    });
    const config = await load();
    expect(config.realm?.value).toBe('machine');
    expect(config.keyring.type?.value).toBe('memory');
    expect(config.keyring.spec['path']?.value).toBe(project.path('etc/k'));
    expect(config.directory).toBe(project.path('repo'));
  });

  it.each(['.atmos', 'atmos.d', '.atmos.d'])('stops at a directory with %s', async (name) => {
    const { project, filesOf } = machine(everywhere);
    mkdirSync(project.path(`repo/a/b/${name}`));
    expect(await filesOf()).toEqual(['etc/atmos.yaml', 'home/.atmos/atmos.yaml']);
  });

  it('also reads .atmos.yaml, which in Atmos only stops the search', async () => {
    expect(await machine({ 'repo/a/.atmos.yaml': realm('hidden') }).filesOf()).toEqual([
      'repo/a/.atmos.yaml',
    ]);
    expect(await machine({ 'repo/a/b/.atmos.yml': realm('hidden') }).filesOf()).toEqual([
      'repo/a/b/.atmos.yml',
    ]);
  });

  it('records the origin of each file', async () => {
    const { load } = machine(everywhere);
    const { layers } = await load();
    expect(layers.map(({ origin }) => origin)).toEqual(['user', 'user', 'project', 'project']);
  });

  it('may find no file if a profile of the user is chosen', async () => {
    const { load, filesOf } = machine({ 'home/.config/atmos/profiles/me/x.yaml': realm('mine') });
    expect(await filesOf({ ATMOS_PROFILE: 'me' })).toEqual([
      'home/.config/atmos/profiles/me/x.yaml',
    ]);
    expect((await load({ ATMOS_PROFILE: 'me' })).directory).toBe('');
    expect((await errorOf(() => load())).code).toBe('ERR_CONFIG_NOT_FOUND');
  });
});

describe('--config and --config-path', () => {
  const files = {
    ...everywhere,
    'one/my.yaml': 'import: more.yaml\nauth: { realm: one, keyring: { type: file } }',
    'one/more.yaml': 'auth: { realm: imported, session_files: true }',
    'one/atmos.d/part.yaml': 'auth: { realm: part, keyring: { type: memory, fallback: [file] } }',
    'two/.atmos.yml': realm('two'),
    'two/atmos.d/x.yaml': 'auth: { keyring: { type: system } }',
    'empty/x': '',
  };
  const sources = (source: string, ...values: string[]) =>
    values.map((value) => ({ value, source }));

  it('replace the files that would be found by searching', async () => {
    const { filesOf } = machine(files);
    const configFiles = sources('--config', '../../../one/my.yaml');
    expect(await filesOf({ ATMOS_CLI_CONFIG_PATH: 'other' }, { configFiles })).toEqual([
      'one/atmos.d/part.yaml',
      'one/more.yaml',
      'one/my.yaml',
    ]);
  });

  it('merge a file over its imports and fragments', async () => {
    const { load } = machine(files);
    const config = await load({ ATMOS_CONFIG: '../../../one/my.yaml' });
    expect(config).toMatchObject({
      realm: { value: 'one' },
      sessionFiles: { value: true },
      keyring: { type: { value: 'file' }, fallback: { value: ['file'] } },
    });
  });

  it('read files first, then directories, all with explicit origin', async () => {
    const { load, filesOf } = machine(files);
    const options = {
      configFiles: sources('--config', '../../../one/my.yaml'),
      configDirectories: sources('--config-path', '../../../two'),
    };
    expect(await filesOf({}, options)).toEqual([
      'one/atmos.d/part.yaml',
      'one/more.yaml',
      'one/my.yaml',
      'two/atmos.d/x.yaml',
      'two/.atmos.yml',
    ]);
    const config = await load({}, options);
    expect(config.realm?.value).toBe('two');
    expect(new Set(config.layers.map(({ origin }) => origin))).toEqual(new Set(['explicit']));
    expect(config.projectFiles).toEqual([]);
  });

  it.each([
    ['ATMOS_CONFIG_PATH', '', 'ERR_USAGE', /^ATMOS_CONFIG_PATH requires the name of a directory/],
    ['--config-path', '', 'ERR_USAGE', /^--config-path requires the name of a directory/],
    [
      '--config-path',
      '../gone',
      'ERR_CONFIG_NOT_FOUND',
      /gone \(from --config-path\) does not exist/,
    ],
    [
      '--config-path',
      '../../../empty',
      'ERR_CONFIG_NOT_FOUND',
      /empty \(from --config-path\) has no atmos\.yaml, atmos\.yml, \.atmos\.yaml/,
    ],
    [
      '--config-path',
      '../../../one/my.yaml',
      'ERR_CONFIG_UNREADABLE',
      /my\.yaml \(from --config-path\) is a file, not a directory/,
    ],
  ])('%s=%s is rejected with %s', async (source, value, code, message) => {
    const { load } = machine(files);
    const isVariable = source.startsWith('ATMOS');
    const error = await errorOf(() =>
      isVariable
        ? load({ [source]: `${value},x` })
        : load({}, { configDirectories: sources(source, value) }),
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('the layers of a handle', () => {
  it('load the same settings from another directory and environment, with profiles and imports', async () => {
    const { project, load } = machine({
      ...everywhere,
      'repo/atmos.yaml': 'import: [more.yaml]\nauth: { realm: root }',
      'repo/more.yaml': 'auth: { keyring: { type: file, spec: { path: k } } }',
      'home/.config/atmos/profiles/ci/x.yaml': 'auth: { keyring: { type: memory } }',
    });
    const before = await load({ ATMOS_PROFILE: 'ci' });
    const elsewhere = fakeHost({ workingDirectory: () => '/' });
    const after = await loadLayers(before, {}, elsewhere);
    expect(after).toMatchObject({
      files: before.files,
      layers: before.layers,
      directory: before.directory,
      profiles: ['ci'],
      keyring: { type: { value: 'memory' }, spec: { path: { value: project.path('repo/k') } } },
      projectFiles: before.projectFiles,
    });
  });

  it('are rejected if a file is missing', async () => {
    const layers = [{ path: '/nonexistent/atmos.yaml', origin: 'project' as const }];
    expect(
      await errorOf(() => loadLayers({ layers, directory: '/nonexistent' }, {}, fakeHost())),
    ).toMatchObject({
      code: 'ERR_CONFIG_NOT_FOUND',
      message: '/nonexistent/atmos.yaml (from the handle) does not exist',
    });
  });
});
