import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  formatProvisioned as formatFor,
  parseProvisioned as parseFor,
  provisionedPath,
  readProvisioned,
} from '../../src/config/provisioned-file.ts';
import type { ProvisionedList } from '../../src/core/provisioned.ts';
import { areUnchanged, recordReads } from '../../src/host/read-recorder.ts';
import { createProject, type Project } from './project.ts';

const startUrl = 'https://d-1234567890.awsapps.com/start';
const provider = (name: string, more = '') =>
  `${name}: { kind: aws/iam-identity-center, start_url: ${startUrl}, region: eu-west-1, auto_provision_identities: true${more} }`;

function listOf(...names: readonly string[]): ProvisionedList {
  const startedAt = '2026-01-01T00:00:00.000Z';
  return {
    kind: 'aws/permission-set',
    startedAt,
    isComplete: true,
    groups: names.map((name, at) => ({
      id: `00000000000${at}`,
      label: name,
      word: name.split('/')[0] ?? '',
      listing: startedAt,
      identities: [{ name, principal: { name: 'A', account: { id: `00000000000${at}` } } }],
    })),
  };
}

const corp = { name: 'corp', settings: { start_url: startUrl, region: 'eu-west-1' } };
const formatProvisioned = (list: ProvisionedList, of = corp) => formatFor(list, of);
const parseProvisioned = (text: string) => parseFor(text, corp);

