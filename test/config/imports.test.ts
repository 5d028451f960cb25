import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/auth/load-config.ts';
import { createProject, errorOf, type Project } from './project.ts';

const realm = (name: string) => `auth: { realm: ${name} }`;

/** The files that were read, in the order they are merged. */
async function filesOf(project: Project, env = {}): Promise<string[]> {
  const { files } = await project.load(env);
  return files.map((path) => path.slice(project.directory.length + 1));
}

describe('import', () => {
  const files = {
    'catalog/a.yaml': realm('a'),
    'catalog/b.yml': realm('b'),
    'catalog/b.yaml': realm('b-yaml'),
    'catalog/deep/c.yaml': realm('c'),
    'catalog/.hidden.yaml': realm('hidden'),
    'catalog/notes.md': 'not YAML: [',
    'plain.yaml': realm('plain'),
  };

  it.each([
    ['a file', 'plain.yaml', ['plain.yaml']],
    ['a file without its extension', 'plain', ['plain.yaml']],
    ['with ./', './plain.yaml', ['plain.yaml']],
    ['a directory, nearer files first', 'catalog', ['a.yaml', 'b.yaml', 'deep/c.yaml']],
    ['a glob', 'catalog/*', ['a.yaml', 'b.yaml', 'b.yml']],
    ['a glob of all depths', 'catalog/**/*.yaml', ['a.yaml', 'b.yaml', 'deep/c.yaml']],
    ['a choice', 'catalog/{a,b}.yaml', ['a.yaml', 'b.yaml']],
    ['one character', 'catalog/?.yml', ['b.yml']],
    ['a list, the later wins', '[catalog/b.yml, catalog/a.yaml]', ['b.yml', 'a.yaml']],
    [
      'a file twice, at its later place',
      '[catalog/a.yaml, catalog/b.yml, catalog/a]',
      ['b.yml', 'a.yaml'],
    ],
    ['with !env', '[!env WHICH catalog/a.yaml]', ['a.yaml']],
  ])('%s', async (_, said, expected) => {
    const project = createProject({ ...files, 'atmos.yaml': `import: ${said}` });
    const found = await filesOf(project);
    expect(found.map((path) => path.replace(/^catalog\//, ''))).toEqual([
      ...expected,
      'atmos.yaml',
    ]);
  });

  it('is deep-merged under the importing file', async () => {
    const project = createProject({
      'atmos.yaml': `
import: [auth.yaml]
auth: { realm: main, identities: { Dev: { default: true } } }`,
      'auth.yaml': `
auth: { realm: imported, identities: { dev: { kind: aws/user, credentials: { region: eu-west-1 } } } }`,
    });
    const config = await project.load();
    expect(config.realm?.value).toBe('main');
    // Atmos replaces the whole identity by the imported one.
    expect(config.identities).toMatchObject([
      { name: 'dev', kind: 'aws/user', isDefault: true, credentials: { region: 'eu-west-1' } },
    ]);
    expect(config.identities[0]?.locate(['kind'])).toBe(`${project.path('auth.yaml')}:2:53`);
    expect(config.identities[0]?.locate(['default'])).toBe(`${project.path('atmos.yaml')}:3:52`);
  });

  it('may import other files to a depth of 10', async () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, at) => [
          at === 0 ? 'atmos.yaml' : `f${at}.yaml`,
          at === length - 1 ? realm('deepest') : `import: f${at + 1}.yaml`,
        ]),
      );
    const fine = createProject(chain(11));
    expect((await fine.load()).realm?.value).toBe('deepest');
    expect((await filesOf(fine))[0]).toBe('f10.yaml');
    const deeper = createProject(chain(12));
    expect(await errorOf(() => deeper.load(), deeper)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'import ($/f10.yaml:1:9) is imported through more than 10 files',
    });
  });

  it('fails with the cycle if a file imports itself', async () => {
    const project = createProject({
      'atmos.yaml': 'import: [a.yaml]',
      'a.yaml': 'import:\n  - atmos.yaml',
    });
    expect(await errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'import.0 ($/a.yaml:2:5) imports itself: $/atmos.yaml → $/a.yaml → $/atmos.yaml',
    });
  });

  it.each([
    'https://example.com/atmos.yaml?token=s3cret',
    'git::https://example.com/x.git//atmos.yaml',
    's3::https://s3.amazonaws.com/bucket/x.yaml',
    'github.com/cloudposse/atmos//x.yaml',
    'git@github.com:cloudposse/atmos',
    'oci://example.com/x',
  ])('warns about %s without its address and fetches nothing', async (address) => {
    const project = createProject({
      'atmos.yaml': `import: ["${address}"]\nauth: { realm: here }`,
    });
    const { warnings, remoteImports, ...config } = await project.load();
    const at = `import.0 (${project.path('atmos.yaml')}:1:10)`;
    expect(config.realm?.value).toBe('here');
    expect(remoteImports).toEqual([at]);
    expect(warnings).toEqual([
      `${at} is a remote import, which is not fetched: download it into the project and import that file`,
    ]);
  });

  it('reports a command with the position where it is written', async () => {
    const project = createProject({
      'atmos.yaml': 'import: a.yaml\nauth: { keyring: { type: file } }',
      'a.yaml': 'auth: { realm: !exec date }',
    });
    const { needs } = await project.load({}, { isStatic: true });
    const source = `auth.realm (${project.path('a.yaml')}:1:16)`;
    expect(needs).toEqual([
      { path: ['auth', 'realm'], what: 'runs date', givesValue: true, source },
    ]);
  });

  it('warns about a missing file with its position', async () => {
    const project = createProject({ 'atmos.yaml': `import: [gone.yaml, "x/*.yaml"]` });
    const { warnings } = await project.load();
    expect(warnings.map((text) => text.replaceAll(project.directory, '$'))).toEqual([
      'import ($/atmos.yaml:1:10) names "gone.yaml", not found in $',
      'import ($/atmos.yaml:1:21) names "x/*.yaml", not found in $',
    ]);
  });

  it('reports a syntax error in the imported file', async () => {
    const project = createProject({
      'atmos.yaml': 'import: b.yaml',
      'b.yaml': 'auth:\n  realm: [',
    });
    expect(await errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_CONFIG_SYNTAX',
      message: expect.stringMatching(/^\$\/b\.yaml:2:\d+ is not valid YAML: /),
    });
  });

  it.each([
    ['{ a: 1 }', 'import ($/atmos.yaml:1:1) must be text or a list of text'],
    ['[1]', 'import ($/atmos.yaml:1:1) must be text or a list of text'],
    ['!exec ls', 'import ($/atmos.yaml:1:9) '],
  ])('%s is refused', async (said, message) => {
    const project = createProject({ 'atmos.yaml': `import: ${said}` });
    const error = await errorOf(() => project.load(), project);
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toContain(message);
  });

  it.each([
    ['cut short', 'auth: { identities: { "a'],
    ['with an unknown tag', 'auth: { identities: { dev: !x y } }'],
    ['a text', 'x'],
  ])(
    'warns of provisioned identities of Atmos that are %s, and uses the others',
    async (_, text) => {
      const project = createProject({
        'atmos.yaml':
          'auth: { providers: { sso: { kind: aws/iam-identity-center } }, identities: { dev: { kind: aws/user } } }',
        'cache/atmos/auth/sso/provisioned-identities.yaml': text,
      });
      const config = await project.load({ XDG_CACHE_HOME: project.path('cache') });
      expect(config.identities).toMatchObject([{ name: 'dev', kind: 'aws/user' }]);
      const path = project.path('cache/atmos/auth/sso/provisioned-identities.yaml');
      expect(config.warnings).toHaveLength(1);
      expect(config.warnings[0]).toContain(
        `auth.providers.sso (${project.path('atmos.yaml')}:1:22) has identities that Atmos listed, which are not used: `,
      );
      expect(config.warnings[0]).toContain(`: rm ${path}`);
    },
  );

  it('merges the provisioned identities of a provider under the other files', async () => {
    const project = createProject({
      'atmos.yaml': `
auth:
  providers: { sso: { kind: aws/iam-identity-center }, ../x: { kind: y } }
  identities: { dev: { default: true } }`,
      'cache/atmos/auth/sso/provisioned-identities.yaml':
        'auth: { providers: { sso: {} }, identities: { dev: { kind: aws/permission-set }, ops: { kind: aws/permission-set } } }',
      'cache/atmos/x/provisioned-identities.yaml': realm('escaped'),
    });
    const config = await project.load({ XDG_CACHE_HOME: project.path('cache') });
    expect(config.identities).toMatchObject([
      { name: 'dev', kind: 'aws/permission-set', isDefault: true },
      { name: 'ops', kind: 'aws/permission-set' },
    ]);
    expect(config.realm).toBeUndefined();
    expect(config.layers[0]).toMatchObject({ origin: 'user' });
  });
});

