import { chmodSync, chownSync, lchownSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, loadLayers } from '../../src/auth/load-config.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { isRoot, strangerId } from '../support/privilege.ts';
import { createProject, errorOf, type Project } from './project.ts';

const profiled = { 'atmos.yaml': '', 'profiles/p/x.yaml': '' };
const withProfile = { profiles: { value: ['p'], source: '--profile' } };

describe('a file found by searching', () => {
  it('is not used if other users can write it', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.path('atmos.yaml'), 0o646);
    const error = await errorOf(() => project.load(), project);
    expect(error.code).toBe('ERR_CONFIG_UNTRUSTED');
    expect(error.message).toBe('$/atmos.yaml can be written by other users, so it is not used');
    expect(error.hints).toEqual([
      `chmod go-w ${project.path('atmos.yaml')}`,
      `add --config ${project.path('atmos.yaml')}`,
      'export ATMOS_AUTH_TRUST=1',
    ]);
  });

  it('is not used if other users can write its directory', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.directory, 0o757);
    expect(await errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message: '$/atmos.yaml is in a directory that other users can write, so it is not used',
      hints: expect.arrayContaining([`chmod go-w ${project.directory}`]),
    });
  });

  it('is used from a directory like /tmp if the user owns it', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.directory, 0o1777);
    expect((await project.load()).files).toHaveLength(1);
  });

  it('is used if only the private group of the user can write it', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.path('atmos.yaml'), 0o664);
    const { uid, gid } = statSync(project.path('atmos.yaml'));
    const isOwnGroup = gid === uid || gid === 0;
    if (isOwnGroup) expect((await project.load()).files).toHaveLength(1);
    else expect((await errorOf(() => project.load())).code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  it('is checked in a profile', async () => {
    const project = createProject(profiled);
    chmodSync(project.path('profiles/p'), 0o777);
    expect(await errorOf(() => project.load({}, withProfile), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message:
        '$/profiles/p/x.yaml is in a directory that other users can write, so it is not used',
    });
  });

  it('is checked if a handle names it', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    const { layers } = await project.load();
    const again = () => loadLayers({ layers, directory: project.directory }, {}, project.host());
    expect((await again()).files).toEqual([project.path('atmos.yaml')]);
    chmodSync(project.path('atmos.yaml'), 0o666);
    expect((await errorOf(again)).code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  it('is not used through a link that other users could replace', async () => {
    const project = createProject({ 'real/atmos.yaml': '', 'links/stacks/x': '' });
    symlinkSync(project.path('real/atmos.yaml'), project.path('links/atmos.yaml'));
    const from = project.host({}, project.path('links/stacks'));
    expect((await loadConfig({}, from)).files).toEqual([project.path('links/atmos.yaml')]);
    chmodSync(project.path('links'), 0o777);
    expect((await errorOf(() => loadConfig({}, from), project)).message).toBe(
      '$/links/atmos.yaml is in a directory that other users can write, so it is not used',
    );
  });

  it('is not used through a link to a directory that other users can write', async () => {
    const project = createProject({ 'real/atmos.yaml': '' });
    symlinkSync(project.path('real/atmos.yaml'), project.path('atmos.yaml'));
    chmodSync(project.path('real'), 0o777);
    expect(await errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message:
        '$/real/atmos.yaml (target of $/atmos.yaml) is in a directory that other users can write, so it is not used',
      hints: expect.arrayContaining([`chmod go-w ${project.path('real')}`]),
    });
  });

  it('is checked if it is imported or in atmos.d', async () => {
    const files = {
      'atmos.yaml': 'import: parts/a.yaml',
      'parts/a.yaml': '',
      'atmos.d/b.yaml': '',
    };
    for (const place of ['parts', 'atmos.d']) {
      const project = createProject(files);
      expect((await project.load()).files).toHaveLength(3);
      chmodSync(project.path(place), 0o777);
      expect((await errorOf(() => project.load())).code).toBe('ERR_CONFIG_UNTRUSTED');
    }
  });

  it('is always used with ATMOS_AUTH_TRUST=1 or --config', async () => {
    const project = createProject(profiled);
    for (const name of ['atmos.yaml', 'profiles/p/x.yaml']) chmodSync(project.path(name), 0o666);
    expect((await project.load({ ATMOS_AUTH_TRUST: '1' }, withProfile)).files).toHaveLength(2);
    expect((await project.load({ ATMOS_CONFIG: 'atmos.yaml' }, withProfile)).files).toHaveLength(2);
  });
});

