import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAtmosError } from '../../../src/core/errors.ts';
import { thrownBy } from '../../support/error-of.ts';
import { resolving, valueOf, type Surroundings } from './resolving.ts';

const refused = (message: string) => ({ problems: [`auth.realm ${message}`] });

describe('!include parses by file name extension', () => {
  it.each([
    ['a.yaml', 'a: [1, true, x]\n', { a: [1, true, 'x'] }],
    ['a.YML', '# nothing but a comment', null],
    ['list.yaml', '- a\n- b: c\n', ['a', { b: 'c' }]],
    ['scalar.yaml', 'text', 'text'],
    [
      'a.json',
      '{"a": [1, null, {"b": null, "__proto__": 1}]}',
      { a: [1, null, JSON.parse('{"__proto__":1}')] },
    ],
    ['scalar.json', '"text"', 'text'],
    [
      'a.toml',
      'd = 2026-01-02\nt = 2026-01-02T03:04:05Z\n[a.b]\nc = [1, 2.5]\n',
      {
        d: '2026-01-02',
        t: '2026-01-02T03:04:05.000Z',
        a: { b: { c: [1, 2.5] } },
      },
    ],
    ['.env', "# x\nA=1\nexport B='two words'\nC=\n", { A: '1', B: 'two words', C: '' }],
    ['.env.local', 'A=b', { A: 'b' }],
    ['dev.env', 'A=b', { A: 'b' }],
    ['a.txt', '{"a": 1}\n', '{"a": 1}\n'],
    ['.envrc', 'A=b', 'A=b'],
    ['noname', '# text', '# text'],
  ])('%s', (name, content, expected) => {
    expect(valueOf(`!include ${name}`, { files: { [name]: content } })).toEqual(expected);
  });

  it.each(['a.yaml', 'a.json', '.env', 'a.hcl'])('!include.raw takes %s as text', (name) => {
    const content = '{"a": !x 1}\n';
    expect(valueOf(`!include.raw ${name}`, { files: { [name]: content } })).toBe(content);
  });

  it.each([
    ['a.json', '{"a": secret}', 'is not valid JSON'],
    ['a.toml', 'a = secret', 'is not valid TOML'],
    ['a.toml', `a = ${'['.repeat(5000)}`, 'is not valid TOML'],
    ['a.hcl', 'a = "secret"', 'is HCL, which is not supported → write it as JSON or YAML'],
    ['a.tf', '', 'is HCL, which is not supported → write it as JSON or YAML'],
    ['a.tfvars', '', 'is HCL, which is not supported → write it as JSON or YAML'],
  ])('%s with %j is rejected, and its text is not shown', (name, content, why) => {
    expect(valueOf(`!include ${name}`, { files: { [name]: content } })).toEqual(
      refused(`includes $/${name}, which ${why}`),
    );
  });

  it('invalid YAML is reported with its own position', () => {
    const error = thrownBy(() =>
      valueOf('!include a.yaml', { files: { 'a.yaml': 'a:\n  b: c: d' } }),
    );
    expect(error.code).toBe('ERR_CONFIG_SYNTAX');
    expect(error.message).toMatch(/\/project\/a\.yaml:2:7 is not valid YAML: bad indentation/);
  });
});

