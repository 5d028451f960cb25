import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listNames } from '../../src/app/list-names.ts';
import type { LoadOptions } from '../../src/config/load.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const many = 200;

function yamlOf(count: number, first = 'account-0'): string {
  const names = [first, ...Array.from({ length: count - 1 }, (_, at) => `account-${at + 1}`)];
  const identities = names.map((name) => `    ${name}:\n      kind: aws/user\n`);
  return `auth:\n  realm: r\n  identities:\n${identities.join('')}`;
}

/** A home directory with a project, whose files have not changed for long enough. */
function openProject(yaml = yamlOf(many)) {
  const root = temporaryDirectory();
  const project = join(root, 'project');
  mkdirSync(project);
  writeFileSync(join(root, 'main.cjs'), '');
  writeFileSync(join(project, 'atmos.yaml'), yaml);
  const now = new Date(Date.now() + 60_000);
  const place = {
    root,
    project,
    now,
    file: join(project, 'atmos.yaml'),
    records: join(root, '.local/state/atmos/names'),
    host: (changed: Partial<Host> = {}) =>
      fakeHost({
        homeDirectory: root,
        scriptPath: join(root, 'main.cjs'),
        workingDirectory: () => project,
        now: () => now,
        ...changed,
      }),
    names: (changed: Partial<Host> = {}, options: LoadOptions = {}) =>
      listNames('identity', options, place.host(changed)),
    /** Puts another name in each record, so that an answer shows whether it comes from one. */
    mark() {
      for (const name of readdirSync(place.records)) {
        const path = join(place.records, name);
        const record = JSON.parse(readFileSync(path, 'utf8'));
        writeFileSync(path, JSON.stringify({ ...record, result: ['from the record'] }));
      }
    },
  };
  return place;
}

const fromRecord = ['from the record'];