describe.skipIf(!isRoot)('a file of another user (only root can give files away)', () => {
  const somebody = 12_345;
  const as = (project: Project, userId: number): Host =>
    fakeHost({ userId, workingDirectory: () => project.directory });

  it('is not used', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chownSync(project.path('atmos.yaml'), somebody, somebody);
    expect(await errorOf(() => loadConfig({}, as(project, strangerId)), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message: '$/atmos.yaml or its directory belongs to another user, so it is not used',
    });
  });

  it('is not used if only its directory belongs to that user', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chownSync(project.directory, somebody, somebody);
    expect((await errorOf(() => loadConfig({}, as(project, strangerId)))).code).toBe(
      'ERR_CONFIG_UNTRUSTED',
    );
  });

  it('is not used if it is found in a parent directory of that user', async () => {
    const project = createProject({ 'atmos.yaml': '', 'ours/x': '' });
    chownSync(project.directory, somebody, somebody);
    const below = project.path('ours');
    const host = fakeHost({ userId: strangerId, workingDirectory: () => below });
    expect((await errorOf(() => loadConfig({}, host), project)).message).toBe(
      '$/atmos.yaml or its directory belongs to another user, so it is not used',
    );
  });

  it('is not used through a link of that user, even in a directory like /tmp', async () => {
    const project = createProject({ 'real/atmos.yaml': '', 'tmp/ours/x': '' });
    symlinkSync(project.path('real/atmos.yaml'), project.path('tmp/atmos.yaml'));
    chmodSync(project.path('tmp'), 0o1777);
    const host = fakeHost({
      userId: strangerId,
      workingDirectory: () => project.path('tmp/ours'),
    });
    expect((await loadConfig({}, host)).files).toHaveLength(1);
    lchownSync(project.path('tmp/atmos.yaml'), somebody, somebody);
    expect((await errorOf(() => loadConfig({}, host), project)).message).toBe(
      '$/tmp/atmos.yaml or its directory belongs to another user, so it is not used',
    );
  });

  it('is not used through our own link to a file of that user', async () => {
    const project = createProject({ 'real/atmos.yaml': '' });
    symlinkSync(project.path('real/atmos.yaml'), project.path('atmos.yaml'));
    chownSync(project.path('real'), somebody, somebody);
    expect((await errorOf(() => loadConfig({}, as(project, strangerId)), project)).message).toBe(
      '$/real/atmos.yaml (target of $/atmos.yaml) or its directory belongs to another user, so it is not used',
    );
  });

  it('is used if that user or the current user is root, as in a container', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    expect((await loadConfig({}, as(project, strangerId))).files).toHaveLength(1);
    chownSync(project.path('atmos.yaml'), somebody, somebody);
    chownSync(project.directory, somebody, somebody);
    expect((await loadConfig({}, as(project, 0))).files).toHaveLength(1);
  });

  it('is not used by root from a directory like /tmp', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.directory, 0o1777);
    chownSync(project.path('atmos.yaml'), somebody, somebody);
    expect((await errorOf(() => loadConfig({}, as(project, 0)))).code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  it('is not used if a group with other users can write it', async () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.path('atmos.yaml'), 0o664);
    chownSync(project.path('atmos.yaml'), strangerId, somebody);
    expect((await errorOf(() => loadConfig({}, as(project, strangerId)), project)).message).toBe(
      '$/atmos.yaml can be written by other users, so it is not used',
    );
  });
});
