import { describe, expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { planAuth } from '../../src/auth/plan.ts';
import { awsUser } from '../../src/clouds/aws/user.ts';
import { readSettings } from '../../src/clouds/aws/user-settings.ts';
import { loadConfig } from '../../src/auth/load-config.ts';
import { createSettingsSchema } from '../../src/config/schema.ts';
import { specSchema } from '../../src/keyring/registry.ts';
import { isObject } from '../../src/core/json.ts';
import { createProject } from './project.ts';

type Path = readonly string[];
type Tree = Record<string, unknown>;

/** The paths of all keys that a schema has and that hold no known keys themselves. */
function leavesOf(schema: unknown, path: Path = []): Path[] {
  if (!isObject(schema)) return [];
  const { pipe, wrapped, entries, value, item, type } = schema;
  if (Array.isArray(pipe)) {
    const inner = pipe.flatMap((part) => leavesOf(part, path));
    return inner.length > 0 ? inner : [path];
  }
  if (wrapped !== undefined) return leavesOf(wrapped, path);
  if (isObject(entries)) {
    return Object.entries(entries).flatMap(([key, one]) => {
      const below = leavesOf(one, [...path, key]);
      return below.length > 0 ? below : [[...path, key]];
    });
  }
  if (type === 'record') return leavesOf(value, [...path, '*']);
  if (type === 'array') return leavesOf(item, [...path, '0']);
  return [];
}

/** Two valid values of each key that is not free text. */
const pairs: Readonly<Record<string, readonly [unknown, unknown]>> = {
  'auth.keyring.type': ['file', 'memory'],
  'auth.keyring.fallback': [['file'], ['memory', 'file']],
  'auth.identities.*.kind': ['aws/user', 'aws/ambient'],
  'auth.identities.*.default': [false, true],
  'auth.identities.*.required': [false, true],
  'auth.identities.*.tags': [['a'], ['b']],
  'auth.identities.*.session.duration': ['1h', '2h'],
  'auth.identities.*.principal': [{ a: 1 }, { a: 2 }],
  'auth.identities.*.spec': [
    { endpoint_url: 'https://a.example' },
    { endpoint_url: 'https://b.example' },
  ],
  'auth.identities.*.credentials': [{ region: 'eu-west-1' }, { region: 'eu-west-2' }],
  'auth.identities.*.env.0.key': ['TF_VAR_a', 'TF_VAR_b'],
  'auth.session_files': [false, true],
  'auth.logs.level': ['Debug', 'Info'],
  'logs.level': ['Debug', 'Info'],
  'auth.integrations.*': [{ kind: 'aws/ecr' }, { kind: 'aws/eks' }],
  'auth.providers.*.kind': ['aws/saml', 'github/oidc'],
  'auth.providers.*.tags': [['a'], ['b']],
  'auth.providers.*.default': [false, true],
  'auth.realm': ['one', 'two'],
  'env.*': ['one', 'two'],
  import: ['a.yaml', 'b.yaml'],
  'profiles.default': ['one', 'two'],
};

/** A map with one value at a path and the other required keys. */
function treeWith(path: Path, value: unknown): Tree {
  const names = path.map((key) => (key === '*' ? 'dev' : key));
  const tree: Tree = {
    auth: {
      ...(path[1] === 'keyring' && path[2] === 'spec' ? { keyring: { type: 'file' } } : {}),
      identities: { dev: { kind: 'aws/user' }, base: { kind: 'aws/user' } },
      providers: { dev: { kind: 'github/oidc', spec: { audience: 'a' } } },
    },
    ...(path[0] === 'base_path' ? { import: 'part.yaml' } : {}),
  };
  if (path.includes('0')) put(tree, names.slice(0, -1), { key: 'TF_VAR_x', value: 'x' });
  put(tree, names, value);
  return tree;
}

function put(tree: Tree, path: Path, value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  if (rest[0] === '0') {
    const [item] = Array.isArray(child) ? child : [{}];
    const map: Tree = isObject(item) ? { ...item } : {};
    if (rest.length > 1) put(map, rest.slice(1), value);
    else Object.assign(map, isObject(value) ? value : {});
    tree[key] = [map];
    return;
  }
  const map: Tree = isObject(child) ? child : {};
  tree[key] = map;
  put(map, rest, value);
}

/** Every result of the configuration, and what `validate` reports for a path. */
async function outcomeOf(tree: Tree, path: Path) {
  const project = createProject({
    'atmos.yaml': JSON.stringify(tree),
    'a.yaml': 'auth: { realm: a }',
    'b.yaml': 'auth: { realm: b }',
    'one/part.yaml': 'auth: { realm: in-one }',
    'two/part.yaml': 'auth: { realm: in-two }',
    'profiles/one/a.yaml': 'auth: { realm: one }',
    'profiles/two/a.yaml': 'auth: { realm: two }',
  });
  const host = project.host();
  const { findings } = await validate({}, host);
  const names = path.map((key) => (key === '*' ? 'dev' : key));
  // A finding about the kind of a provider applies to the whole provider.
  const kindOfEntry = names[1] === 'providers' ? [...names.slice(0, 3), 'kind'] : names;
  const said = findings.filter((finding) =>
    [names, kindOfEntry].some((one) =>
      finding.path.every((key, at) => at >= one.length || key === one[at]),
    ),
  );
  const decided = async () => {
    const config = await loadConfig({}, host);
    const { identities, providers, env, environment, sessionFiles, logs, realm } = config;
    const users = identities.filter(({ kind }) => kind === 'aws/user');
    return {
      identities,
      used: users.map((identity) => [readSettings(identity), awsUser.trustNeeds(identity)]),
      // The kind uses the region, and `auth list` the others.
      providers: providers.map(({ name, kind, settings: { region, tags, default: isDefault } }) => [
        name,
        kind,
        region,
        tags,
        isDefault,
      ]),
      env,
      environment,
      sessionFiles: sessionFiles.value,
      logs: [logs.level?.value, logs.file?.value],
      realm: realm?.value,
      keyring: planAuth(config, host).keyring,
      profiles: [config.profiles, config.profileDirectories.map((one) => one.path)],
    };
  };
  // Positions depend on the text before them.
  const plain = (value: unknown) =>
    JSON.stringify(value)
      .replaceAll(project.directory, '$')
      .replaceAll(/yaml:\d+:\d+/g, 'yaml');
  const result = await decided().then(plain, String);
  return { result, said: said.map(({ text }) => text) };
}

const leaves = [
  ...leavesOf(createSettingsSchema(specSchema)),
  ...Object.entries(awsUser.schemas).flatMap(([part, schema]) =>
    leavesOf(schema, ['auth', 'identities', '*', part]),
  ),
];

describe('a key of the schema changes the result or is reported by validate', () => {
  test.each(leaves.map((path) => path.join('.')))('%s', async (name) => {
    const path = name.split('.');
    const [one, other] = pairs[name] ?? valuesFor(name);
    const first = await outcomeOf(treeWith(path, one), path);
    const second = await outcomeOf(treeWith(path, other), path);
    const isSaid = first.said.length > 0 && second.said.length > 0;
    expect({ name, isSeen: first.result !== second.result || isSaid }).toEqual({
      name,
      isSeen: true,
    });
  });
});

/** Text, in the form that the key takes. */
function valuesFor(name: string): readonly [unknown, unknown] {
  if (name.endsWith('_enabled')) return [true, false];
  if (/(_url|\.url)$/.test(name)) return ['https://a.example', 'https://b.example'];
  if (name.endsWith('password_env')) return ['ONE_PASSWORD', 'TWO_PASSWORD'];
  if (name.endsWith('region')) return ['eu-west-1', 'eu-west-2'];
  return ['one', 'two'];
}
