import { describe, expect, it } from 'vitest';
import { createProject, errorOf, projectOf } from './project.ts';

const whole = `
auth:
  realm: my-project
  session_files: true
  keyring:
    type: file
    spec:
      path: .keyring
      password_env: KEYRING_PASSWORD
      password_file: ~/secret
      password_command: pass show keyring
    fallback: [memory]
  providers:
    sso:
      kind: aws/iam-identity-center
      region: eu-west-1
  identities:
    Prod:
      kind: aws/permission-set
      via: { provider: sso }
      principal: { name: admin, account: { id: "012345678901" } }
    dev:
      kind: aws/user
      default: true
      session: { duration: 3600 }
      env:
        - key: AWS_PAGER
          value: ""
components:
  terraform: { base_path: components/terraform }
`;

describe('a whole atmos.yaml', () => {
  it('returns its settings sorted by name, with their positions', async () => {
    const project = projectOf(whole);
    const config = await project.load();
    const at = (place: string) => `(${project.path('atmos.yaml')}:${place})`;
    expect(config).toMatchObject({
      files: [project.path('atmos.yaml')],
      layers: [{ path: project.path('atmos.yaml'), origin: 'project' }],
      directory: project.directory,
      profiles: [],
      realm: { value: 'my-project', source: `auth.realm ${at('3:10')}` },
      sessionFiles: { value: true, source: `auth.session_files ${at('4:18')}` },
      keyring: {
        type: { value: 'file', source: `auth.keyring.type ${at('6:11')}` },
        spec: {
          path: {
            value: project.path('.keyring'),
            source: `auth.keyring.spec.path ${at('8:13')}`,
            path: ['auth', 'keyring', 'spec', 'path'],
          },
          password_env: { value: 'KEYRING_PASSWORD' },
          password_file: { value: '~/secret' },
          password_command: { value: 'pass show keyring' },
        },
        fallback: { value: ['memory'], source: `auth.keyring.fallback ${at('12:5')}` },
      },
      warnings: [],
    });
    expect(config.identities).toMatchObject([
      {
        name: 'Prod',
        kind: 'aws/permission-set',
        isDefault: false,
        via: { provider: 'sso' },
        principal: { name: 'admin', account: { id: '012345678901' } },
        spec: {},
        credentials: {},
        session: {},
        env: [],
      },
      {
        name: 'dev',
        kind: 'aws/user',
        isDefault: true,
        session: { duration: '3600' },
        env: [{ key: 'AWS_PAGER', value: '' }],
      },
    ]);
    expect(config.identities[1]).not.toHaveProperty('via');
    expect(config.providers).toMatchObject([{ name: 'sso', kind: 'aws/iam-identity-center' }]);
  });

  it('locates each field of an identity or a provider', async () => {
    const project = projectOf(whole);
    const { identities, providers } = await project.load();
    const place = (line: string) => `${project.path('atmos.yaml')}:${line}`;
    const [prod] = identities;
    expect(prod?.locate()).toBe(place('18:5'));
    expect(prod?.locate(['kind'])).toBe(place('19:13'));
    expect(prod?.locate(['principal', 'account', 'id'])).toBe(place('21:48'));
    expect(prod?.locate(['principal', 'account', 'name'])).toBe(place('21:33'));
    expect(providers[0]?.locate()).toBe(place('14:5'));
  });

  it('returns no settings for missing keys', async () => {
    const config = await projectOf('# later\n').load();
    expect(config.keyring).toEqual({ spec: {} });
    expect(config.identities).toEqual([]);
    expect(config.providers).toEqual([]);
    expect(config.sessionFiles).toEqual({ value: false, source: 'default' });
    expect(config).not.toHaveProperty('realm');
  });

  it.each([
    ['an empty file', ''],
    ['an empty document', '---\n'],
    ['empty keys', 'auth:\n  realm:\n  keyring:\n  identities:\nprofiles:\n'],
    ['empty text', 'auth: {realm: "", keyring: {type: "", spec: {path: "", password_file: ""}}}'],
  ])('treats %s as no settings', async (_, text) => {
    const config = await projectOf(text).load();
    expect(config.keyring).toEqual({ spec: {} });
    expect(config).not.toHaveProperty('realm');
  });

  it('ignores the other parts of a real project', async () => {
    const config = await createProject({
      '.env': 'A=1',
      'atmos.yaml': `
import: []
base_path: !repo-root .
env: !include .env
<<: !include more.env
vars:
  now: !exec date
  all: [!git.sha , !random 1 10]
  rest: !append [1]
  gone: !unset
templates: { settings: { enabled: true } }
auth: { realm: here }
`,
    }).load();
    expect(config.realm?.value).toBe('here');
    expect(config.warnings).toEqual([]);
  });
});