describe('where relative imports start', () => {
  const files = {
    'repo/.git/HEAD': '',
    'repo/shared/x.yaml': realm('root'),
    'repo/sub/shared/x.yaml': realm('sub'),
    'repo/sub/inner/shared/x.yaml': realm('inner'),
    'abs/shared/x.yaml': realm('abs'),
  };
  it.each([
    ['no base_path: the root of the repository', '', {}, 'root'],
    ['base_path: sub, from the root of the repository', 'base_path: sub', {}, 'sub'],
    ['base_path: ./inner, from the file', 'base_path: ./inner', {}, 'inner'],
    ['base_path: .., from the file', 'base_path: ..', {}, 'root'],
    ['ATMOS_BASE_PATH over the file’s', 'base_path: .', { ATMOS_BASE_PATH: './inner' }, 'inner'],
    ['no git: the directory of the file', '', { ATMOS_GIT_ROOT_BASEPATH: 'false' }, 'sub'],
    ['base_path by !repo-root', 'base_path: !repo-root', {}, 'root'],
  ])('%s', async (_, basePath, env, expected) => {
    const project = createProject({
      ...files,
      'repo/sub/atmos.yaml': `${basePath}\nimport: [shared/x.yaml]`,
    });
    const config = await loadConfig({}, project.host(env, project.path('repo/sub')));
    expect(config.realm?.value).toBe(expected);
  });

  it('--base-path overrides the other settings', async () => {
    const project = createProject({
      ...files,
      'repo/sub/atmos.yaml': 'base_path: .\nimport: [shared/x.yaml]',
    });
    const basePath = { value: project.path('abs'), source: '--base-path' };
    const host = project.host({ ATMOS_BASE_PATH: 'inner' }, project.path('repo/sub'));
    expect((await loadConfig({ basePath }, host)).realm?.value).toBe('abs');
  });

  it('is the directory of the file if the base path does not contain the import', async () => {
    const project = createProject({
      'repo/.git/HEAD': '',
      'repo/sub/atmos.yaml': 'import: [beside.yaml]',
      'repo/sub/beside.yaml': realm('beside'),
    });
    const config = await loadConfig({}, project.host({}, project.path('repo/sub')));
    expect(config.realm?.value).toBe('beside');
  });
});

