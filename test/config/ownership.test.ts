import { chmodSync, chownSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { isRoot, strangerId } from '../support/privilege.ts';
import { createProject, errorOf, type Project } from './project.ts';

const profiled = { 'atmos.yaml': '', 'profiles/p/x.yaml': '' };
const withProfile = { profiles: { value: ['p'], source: '--profile' } };

describe('a file found by searching', () => {
  it('is not used when others can write it', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.path('atmos.yaml'), 0o646);
    const error = errorOf(() => project.load(), project);
    expect(error.code).toBe('ERR_CONFIG_UNTRUSTED');
    expect(error.message).toBe('$/atmos.yaml can be written by other users, so it is not used');
    expect(error.hints).toEqual([
      `chmod go-w ${project.path('atmos.yaml')}`,
      `--config ${project.path('atmos.yaml')}`,
      'export ATMOS_AUTH_TRUST=1',
    ]);
  });

  it('is not used when others can write its directory', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.directory, 0o757);
    expect(errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message: '$/atmos.yaml is in a directory that other users can write, so it is not used',
      hints: expect.arrayContaining([`chmod go-w ${project.directory}`]),
    });
  });

  it('is used out of a directory like /tmp, when it is ours', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.directory, 0o1777);
    expect(project.load().files).toHaveLength(1);
  });

  it('is used when only a group of our own can write it', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.path('atmos.yaml'), 0o664);
    const { uid, gid } = statSync(project.path('atmos.yaml'));
    const isOwnGroup = gid === uid || gid === 0;
    if (isOwnGroup) expect(project.load().files).toHaveLength(1);
    else expect(errorOf(() => project.load()).code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  it('may be one of a profile', () => {
    const project = createProject(profiled);
    chmodSync(project.path('profiles/p'), 0o777);
    expect(errorOf(() => project.load({}, withProfile), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message:
        '$/profiles/p/x.yaml is in a directory that other users can write, so it is not used',
    });
  });

  it('is no more trusted when it is named because it was found once', () => {
    const project = createProject({ 'atmos.yaml': '' });
    const pinned = {
      configFiles: [{ value: project.path('atmos.yaml'), source: 'handle' }],
      isExplicit: false,
    };
    expect(project.load({}, pinned)).toMatchObject({ isExplicit: false });
    chmodSync(project.path('atmos.yaml'), 0o666);
    expect(errorOf(() => project.load({}, pinned)).code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  it('is used all the same with ATMOS_AUTH_TRUST=1, with --config, and where there are no modes', () => {
    const project = createProject(profiled);
    for (const name of ['atmos.yaml', 'profiles/p/x.yaml']) chmodSync(project.path(name), 0o666);
    expect(project.load({ ATMOS_AUTH_TRUST: '1' }, withProfile).files).toHaveLength(2);
    expect(project.load({ ATMOS_CONFIG: 'atmos.yaml' }, withProfile).files).toHaveLength(2);
    const host = fakeHost({ userId: undefined, workingDirectory: () => project.directory });
    expect(loadConfig({}, host).files).toHaveLength(1);
  });
});

describe.skipIf(!isRoot)('a file of another user (only root can give files away)', () => {
  const somebody = 12_345;
  const as = (project: Project, userId: number): Host =>
    fakeHost({ userId, workingDirectory: () => project.directory });

  it('is not used', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chownSync(project.path('atmos.yaml'), somebody, somebody);
    expect(errorOf(() => loadConfig({}, as(project, strangerId)), project)).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      message: '$/atmos.yaml, or its directory, belongs to another user, so it is not used',
    });
  });

  it('is not used either when only its directory is theirs', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chownSync(project.directory, somebody, somebody);
    expect(errorOf(() => loadConfig({}, as(project, strangerId))).code).toBe(
      'ERR_CONFIG_UNTRUSTED',
    );
  });

  it('is used when that user is root, or when we are root, as in a container', () => {
    const project = createProject({ 'atmos.yaml': '' });
    expect(loadConfig({}, as(project, strangerId)).files).toHaveLength(1);
    chownSync(project.path('atmos.yaml'), somebody, somebody);
    chownSync(project.directory, somebody, somebody);
    expect(loadConfig({}, as(project, 0)).files).toHaveLength(1);
  });

  it('is not used by root out of a directory like /tmp', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.directory, 0o1777);
    chownSync(project.path('atmos.yaml'), somebody, somebody);
    expect(errorOf(() => loadConfig({}, as(project, 0))).code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  it('is not used when a group of others can write it', () => {
    const project = createProject({ 'atmos.yaml': '' });
    chmodSync(project.path('atmos.yaml'), 0o664);
    chownSync(project.path('atmos.yaml'), strangerId, somebody);
    expect(errorOf(() => loadConfig({}, as(project, strangerId)), project).message).toBe(
      '$/atmos.yaml can be written by other users, so it is not used',
    );
  });
});