describe('what is merged', () => {
  it('resolves << and anchors as YAML does, and keeps their positions', async () => {
    const project = projectOf(`
x-user: &user
  kind: aws/user
  session: { duration: 1h }
x-more: &more { kind: other, default: true }
auth:
  identities:
    dev:
      <<: [*user, *more]
      session: { duration: 2h }
    ops: *user
`);
    const { identities } = await project.load();
    expect(identities).toMatchObject([
      { name: 'dev', kind: 'aws/user', isDefault: true, session: { duration: '2h' } },
      { name: 'ops', kind: 'aws/user', isDefault: false, session: { duration: '1h' } },
    ]);
    const place = (line: string) => `${project.path('atmos.yaml')}:${line}`;
    expect(identities[0]?.locate(['kind'])).toBe(place('3:9'));
    expect(identities[0]?.locate(['session', 'duration'])).toBe(place('10:28'));
    expect(identities[1]?.locate(['kind'])).toBe(place('3:9'));
  });

  it('overrides keys with a later --config and keeps the first spelling of names', async () => {
    const project = createProject({
      'base.yaml': `
auth:
  keyring: { type: file, spec: { path: a } }
  identities: { Dev: { kind: aws/user, credentials: { region: eu-west-1 } } }
`,
      'over/more.yaml': `
auth:
  keyring: { spec: { password_file: b } }
  identities: { DEV: { default: true, credentials: { mfa_arn: arn } }, ops: { kind: aws/user } }
`,
    });
    const config = await project.load(
      {},
      {
        configFiles: [
          { value: 'base.yaml', source: '--config' },
          { value: 'over/more.yaml', source: '--config' },
        ],
      },
    );

    expect(config.directory).toBe(project.path('over'));
    expect(config.files).toEqual([project.path('base.yaml'), project.path('over/more.yaml')]);
    expect(config.keyring).toMatchObject({
      type: { value: 'file', source: `auth.keyring.type (${project.path('base.yaml')}:3:20)` },
      spec: {
        path: { value: project.path('a') },
        password_file: { value: project.path('over/b') },
      },
    });
    expect(config.identities.map(({ name }) => name)).toEqual(['Dev', 'ops']);
    expect(config.identities[0]).toMatchObject({
      kind: 'aws/user',
      isDefault: true,
      credentials: { region: 'eu-west-1', mfa_arn: 'arn' },
    });
    expect(config.identities[0]?.locate(['default'])).toBe(
      `${project.path('over/more.yaml')}:4:33`,
    );
    expect(config.identities[0]?.locate(['kind'])).toBe(`${project.path('base.yaml')}:4:30`);
  });

  it('accepts names with a special meaning in JavaScript', async () => {
    const project = projectOf('auth: { identities: { __proto__: { kind: aws/user } } }');
    const error = await errorOf(() => project.load(), project);
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe('auth.identities.__proto__ ($/atmos.yaml:1:23) is a reserved name');
    expect((await projectOf('toString: 1\nauth: { realm: x }').load()).realm?.value).toBe('x');
  });
});

describe('!env', () => {
  it.each([
    ['!env REALM', { REALM: 'given' }, 'given'],
    ['!env REALM', { REALM: '  given \n' }, 'given'],
    ['!env REALM other', { REALM: 'given' }, 'given'],
    ['!env REALM other', {}, 'other'],
    ['!env REALM "two words"', {}, 'two words'],
    ["!env REALM 'two words'", {}, 'two words'],
    ['!env REALM other', { REALM: '' }, ''],
    ['!env REALM', {}, ''],
    ['!env toString', {}, ''],
  ])('reads %s with %j as %j', async (tag, env, expected) => {
    expect((await projectOf(`auth: { realm: ${tag} }`).load(env)).realm?.value).toBe(expected);
  });

  it.each([
    ['true', true],
    ['false', false],
    ['', false],
  ])('sets a flag from the text %j', async (text, expected) => {
    const project = projectOf('auth: { identities: { dev: { kind: a, default: !env DEFAULT } } }');
    const { identities } = await project.load({ DEFAULT: text });
    expect(identities).toMatchObject([{ isDefault: expected }]);
  });

  it('is resolved in lists and in the settings of kinds', async () => {
    const { identities } = await projectOf(`
auth:
  identities:
    dev:
      kind: aws/user
      credentials: { access_key_id: !env KEY }
      env: [{ key: A, value: !env B }]
`).load({ KEY: 'AKIA', B: 'b' });
    expect(identities[0]).toMatchObject({
      credentials: { access_key_id: 'AKIA' },
      env: [{ key: 'A', value: 'b' }],
    });
  });
});

describe('warnings', () => {
  it('name unknown keys and suggest similar ones', async () => {
    const project = projectOf(`
auth:
  identites: {}
  something_new: 1
  keyring:
    typ: file
    spec:
      pth: x
      zzzzzzzz: y
  identities:
    dev:
      kind: aws/user
      deflaut: true
      required: true
`);
    const at = (place: string) => `(${project.path('atmos.yaml')}:${place})`;
    expect((await project.load()).warnings).toEqual([
      `auth.identites ${at('3:3')} is not known: did you mean identities?`,
      `auth.keyring.typ ${at('6:10')} is not known: did you mean type?`,
      `auth.keyring.spec.pth ${at('8:12')} is not known: did you mean path?`,
      `auth.keyring.spec.zzzzzzzz ${at('9:17')} is not known`,
      `auth.identities.dev.deflaut ${at('13:16')} is not known: did you mean default?`,
    ]);
  });
});

it('do not mention values of commands that were not run, but other problems', async () => {
  const project = projectOf(`auth:
  identities:
    dev:
      kind: aws/user
      env: [{ key: TOKEN, value: !exec date }]
`);
  const { identities, warnings } = await project.load({}, { isStatic: true });
  expect(identities.map(({ name }) => name)).toEqual(['dev']);
  expect(warnings).toEqual([
    `auth.identities.dev.env.0.value (${project.path('atmos.yaml')}:5:34) is the output of a command, which this command does not run`,
  ]);

  const wrong = projectOf(
    'auth: { identities: { dev: { env: [{ key: A }, { value: !exec date }] } } }',
  );
  const error = await errorOf(() => wrong.load({}, { isStatic: true }), wrong);
  expect(error.message).toContain('auth.identities.dev.env.0.value');
  expect(error.message).toContain('auth.identities.dev.env.1.key');
  expect(error.message).not.toContain('auth.identities.dev.env.1.value');
});