describe('the search of !include', () => {
  const files = {
    'beside.txt': 'beside',
    'both.txt': 'beside',
    'work/both.txt': 'working',
    'work/there.txt': 'working',
    'two words.txt': 'two words',
    'part/inner.yaml': '!include deep.txt',
    'part/deep.txt': 'beside the one that includes it',
  };
  const there = { files, workingDirectory: 'work' };

  it.each([
    ['beside.txt', 'beside'],
    ['./beside.txt', 'beside'],
    ['both.txt', 'beside'],
    ['there.txt', 'working'],
    ['work/there.txt', 'working'],
    ['../project/beside.txt', 'beside'],
    [`'"two words.txt"'`, 'two words'],
    ['part/inner.yaml', 'beside the one that includes it'],
  ])('%s', (name, expected) => {
    expect(valueOf(`!include ${name}`, there)).toBe(expected);
  });

  it('uses only the directory of a file of the user', () => {
    expect(valueOf('!include there.txt', { ...there, origin: 'user' })).toEqual(
      refused('includes "there.txt", which was not found in $'),
    );
  });

  it('accepts an absolute path', () => {
    const { directory } = resolving('', { files });
    expect(valueOf(`!include ${directory}/beside.txt`, { origin: 'user' })).toBe('beside');
    expect(valueOf('!include /nonexistent/x.yaml')).toEqual(
      refused('includes "/nonexistent/x.yaml", which does not exist'),
    );
  });

  it('reports a missing file at its position', () => {
    expect(valueOf('!include gone.yaml', there)).toEqual(
      refused('includes "gone.yaml", which was not found in $ or $/work'),
    );
    expect(valueOf('!include gone.yaml')).toEqual(
      refused('includes "gone.yaml", which was not found in $'),
    );
    expect(valueOf('!include beside.txt/x', { files })).toEqual(
      refused('includes "beside.txt/x", which was not found in $'),
    );
  });

  const remote = refused(
    'includes a remote file, which is not fetched → download it into the project and include that file',
  );
  it.each([
    'https://user:secret@example.com/x.yaml',
    'HTTP://example.com/x.yaml',
    's3::https://s3.amazonaws.com/b/x.yaml',
    's3://b/x.yaml',
    'git::https://example.com/x.git//y.yaml',
    'git@github.com:o/r.git//x.yaml',
    'github.com/o/r//x.yaml',
    'oci://example/x',
    'file:///etc/passwd',
    'b.s3.amazonaws.com/x.yaml',
  ])('does not fetch %s', (name) => {
    expect(valueOf(`!include ${name}`)).toEqual(remote);
  });

  it.each([
    ['!include', 'requires the path of a file after !include'],
    ['!include.raw', 'requires the path of a file after !include.raw'],
    ['!include [a.yaml]', 'requires the path of a file after !include'],
    [`!include '"a.yaml'`, 'requires the path of a file after !include'],
    ['!include.raw a.yaml .a', 'requires one path after !include.raw, without a query'],
  ])('rejects %s', (tag, message) => {
    expect(valueOf(tag)).toEqual(refused(message));
  });

  it('rejects a file that is not regular, is too large or is not text, without waiting', () => {
    const { directory } = resolving('', { files: { 'd/x': '' } });
    writeFileSync(join(directory, 'large'), 'x'.repeat(1024 * 1024 + 1));
    writeFileSync(join(directory, 'bytes'), Buffer.from([0xff, 0xfe]));
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(directory, 'fifo')]);
      expect(valueOf(`!include ${directory}/fifo`)).toEqual(
        refused(`includes a file that cannot be read: ${directory}/fifo is not a regular file`),
      );
    }
    for (const [name, why] of [
      ['d', 'is a directory, not a YAML file'],
      ['large', 'is larger than 1 MiB'],
      ['bytes', 'is not UTF-8 text'],
    ]) {
      expect(valueOf(`!include ${directory}/${name}`)).toEqual(
        refused(`includes a file that cannot be read: ${directory}/${name} ${why}`),
      );
    }
  });
});

describe('a query of !include', () => {
  const yaml = `
base: &base { region: eu-west-1, tags: { a: 1 } }
accounts:
  dev: { <<: *base, id: "111", roles: [admin, reader] }
  "two words": { id: "222" }
  env: !env ID
  more: !include more.json
  part: !include more.json .list
`;
  const files = { 'x.yaml': yaml, 'more.json': '{"a": {"b": "json"}, "list": [1, [2, 3]]}' };
  it.each([
    ['.accounts.dev.id', '111'],
    ['.accounts.dev.roles[1]', 'reader'],
    ['.accounts.dev.roles', ['admin', 'reader']],
    ['.accounts.dev.region', 'eu-west-1'],
    ['.accounts.dev.tags.a', 1],
    ['.accounts."two words".id', '222'],
    ['.accounts["two words"].id', '222'],
    [`'.accounts."two words".id'`, '222'],
    ['.accounts.env', 'given'],
    ['.accounts.more.a.b', 'json'],
    ['.accounts.more.list[1][0]', 2],
    ['.accounts.part[1][1]', 3],
    ['.accounts.gone.id', null],
    ['.accounts.dev.roles[9]', null],
    ['.accounts.dev.id.deeper', null],
    ['.accounts[0]', null],
  ])('%s', (query, expected) => {
    expect(valueOf(`!include x.yaml ${query}`, { files, env: { ID: 'given' } })).toEqual(expected);
  });

  it.each(['.accounts | keys', '.accounts[-1]', '.a // "secret"', 'accounts', '.accounts[]'])(
    '%s is not a supported yq expression',
    (query) => {
      expect(valueOf(`!include x.yaml ${query}`, { files })).toEqual(
        refused(
          'has a query after !include that is not a plain path; other yq expressions are not supported → write it like .accounts.dev, .list[0] or ."two words"',
        ),
      );
    },
  );
});