describe('what the person’s own configuration imports', () => {
  const load = async (entry: string, files: Readonly<Record<string, string>>) => {
    const project = createProject({ 'repo/.git/HEAD': '', ...files });
    const home = project.path('home');
    const text = `import: ["${entry.replace('$', home)}"]`;
    mkdirSync(`${home}/.atmos`, { recursive: true });
    writeFileSync(`${home}/.atmos/atmos.yaml`, text);
    const host = { ...project.host({}, project.path('repo')), homeDirectory: home };
    const { layers, realm: found } = await loadConfig({}, host);
    return [found?.value, layers[0]?.origin];
  };

  it.each([
    ['mine.yaml', 'mine', 'user'],
    ['$/.atmos/mine.yaml', 'mine', 'user'],
    ['$/elsewhere.yaml', 'elsewhere', 'user'],
    // The base path leads to the current project, which contains the file.
    ['only-in-repo.yaml', 'repo', 'project'],
  ])('%s is %s, of the %s', async (entry, value, origin) => {
    const files = {
      'home/.atmos/mine.yaml': realm('mine'),
      'home/elsewhere.yaml': realm('elsewhere'),
      'repo/only-in-repo.yaml': realm('repo'),
    };
    expect(await load(entry, files)).toEqual([value, origin]);
  });
});