describe.runIf(process.platform === 'linux')('many names', () => {
  test('are recorded by the first completion, and taken from the record by the next', async () => {
    const place = openProject();
    const names = await place.names();
    expect(names).toHaveLength(many);
    expect(await place.names()).toEqual(names);
    place.mark();
    expect(await place.names()).toEqual(fromRecord);
    // Only the user can read it.
    const [name = ''] = readdirSync(place.records);
    expect(name).toMatch(/^[0-9a-f]{32}\.json$/);
  });

  test('are read again for providers, other options, and in another directory', async () => {
    const place = openProject();
    await place.names();
    place.mark();
    expect(await listNames('provider', {}, place.host())).toEqual([]);
    const file = { value: place.file, source: '--config' };
    expect(await place.names({}, { configFiles: [file] })).toHaveLength(many);
    const below = join(place.project, 'below');
    mkdirSync(below);
    expect(await place.names({ workingDirectory: () => below })).toHaveLength(many);
  });

  test.each<[string, (place: ReturnType<typeof openProject>) => void]>([
    [
      'of the same size and with its old times',
      ({ file, now }) => {
        writeFileSync(file, yamlOf(many, 'account-x'));
        utimesSync(file, now, now);
      },
    ],
    [
      'that was replaced',
      ({ file }) => {
        writeFileSync(`${file}.new`, yamlOf(many, 'account-x'));
        renameSync(`${file}.new`, file);
      },
    ],
    [
      'that is a link now',
      ({ file, project }) => {
        writeFileSync(join(project, 'other'), yamlOf(many, 'account-x'));
        unlinkSync(file);
        symlinkSync('other', file);
      },
    ],
    [
      'in a new directory of the project',
      ({ project }) => {
        mkdirSync(join(project, 'atmos.d'));
        writeFileSync(join(project, 'atmos.d/x.yaml'), yamlOf(1, 'account-x'));
      },
    ],
    [
      'of the user',
      ({ root }) => {
        mkdirSync(join(root, '.atmos'));
        writeFileSync(join(root, '.atmos/atmos.yaml'), yamlOf(1, 'account-x'));
      },
    ],
  ])('are read again after a change: a file %s', async (_, change) => {
    const place = openProject();
    await place.names();
    place.mark();
    expect(await place.names()).toEqual(fromRecord);
    change(place);
    const names = await place.names();
    expect(names).not.toEqual(fromRecord);
    const fresh = await place.names({ env: { ATMOS_AUTH_FAST: 'off' } });
    expect(names).toEqual(fresh);
  });

  test.each([
    'ATMOS_BASE_PATH',
    'ATMOS_CLI_CONFIG_PATH',
    'ATMOS_CONFIG',
    'ATMOS_CONFIG_PATH',
    'ATMOS_GIT_ROOT_BASEPATH',
    'ATMOS_PROFILE',
    'XDG_CONFIG_HOME',
  ])('are read again after %s was set', async (name) => {
    const place = openProject();
    await place.names();
    place.mark();
    const names = await place.names({ env: { [name]: place.project } }).catch(() => 'an error');
    expect(names).not.toEqual(fromRecord);
  });

  test('are never recorded with ATMOS_AUTH_FAST=off, or on a system that was not examined', async () => {
    const place = openProject();
    await place.names({ env: { ATMOS_AUTH_FAST: 'off' } });
    await place.names({ platform: 'darwin' });
    expect(existsSync(place.records)).toBe(false);
    await place.names();
    place.mark();
    expect(await place.names({ env: { ATMOS_AUTH_FAST: 'off' } })).toHaveLength(many);
  });

  test('are not recorded while a file has just changed, or if a tag gives a value', async () => {
    const place = openProject();
    await place.names({ now: () => new Date() });
    expect(existsSync(place.records)).toBe(false);
    const tagged = openProject(yamlOf(many).replace('realm: r', 'realm: !env REALM r'));
    await tagged.names();
    expect(existsSync(tagged.records)).toBe(false);
  });

  test('are read again if the record is not one', async () => {
    const place = openProject();
    const names = await place.names();
    const [name = ''] = readdirSync(place.records);
    const deep = `{"circumstances":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`;
    for (const text of ['', '{', '[]', '{"result":["x"]}', deep, 'x'.repeat(300_000)]) {
      writeFileSync(join(place.records, name), text);
      expect(await place.names()).toEqual(names);
    }
  });

  test('are listed although the record cannot be written', async () => {
    const place = openProject();
    mkdirSync(dirname(place.records), { recursive: true });
    writeFileSync(place.records, '');
    expect(await place.names()).toHaveLength(many);
  });

  test('are recorded where the directory leads, in which no other file is removed', async () => {
    const place = openProject();
    const documents = join(place.root, 'documents');
    mkdirSync(documents, { mode: 0o700 });
    const letter = join(documents, 'letter.json');
    writeFileSync(letter, '');
    utimesSync(letter, new Date(0), new Date(0));
    mkdirSync(dirname(place.records), { recursive: true });
    symlinkSync(documents, place.records);
    await place.names();
    expect(readdirSync(documents)).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}[.]json$/),
      'letter.json',
    ]);
  });

  test('are not recorded in a directory that other users can change', async () => {
    const place = openProject();
    mkdirSync(place.records, { recursive: true });
    chmodSync(place.records, 0o777);
    await place.names();
    expect(readdirSync(place.records)).toEqual([]);
  });

  test('are not recorded if a directory of the user cannot be searched', async () => {
    const place = openProject();
    // Not even root can search it.
    symlinkSync('.atmos', join(place.root, '.atmos'));
    await place.names();
    expect(existsSync(place.records)).toBe(false);
  });

  test('of directories in which nothing was completed for 30 days are removed', async () => {
    const place = openProject();
    mkdirSync(place.records, { recursive: true, mode: 0o700 });
    const old = join(place.records, `${'a'.repeat(32)}.json`);
    writeFileSync(old, '');
    const days = (count: number) => new Date(place.now.getTime() - count * 24 * 60 * 60 * 1000);
    utimesSync(old, days(31), days(31));
    const recent = join(place.records, `${'b'.repeat(32)}.json`);
    writeFileSync(recent, '');
    utimesSync(recent, days(29), days(29));
    await place.names();
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
    expect(readdirSync(place.records)).toHaveLength(2);
  });
});

test('few names are not recorded', async () => {
  const place = openProject(yamlOf(many - 1));
  expect(await place.names()).toHaveLength(many - 1);
  expect(existsSync(place.records)).toBe(false);
});