/** Writes the text of a list where the provider has its list. */
function writeList(project: Project, text: string, name = 'corp'): string {
  const settings = { start_url: startUrl, region: 'eu-west-1' };
  const path = provisionedPath({ name, settings }, project.host(env(project))) ?? '';
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const env = (project: Project) => ({
  XDG_STATE_HOME: project.path('state'),
  XDG_CACHE_HOME: project.path('cache'),
});

function projectWith(providers: string, identities = '{}'): Project {
  return createProject({
    'atmos.yaml': `auth:\n  providers:\n    ${providers}\n  identities: ${identities}\n`,
  });
}

const load = (project: Project) => project.load(env(project), { isStatic: true });

describe('the identities of a list', () => {
  test('are under those of the configuration, and are not files of it', async () => {
    const project = projectWith(
      provider('corp'),
      '{ DEV/A: { kind: aws/user }, qa/a: { default: true } }',
    );
    const path = writeList(project, formatProvisioned(listOf('dev/A', 'prod/A', 'qa/A')));
    const config = await load(project);
    expect(config.identities).toMatchObject([
      { name: 'DEV/A', kind: 'aws/user' },
      {
        name: 'prod/A',
        kind: 'aws/permission-set',
        via: { provider: 'corp' },
        principal: { name: 'A', account: { id: '000000000001' } },
      },
      { name: 'qa/A', kind: 'aws/permission-set', isDefault: true },
    ]);
    expect(config.identities[0]?.via).toBeUndefined();
    expect(config.identities[1]?.locate()).toBe(path);
    expect(config.originOf(['auth', 'identities', 'qa/A', 'kind'])).toBe('user');
    expect(config.originOf(['auth', 'identities', 'qa/A', 'default'])).toBe('project');
    expect([config.files, config.sources, config.layers.map((layer) => layer.path)]).toEqual(
      Array.from({ length: 3 }, () => [project.path('atmos.yaml')]),
    );
    expect(config.warnings).toEqual([]);
    expect(config.provisioned).toMatchObject([{ provider: 'corp', path }]);
  });

  test('have the name of the provider before their own where two providers offer one name', async () => {
    const project = projectWith(`${provider('corp')}\n    ${provider('Test.Org')}`);
    writeList(project, formatProvisioned(listOf('dev/A')));
    writeList(
      project,
      formatProvisioned(listOf('Dev/A', 'x/A'), { ...corp, name: 'Test.Org' }),
      'Test.Org',
    );
    expect((await load(project)).identities.map(({ name, via }) => [name, via?.provider])).toEqual([
      ['Test-Org/Dev/A', 'Test.Org'],
      ['dev/A', 'corp'],
      ['x/A', 'Test.Org'],
    ]);
  });

  test('belong to one portal, and one name of a provider', async () => {
    const project = projectWith(provider('corp', ', spec: { session: two }'));
    writeList(project, formatProvisioned(listOf('dev/A')));
    expect((await load(project)).identities).toEqual([]);
  });

  test('replace those that Atmos has listed', async () => {
    const project = projectWith(provider('corp'));
    const old = project.path('cache/atmos/auth/corp/provisioned-identities.yaml');
    mkdirSync(dirname(old), { recursive: true });
    writeFileSync(old, 'auth: { identities: { dev/A: { kind: aws/user }, "a b/A": { kind: x } } }');
    expect((await load(project)).identities.map(({ name }) => name)).toEqual(['a b/A', 'dev/A']);
    writeList(project, formatProvisioned(listOf('dev/A')));
    expect((await load(project)).identities).toMatchObject([
      { name: 'dev/A', kind: 'aws/permission-set' },
    ]);
  });
});

describe('the files of Atmos', () => {
  const listOfAtmos = (project: Project, name: string, text: string) => {
    const path = project.path(`cache/atmos/auth/${name}/provisioned-identities.yaml`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };

  test('change nothing that a list of another provider says', async () => {
    const sso = `sso: { kind: aws/iam-identity-center, start_url: ${startUrl}, region: eu-west-1 }`;
    const project = projectWith(`${provider('corp')}\n    ${sso}`, '{ qa/A: { default: true } }');
    writeList(project, formatProvisioned(listOf('dev/A', 'qa/A')));
    const said = '{ kind: aws/user, via: { provider: sso }, session: { duration: 1h } }';
    listOfAtmos(
      project,
      'sso',
      `auth: { identities: { DEV/a: ${said}, qa/A: ${said}, other/A: ${said} } }`,
    );
    const { identities } = await load(project);
    expect(identities.map(({ name, kind, via, session }) => [name, kind, via, session])).toEqual([
      ['dev/A', 'aws/permission-set', { provider: 'corp' }, {}],
      ['other/A', 'aws/user', { provider: 'sso' }, { duration: '1h' }],
      ['qa/A', 'aws/permission-set', { provider: 'corp' }, {}],
    ]);
  });

  test('are under every file, also under those before the one that has the provider', async () => {
    const project = createProject({
      'one.yaml': 'auth: { identities: { dev/A: { kind: ambient } } }',
      'two.yaml': 'auth: { providers: { sso: { kind: aws/iam-identity-center } } }',
      'atmos.yaml': 'import: [one.yaml, two.yaml]',
    });
    listOfAtmos(project, 'sso', 'auth: { identities: { dev/A: { kind: aws/user } } }');
    const { identities } = await load(project);
    expect(identities).toMatchObject([{ name: 'dev/A', kind: 'ambient' }]);
  });
});

describe('without auto_provision_identities', () => {
  test.each(['', ', auto_provision_identities: false', ', auto_provision_identities: ""'])(
    'no list is read (%j)',
    async (setting) => {
      const project = projectWith(
        `corp: { kind: aws/iam-identity-center, start_url: ${startUrl}, region: eu-west-1${setting} }`,
      );
      const path = writeList(project, formatProvisioned(listOf('dev/A')));
      const { result, reads } = await recordReads(() => load(project), new Date('2100-01-01'));
      expect(result).toMatchObject({ identities: [], provisioned: [] });
      expect(JSON.stringify(reads)).not.toContain(path);
    },
  );
});

describe('what is recorded of a list', () => {
  test('tells when it was changed, or written for the first time', async () => {
    const project = projectWith(provider('corp'));
    const record = async () => {
      const { reads } = await recordReads(() => load(project), new Date('2100-01-01'));
      if ('refusal' in reads) throw new Error(reads.refusal);
      return reads.seen;
    };
    const before = await record();
    expect(areUnchanged(before)).toBe(true);
    writeList(project, formatProvisioned(listOf('dev/A')));
    expect(areUnchanged(before)).toBe(false);
    const after = await record();
    expect(areUnchanged(after)).toBe(true);
    writeList(project, formatProvisioned(listOf('dev/A', 'x/A')));
    expect(areUnchanged(after)).toBe(false);
  });
});

describe('a list that cannot be used', () => {
  const text = formatProvisioned(listOf('dev/A', 'prod/A'));
  const changed = 'was cut short or changed after it was written';

  test('is read as it was written', () => {
    expect(parseProvisioned(text)).toEqual(listOf('dev/A', 'prod/A'));
  });

  test.each([
    ['empty', ''],
    ['cut short', text.slice(0, 100)],
    ['one character less', text.slice(0, -2)],
    ['edited', text.replace('prod', 'prid')],
    ['a kind that runs a program', text.replace('aws/permission-set', 'aws/credential-process')],
    ['a text', '"x"'],
    ['a list', '[]'],
    ['version 0', text.replace('"version":2', '"version":0')],
    ['no version', text.replace('"version":2,', '')],
    ['binary', '\u0000\u0001'],
  ])('%s: was changed', (_, given) => {
    expect(parseProvisioned(given)).toBe(changed);
  });

  test('of every length it is refused', () => {
    for (let length = 0; length < text.trimEnd().length; length += 1) {
      expect(parseProvisioned(text.slice(0, length))).toBe(changed);
    }
  });

  test('a name or a form that this program never writes is refused, whatever its checksum is', () => {
    const list = listOf('dev/A');
    const wrong = (change: object) => formatProvisioned({ ...list, ...change });
    for (const given of [
      wrong({ kind: '' }),
      wrong({ startedAt: 'yesterday' }),
      wrong({ isComplete: 'yes' }),
      wrong({ groups: {} }),
      wrong({ groups: [{}] }),
      wrong({ groups: [{ ...list.groups[0], identities: [{ name: 'a.b', principal: {} }] }] }),
      wrong({ groups: [{ ...list.groups[0], identities: [{ name: 'a/b', principal: [] }] }] }),
    ]) {
      expect(parseProvisioned(given)).toBe(changed);
    }
  });

  test('is a warning that names the file and the command, and no identity suffers', async () => {
    const project = projectWith(provider('corp'), '{ me: { kind: ambient } }');
    const path = writeList(project, text.slice(0, 50));
    const config = await load(project);
    expect(config.identities).toMatchObject([{ name: 'me' }]);
    expect(config.warnings).toEqual([
      `the identities that provider corp offers are not known: ${path} ${changed}: atmos auth list --refresh`,
    ]);
  });

  test.each([
    [
      'a newer version',
      text.replace('"version":2', '"version":3'),
      'was written by a newer version of atmos-auth',
    ],
    ['more than 16 MiB', 'x'.repeat(16 * 1024 * 1024 + 1), 'is larger than 16 MiB'],
  ])('%s', async (_, given, fault) => {
    const project = projectWith(provider('corp'));
    const path = writeList(project, given);
    const { warnings } = await load(project);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${path} ${fault}: `);
  });

  test('a file that others can write, a link and a directory are refused', async () => {
    const project = projectWith(provider('corp'));
    const path = writeList(project, text);
    chmodSync(path, 0o666);
    expect((await load(project)).warnings[0]).toContain(
      'can be changed by other users (mode 0666)',
    );
    const linked = projectWith(provider('corp'));
    const other = writeList(linked, '');
    writeFileSync(`${other}.real`, text);
    rmSync(other);
    symlinkSync(`${other}.real`, other);
    expect((await load(linked)).warnings[0]).toContain(`${other} is a symbolic link: `);
    rmSync(other);
    mkdirSync(other);
    expect((await load(linked)).warnings[0]).toContain(`${other} is a directory: rm -r ${other}`);
  });

  test('a list in a directory that others can write is refused, with what helps', async () => {
    const project = projectWith(provider('corp'));
    const directory = dirname(writeList(project, text));
    chmodSync(directory, 0o777);
    const { identities, warnings } = await load(project);
    expect(identities).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /\.json is below .*provisioned, which can be changed by other users \(mode 0777\): chmod go-w .*provisioned$/,
      ),
    ]);
  });

  test.each([
    ['provider', { ...corp, name: 'other' }],
    ['portal', { ...corp, settings: { ...corp.settings, start_url: `${startUrl}2` } }],
    ['region', { ...corp, settings: { ...corp.settings, region: 'eu-west-2' } }],
  ])('the list of another %s is refused', async (_, of) => {
    const project = projectWith(provider('corp'));
    writeList(project, formatProvisioned(listOf('dev/A'), of));
    const { identities, warnings } = await load(project);
    expect(identities).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        / is the list of another provider or portal: atmos auth list --refresh$/,
      ),
    ]);
  });

  test('a file of another user is refused', async () => {
    const project = projectWith(provider('corp'));
    writeList(project, text);
    const userId = (process.getuid?.() ?? 0) + 1;
    const host = { ...project.host(env(project)), userId };
    const settings = { start_url: startUrl, region: 'eu-west-1' };
    const { fault, list } = readProvisioned({ name: 'corp', settings }, host);
    expect({ fault, list }).toEqual({ fault: `belongs to user ${userId - 1}`, list: undefined });
  });
});