describe('atmos.d and .atmos.d', () => {
  it('are merged under the file beside them, nearer files first', async () => {
    const project = createProject({
      'atmos.yaml': 'import: [imported.yaml]\nauth: { keyring: { type: file } }',
      'imported.yaml': 'auth: { realm: imported }',
      'atmos.d/b.yaml': 'auth: { realm: b, session_files: true, keyring: { type: memory } }',
      'atmos.d/a.yml': realm('a'),
      'atmos.d/deep/c.yaml': realm('c'),
      '.atmos.d/d.yaml': 'import: e.yaml\nauth: { realm: d }',
      'e.yaml': 'auth: { logs: { level: Debug } }',
    });
    expect(await filesOf(project)).toEqual([
      'atmos.d/a.yml',
      'atmos.d/b.yaml',
      'atmos.d/deep/c.yaml',
      'e.yaml',
      '.atmos.d/d.yaml',
      'imported.yaml',
      'atmos.yaml',
    ]);
    expect(await project.load()).toMatchObject({
      realm: { value: 'imported' },
      sessionFiles: { value: true },
      keyring: { type: { value: 'file' } },
      logs: { level: { value: 'Debug' } },
    });
  });

  it('count in the root of the repository, regardless of files in the working directory', async () => {
    const project = createProject({
      '.git/HEAD': '',
      '.atmos.d/x.yaml': 'auth: { realm: root, session_files: true }',
      'sub/atmos.yaml': realm('sub'),
      'empty/x': '',
    });
    const inSub = await loadConfig({}, project.host({}, project.path('sub')));
    expect(inSub).toMatchObject({ realm: { value: 'sub' }, sessionFiles: { value: true } });
    // Also without another file: then the realm is the default one.
    const alone = await loadConfig({}, project.host({}, project.path('empty')));
    expect(alone).toMatchObject({ realm: { value: 'root' }, directory: '' });
    const named = await loadConfig(
      { configFiles: [{ value: 'atmos.yaml', source: '--config' }] },
      project.host({}, project.path('sub')),
    );
    expect(named.sessionFiles.value).toBe(false);
  });

  it('are read without following links to directories, which may form a cycle', async () => {
    const project = createProject({ 'atmos.yaml': '', 'atmos.d/a.yaml': realm('a') });
    symlinkSync('..', project.path('atmos.d/up'));
    mkdirSync(project.path('atmos.d/empty'));
    expect(await filesOf(project)).toEqual(['atmos.d/a.yaml', 'atmos.yaml']);
  });
});

describe('a wrong value in an imported file of a profile', () => {
  it('is reported with that file’s line and column', async () => {
    const project = createProject({
      'atmos.yaml': 'auth: { keyring: { type: file } }',
      'profiles/ci/main.yaml': 'import: [parts/keyring.yaml]',
      'parts/keyring.yaml': `
auth:
  keyring:
    spec:
      path: 7
`,
    });
    expect(await errorOf(() => project.load({ ATMOS_PROFILE: 'ci' }), project)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'auth.keyring.spec.path ($/parts/keyring.yaml:5:13) must be text, not the number 7',
      hints: ['write it in quotes: "7"'],
    });
  });

  it('is reported together with those of all other files', async () => {
    const project = createProject({
      'atmos.yaml': 'import: [a.yaml]\nauth: { realm: 1 }',
      'a.yaml': 'auth: { session_files: maybe }',
      'profiles/ci/x.yaml': 'auth: [',
      'profiles/ci/y.yaml': 'auth: { keyring: file }',
    });
    const error = await errorOf(() => project.load({ ATMOS_PROFILE: 'ci' }), project);
    expect(error.code).toBe('ERR_CONFIG_SYNTAX');
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/^\$\/profiles\/ci\/x\.yaml:1:8 is not valid YAML/),
      'auth.session_files ($/a.yaml:1:24) must be true or false, not the text "maybe"',
      'auth.realm ($/atmos.yaml:2:16) must be text, not the number 1',
      'auth.keyring ($/profiles/ci/y.yaml:1:18) must be a map, not the text "file"',
    ]);
  });
});
