import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/auth/load-config.ts';
import { createProject, errorOf, projectOf } from './project.ts';

const realm = (name: string) => `auth: { realm: ${name} }`;

describe('without --config', () => {
  it('reads only the atmos.yaml of the working directory', async () => {
    const project = createProject({
      'atmos.yaml': realm('above'),
      'sub/atmos.yaml': realm('here'),
    });
    const config = await loadConfig({}, project.host({}, project.path('sub')));
    expect(config).toMatchObject({
      files: [project.path('sub/atmos.yaml')],
      directory: project.path('sub'),
      realm: { value: 'here' },
    });
  });

  it('reads atmos.yml if atmos.yaml does not exist', async () => {
    const both = createProject({ 'atmos.yaml': realm('yaml'), 'atmos.yml': realm('yml') });
    expect((await both.load()).realm?.value).toBe('yaml');
    const one = createProject({ 'atmos.yml': realm('yml') });
    expect((await one.load()).files).toEqual([one.path('atmos.yml')]);
  });

  it('reads the nearest file above, along the path with its links', async () => {
    const project = createProject({ 'atmos.yaml': realm('above'), 'a/b/c/x': '' });
    symlinkSync(project.path('a/b'), project.path('link'));
    const config = await loadConfig({}, project.host({}, project.path('link/c')));
    expect(config.directory).toBe(project.directory);
    const nearer = createProject({
      'atmos.yaml': realm('far'),
      'a/atmos.yaml': realm('near'),
      'a/b/x': '',
    });
    const found = await loadConfig({}, nearer.host({}, nearer.path('a/b')));
    expect(found.realm?.value).toBe('near');
  });

  it('ignores a directory with that name', async () => {
    const project = createProject({ 'atmos.yml': realm('file') });
    mkdirSync(project.path('atmos.yaml'));
    expect((await project.load()).realm?.value).toBe('file');
  });

  it('merges the file of ATMOS_CLI_CONFIG_PATH over that of the working directory', async () => {
    const project = createProject({
      'atmos.yaml': `auth: { realm: above }`,
      'work/atmos.yaml': 'auth: { realm: here, session_files: true }',
      'etc/atmos.yaml': realm('over'),
    });
    const env = { ATMOS_CLI_CONFIG_PATH: '../etc' };
    const config = await loadConfig({}, project.host(env, project.path('work')));
    expect(config).toMatchObject({
      files: [project.path('work/atmos.yaml'), project.path('etc/atmos.yaml')],
      directory: project.path('etc'),
      realm: { value: 'over' },
      sessionFiles: { value: true },
    });
  });

  it('does not search above if ATMOS_CLI_CONFIG_PATH is set, and warns if that has no file', async () => {
    const project = createProject({
      'atmos.yaml': realm('above'),
      'work/x': '',
      'here/atmos.yaml': realm('here'),
    });
    const env = { ATMOS_CLI_CONFIG_PATH: project.path('gone') };
    const error = await errorOf(
      () => loadConfig({}, project.host(env, project.path('work'))),
      project,
    );
    expect(error.code).toBe('ERR_CONFIG_NOT_FOUND');
    expect(error.message).toBe(
      `no atmos.yaml or .atmos.yaml found in /nonexistent/etc, /nonexistent/.atmos, $/work, $/gone`,
    );
    const { warnings } = await loadConfig({}, project.host(env, project.path('here')));
    expect(warnings).toEqual([
      `ATMOS_CLI_CONFIG_PATH names ${project.path('gone')}, which has no atmos.yaml`,
    ]);
  });

  it('reads a file once if ATMOS_CLI_CONFIG_PATH is the working directory', async () => {
    const project = projectOf(realm('here'));
    const config = await project.load({ ATMOS_CLI_CONFIG_PATH: '.' });
    expect(config).toMatchObject({ files: [project.path('atmos.yaml')], warnings: [] });
  });

  it('lists the searched directories and a minimal file if no file is found', async () => {
    const project = createProject({ 'a/x': '' });
    const error = await errorOf(() => loadConfig({}, project.host({}, project.path('a'))), project);
    expect(error.code).toBe('ERR_CONFIG_NOT_FOUND');
    const above = dirname(project.directory);
    expect(error.message).toContain(`in /nonexistent/etc, /nonexistent/.atmos, $, ${above}`);
    const [hint = ''] = error.hints;
    const start = 'save this line as atmos.yaml: ';
    expect(hint.slice(0, start.length)).toBe(start);
    const file = hint.slice(start.length);
    expect(load(file)).toMatchObject({ auth: { identities: { dev: { kind: 'aws/user' } } } });
    writeFileSync(project.path('atmos.yaml'), file);
    expect(await project.load()).toMatchObject({
      identities: [{ name: 'dev', kind: 'aws/user', isDefault: true }],
      warnings: [],
    });
  });
});