describe('an included value', () => {
  it('may be a whole part, a list, or be merged with << under existing keys', () => {
    const { settings, problems } = resolving(
      `
auth: !include auth.yaml
profiles:
  <<: [!include first.json, !include second.json]
  default: own
env:
  <<: !include .env
  A: own
import: !include imports.json
`,
      {
        files: {
          'auth.yaml':
            'realm: !env NAME\nidentities: { dev: { <<: !include user.yaml, default: true } }',
          'user.yaml': 'kind: aws/user\ndefault: false\nempty:\n',
          'first.json': '{"base_path": "first", "default": "x"}',
          'second.json': '{"base_path": "second", "more": 1}',
          '.env': 'A=file\nB=file\n',
          'imports.json': '["a.yaml", "b.yaml"]',
        },
        env: { NAME: 'name' },
      },
    );
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      auth: { realm: 'name', identities: { dev: { kind: 'aws/user', default: true } } },
      profiles: { base_path: 'first', default: 'own', more: 1 },
      env: { A: 'own', B: 'file' },
      import: ['a.yaml', 'b.yaml'],
    });
  });

  it('is reported with its text and its path, including nested includes', () => {
    const files = { 'a.yaml': 'x: !include b.json .c\n', 'b.json': '{"c": 1}' };
    const { included, directory } = resolving('auth: { identities: !include a.yaml }', { files });
    expect(included).toEqual([
      {
        path: join(directory, 'a.yaml'),
        text: files['a.yaml'],
        at: ['auth', 'identities'],
      },
      {
        path: join(directory, 'b.json'),
        text: files['b.json'],
        at: ['auth', 'identities', 'x'],
      },
    ]);
  });

  it.each([
    ['auth: { <<: !include a.json }', '["x"]', 'auth."<<" must be a map, or a list of maps'],
    ['auth: { <<: !include a.json .gone }', '{}', 'auth."<<" must be a map, or a list of maps'],
    ['auth: { <<: [!include a.json, 5] }', '{}', 'auth."<<" must be a map, or a list of maps'],
  ])('cannot be merged: %s from %s', (text, json, problem) => {
    expect(resolving(text, { files: { 'a.json': json } }).problems).toEqual([problem]);
  });

  it('is not read in other parts or at the top level', () => {
    const { settings, included, problems } = resolving(
      '<<: !include gone.env\nvars: !include gone.yaml\nauth: { realm: a }',
    );
    expect({ settings, included, problems }).toEqual({
      settings: { auth: { realm: 'a' } },
      included: [],
      problems: [],
    });
  });

  it('has its own position in a problem', () => {
    const files = {
      'a.yaml': 'ok: 1\nidentities:\n  dev: { kind: !env A b c }\n',
      'b.yaml': 'deep:\n  realm: !include c.yaml\n',
      'c.yaml': '\n!git.branch\n',
      'd.yaml': 'x: &x { <<: 5 }\ny: { z: *x }\n',
    };
    const of = (text: string) => resolving(text, { files: { ...files, '.git/HEAD': '' } }).problems;
    const usage = 'requires the name of a variable and at most one default';
    expect(of('auth: !include a.yaml')).toEqual([
      `auth includes identities.dev.kind ($/a.yaml:3:16), which ${usage}`,
    ]);
    expect(of('auth: { identities: !include a.yaml .identities }')).toEqual([
      `auth.identities includes identities.dev.kind ($/a.yaml:3:16), which ${usage}`,
    ]);
    expect(of('auth: { <<: !include a.yaml }')).toEqual([
      `auth."<<" includes identities.dev.kind ($/a.yaml:3:16), which ${usage}`,
    ]);
    expect(of('auth: !include b.yaml .deep')).toEqual([
      'auth includes deep.realm ($/b.yaml:2:10), which includes $/c.yaml:2:1, which has the tag !git.branch, but HEAD of $ is not on a branch → add a default: !git.branch VALUE',
    ]);
    expect(of('auth: !include d.yaml .y.z')).toEqual([
      'auth includes y.z."<<" ($/d.yaml:1:13), which must be a map, or a list of maps',
    ]);
  });
});

describe('an !include that does not terminate', () => {
  it('is rejected: of itself, of a file that includes it, under another name', () => {
    const files = {
      'self.yaml': 'a: !include self.yaml',
      'a.yaml': '!include b.yaml',
      'b.yaml': '!include ./a.yaml',
    };
    const of = (tag: string) => resolving(`auth: ${tag}`, { files }).problems;
    expect(of('!include self.yaml')).toEqual([
      'auth includes a ($/self.yaml:1:4), which includes $/self.yaml, which includes it in turn',
    ]);
    expect(of('!include a.yaml')).toEqual([
      'auth includes $/a.yaml:1:1, which includes $/b.yaml:1:1, which includes $/a.yaml, which includes it in turn',
    ]);
    expect(of('!include atmos.yaml')).toEqual([
      'auth includes $/atmos.yaml, which includes it in turn',
    ]);
    expect(of('!include self.yaml .a.a.a')).toHaveLength(1);

    const { directory } = resolving('', { files });
    symlinkSync(join(directory, 'link.yaml'), join(directory, 'other.yaml'));
    writeFileSync(join(directory, 'link.yaml'), '!include other.yaml');
    expect(resolving(`auth: !include ${directory}/link.yaml`).problems).toHaveLength(1);
  });

  it('is rejected: through more than 10 files', () => {
    const numbers = Array.from({ length: 12 }, (_, at) => at);
    const files = Object.fromEntries(
      numbers.map((at) => [`${at}.yaml`, at === 11 ? 'end' : `!include ${at + 1}.yaml`]),
    );
    expect(resolving('auth: { realm: !include 2.yaml }', { files }).settings).toEqual({
      auth: { realm: 'end' },
    });
    expect(resolving('auth: { realm: !include 1.yaml }', { files }).problems).toEqual([
      expect.stringMatching(/includes through more than 10 files$/),
    ]);
  });

  it('is rejected: many files that include many', () => {
    const many = (name: string) => Array(60).fill(`- !include ${name}`).join('\n');
    const files = { 'a.yaml': many('b.yaml'), 'b.yaml': many('c.txt'), 'c.txt': 'x' };
    const { included, problems } = resolving('auth: { list: !include a.yaml }', { files });
    expect(included).toHaveLength(100);
    expect(problems[0]).toMatch(
      /includes a file, but \$\/atmos.yaml includes more than 100 files$/,
    );
  });

  it('is rejected: through aliases and depth', () => {
    const bomb =
      'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n';
    const lists = Array(100).fill('- !include bomb.yaml').join('\n');
    const files = {
      'bomb.yaml': bomb,
      'deep.json': `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      'round.yaml': '&a { x: *a, <<: *a }',
    };
    for (const text of [
      `auth:\n  l:\n${lists.replace(/^/gm, '    ')}`,
      'auth: { l: !include deep.json }',
      'auth: !include round.yaml .x.x.x',
    ]) {
      expect(thrownBy(() => resolving(text, { files }))).toMatchObject({
        code: 'ERR_CONFIG_SYNTAX',
        message: expect.stringMatching(/atmos.yaml is too large or too deep once/),
      });
    }
  });
});

describe('a file that a project includes', () => {
  const faultsOf = (surroundings: Surroundings, text: string) =>
    resolving(text, surroundings).problems.map((problem) =>
      problem.replace(/includes .*, which (.*) → .*/, 'it $1'),
    );
  const is = 'outside of the project';

  it('must be in its repository, or below its directory', () => {
    const { directory } = resolving('', { files: { 'x.txt': '', 'sub/y.txt': '' } });
    const list = `auth: [!include in.txt, !include ${directory}/x.txt, !include sub/../in.txt]`;
    const files = { 'in.txt': '' };
    expect(faultsOf({ files }, list)).toEqual([`auth.1 it is ${is}`]);
    expect(faultsOf({ files, origin: 'user' }, list)).toEqual([]);
    expect(faultsOf({ files, origin: 'explicit' }, list)).toEqual([]);
    expect(faultsOf({ files, env: { ATMOS_AUTH_TRUST: '1' } }, list)).toEqual([]);
  });

  it('may be anywhere in its repository, and links are resolved', () => {
    const { directory } = resolving('', { files: { 'secret.txt': '' } });
    const project = resolving('', { files: { '.git/HEAD': '', 'shared.txt': '', 'app/x': '' } });
    const root = project.directory;
    symlinkSync(join(directory, 'secret.txt'), join(root, 'app/link.txt'));
    mkdirSync(join(root, 'app/inner'));
    const asked = resolving(`auth: [!include ${root}/shared.txt, !include ${root}/app/link.txt]`, {
      files: { '.git/HEAD': '' },
    });
    expect(asked.problems.map((problem) => problem.includes(is))).toEqual([true, true]);
    const within = {
      files: { '.git/HEAD': '', 'deep/a.yaml': '!include ../top.txt', 'top.txt': '' },
    };
    expect(faultsOf(within, 'auth: !include deep/a.yaml')).toEqual([]);
  });
});

describe('any text in included files', () => {
  it('is resolved, reported or rejected with an AtmosError', () => {
    const piece = fc.constantFrom(
      ...'a: b.c: - !include a.yaml !include b.json .a[0] <<: &a *a !exec !unset !append [ ] { } , " \' { \n'.split(
        ' ',
      ),
      '\n',
      '  ',
      ' ',
    );
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(text, text, (a, b) => {
        try {
          resolving('auth: { x: !include a.yaml, y: !include b.json .a, <<: !include .env }', {
            files: { 'a.yaml': a, 'b.json': b, '.env': b },
          });
        } catch (error) {
          expect(isAtmosError(error)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});