describe('--config and ATMOS_CONFIG', () => {
  it('name the files, and --config overrides ATMOS_CONFIG', async () => {
    const project = createProject({
      'atmos.yaml': realm('found'),
      'a.yaml': realm('a'),
      'b.yaml': 'auth: { session_files: true }',
    });
    expect(await project.load({ ATMOS_CONFIG: 'a.yaml, b.yaml' })).toMatchObject({
      files: [project.path('a.yaml'), project.path('b.yaml')],
      realm: { value: 'a' },
      sessionFiles: { value: true },
    });
    const configFiles = [{ value: project.path('b.yaml'), source: '--config' }];
    expect((await project.load({ ATMOS_CONFIG: 'a.yaml' }, { configFiles })).files).toEqual([
      project.path('b.yaml'),
    ]);
    expect((await project.load({ ATMOS_CONFIG: '' })).files).toEqual([project.path('atmos.yaml')]);
  });

  it('name one file each on the command line, even with a comma in its name', async () => {
    const project = createProject({ 'a,b.yaml': realm('comma') });
    const configFiles = [{ value: 'a,b.yaml', source: '--config' }];
    expect((await project.load({}, { configFiles })).realm?.value).toBe('comma');
  });

  it.each([
    ['gone.yaml', 'ERR_CONFIG_NOT_FOUND', '$/gone.yaml (from ATMOS_CONFIG) does not exist'],
    ['atmos.yaml/x', 'ERR_CONFIG_NOT_FOUND', '$/atmos.yaml/x (from ATMOS_CONFIG) does not exist'],
    ['sub', 'ERR_CONFIG_UNREADABLE', '$/sub (from ATMOS_CONFIG) is a directory, not a YAML file'],
    ['fifo', 'ERR_CONFIG_UNREADABLE', '$/fifo (from ATMOS_CONFIG) is not a regular file'],
    ['large', 'ERR_CONFIG_UNREADABLE', '$/large (from ATMOS_CONFIG) is larger than 1 MiB'],
    ['binary', 'ERR_CONFIG_SYNTAX', '$/binary (from ATMOS_CONFIG) is not UTF-8 text'],
    [
      'loop',
      'ERR_CONFIG_UNREADABLE',
      'cannot read $/loop (from ATMOS_CONFIG): too many symbolic links',
    ],
    ['a,', 'ERR_USAGE', 'ATMOS_CONFIG requires the name of a file, but the name is empty'],
  ])('%s is refused with %s', async (name, code, message) => {
    const project = createProject({
      'atmos.yaml': '',
      a: '',
      'sub/x': '',
      large: `#${'x'.repeat(1024 * 1024)}`,
    });
    execFileSync('mkfifo', [project.path('fifo')]);
    writeFileSync(project.path('binary'), Buffer.from([0x61, 0xff, 0xfe]));
    symlinkSync('loop', project.path('loop'));
    expect(await errorOf(() => project.load({ ATMOS_CONFIG: name }), project)).toMatchObject({
      code,
      message,
    });
  });

  it('takes a file of exactly 1 MiB, and a byte order mark', async () => {
    const project = createProject({
      large: `#${'x'.repeat(1024 * 1024 - 1)}`,
      'bom.yaml': `\uFEFF${realm('bom')}`,
    });
    expect((await project.load({ ATMOS_CONFIG: 'large' })).identities).toEqual([]);
    expect((await project.load({ ATMOS_CONFIG: 'bom.yaml' })).realm).toMatchObject({
      value: 'bom',
      source: `auth.realm (${project.path('bom.yaml')}:1:16)`,
    });
  });
});
