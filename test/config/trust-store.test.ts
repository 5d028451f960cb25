import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  listRecords,
  removeRecords,
  stateOf,
  writeRecord,
} from '../../src/config/trust-records.ts';
import { requireTrust, type TrustNeed } from '../../src/config/trust.ts';
import { thrownBy } from '../support/error-of.ts';
import { testStart } from '../support/fake-host.ts';
import { isRoot, strangerId } from '../support/privilege.ts';
import { openProject, type TrustedProject } from './trusted-project.ts';

const need: TrustNeed = { path: ['logs', 'file'], what: 'writes a log to /x' };

function onlyRecord({ store }: TrustedProject): string {
  const names = readdirSync(store);
  expect(names).toHaveLength(1);
  return join(store, names[0] ?? '');
}

describe('a record of trust', () => {
  it('contains the needs and the names of the files, but not their text', () => {
    const project = openProject();
    project.trust(need, { profiles: ['ci'] });
    expect(JSON.parse(readFileSync(onlyRecord(project), 'utf8'))).toEqual({
      version: 1,
      directory: join(project.root, 'project'),
      files: project.files.map(({ path }) => ({
        path,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      })),
      profiles: ['ci'],
      needs: [{ ...need, source: `logs.file (${project.root}/project/atmos.yaml:1:1)` }],
      trusted_at: '2026-01-01T00:00:00Z',
    });
  });

  it('is readable and writable only by the user', () => {
    const project = openProject();
    project.trust(need);
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([modeOf(project.store), modeOf(onlyRecord(project))]).toEqual(['700', '600']);
  });

  it('replaces the record of the same files', () => {
    const project = openProject();
    project.trust({ path: ['a'], what: 'b' });
    project.trust(need);
    expect(listRecords(project.host())).toMatchObject([{ needs: [need] }]);
    expect(readdirSync(project.store)).toHaveLength(1);
  });

  it('is found through every path to the project', () => {
    const project = openProject();
    project.trust(need);
    const link = join(project.root, 'link');
    symlinkSync(join(project.root, 'project'), link);
    const projectFiles = project.files.map(({ path, text }) => ({
      path: path.replace(join(project.root, 'project'), link),
      text,
    }));
    const config = project.config({ directory: link, projectFiles });
    expect(() => requireTrust(config, need, project.host())).not.toThrow();
  });
});

describe('a record that another user could have written', () => {
  const expectRefused = (project: TrustedProject, fault: string) => {
    const { code, message, hints } = thrownBy(() =>
      requireTrust(project.config(), need, project.host()),
    );
    expect(code).toBe('ERR_CONFIG_UNTRUSTED');
    expect(message.replaceAll(project.root, '$')).toBe(
      `the configuration in $/project is not trusted: it writes a log to /x (set by logs.file ($/project/atmos.yaml:1:1)); existing trust records are ignored: ${fault}`,
    );
    expect(hints[0]).toBe(`ls -ld ${project.store}`);
  };
  const nameOf = (project: TrustedProject) => onlyRecord(project).replace(project.root, '$');

  it.each([
    ['writable by all', 0o606],
    ['writable by a group', 0o620],
  ])('is ignored: it is %s', (_, mode) => {
    const project = openProject();
    project.trust(need);
    chmodSync(onlyRecord(project), mode);
    expectRefused(project, `${nameOf(project)} can be written by other users`);
  });

  it('is ignored: its directory is writable by other users', () => {
    const project = openProject();
    project.trust(need);
    chmodSync(project.store, 0o770);
    expectRefused(project, '$/state/atmos/trust can be written by other users');
    const trusting = thrownBy(() => project.trust(need));
    expect(trusting).toMatchObject({
      code: 'ERR_IO',
      message: `${project.store} can be written by other users, so the trust records in it are ignored`,
    });
    expect(thrownBy(() => listRecords(project.host())).code).toBe('ERR_IO');
  });

  it('is ignored: it or its directory is a link', () => {
    const project = openProject();
    project.trust(need);
    const path = onlyRecord(project);
    renameSync(path, join(project.root, 'record'));
    symlinkSync(join(project.root, 'record'), path);
    expectRefused(project, `${nameOf(project)} cannot be read: too many symbolic links`);
    renameSync(project.store, join(project.root, 'store'));
    symlinkSync(join(project.root, 'store'), project.store);
    expectRefused(project, '$/state/atmos/trust is not a directory');
  });

  it('is ignored: it has other files, another version or invalid content', () => {
    const project = openProject();
    project.trust(need, { directory: join(project.root, 'other') });
    const other = onlyRecord(project);
    const whole = readFileSync(other, 'utf8');
    rmSync(other);
    project.trust(need);
    const path = onlyRecord(project);
    const right = readFileSync(path, 'utf8');
    const wrong = [
      whole,
      right.replace('"version": 1', '"version": 2'),
      right.slice(0, -9),
      right.replace('2026-01-01T00', '2026-01-01'),
      right.replace('"needs": [', '"needs": [7, '),
      right.replace(/"path": \[[^\]]*\]/, '"path": [7]'),
      '',
      '[]',
      'null',
    ];
    for (const text of wrong) {
      writeFileSync(path, text);
      expectRefused(project, `${nameOf(project)} is damaged or was written by another version`);
      expect(listRecords(project.host())).toEqual([]);
    }
    // Earlier versions wrote milliseconds.
    for (const text of [right, right.replace('00:00Z', '00:00.123Z')]) {
      writeFileSync(path, text);
      requireTrust(project.config(), need, project.host());
    }
  });

  it('is ignored: it is a directory or too large', () => {
    const project = openProject();
    project.trust(need);
    const path = onlyRecord(project);
    writeFileSync(path, ' '.repeat(5 * 1024 * 1024));
    expectRefused(project, `${nameOf(project)} is not a trust record`);
    rmSync(path);
    mkdirSync(path);
    expectRefused(project, `${nameOf(project)} is not a trust record`);
  });

  it.skipIf(!isRoot)('is ignored: it or its directory belongs to another user', () => {
    const project = openProject();
    project.trust(need);
    chownSync(onlyRecord(project), strangerId, strangerId);
    expectRefused(project, `${nameOf(project)} belongs to another user`);
    chownSync(project.store, strangerId, strangerId);
    expectRefused(project, '$/state/atmos/trust belongs to another user');
  });
});

describe('the list of trust records', () => {
  it('is sorted by directory, the latest first', () => {
    const project = openProject();
    const directories = ['b', 'a'].map((name) => join(project.root, name));
    for (const directory of directories) project.trust(need, { directory });
    const later = { ...project.host(), now: () => new Date(testStart.getTime() + 1000) };
    const grown = project.config({ directory: directories[0] ?? '', projectFiles: [] });
    writeRecord(grown, [], later);
    const [b, a] = directories;
    expect(listRecords(later).map(({ directory, files }) => [directory, files.length])).toEqual([
      [a, 2],
      [b, 0],
      [b, 2],
    ]);
  });

  it('is empty if nothing was ever trusted', () => {
    const project = openProject();
    expect(listRecords(project.host())).toEqual([]);
    expect(removeRecords(project.root, project.host())).toEqual([]);
  });

  it('shows whether the files are current, changed or gone', () => {
    const project = openProject();
    const record = project.trust(need);
    const [first = '', second = ''] = project.files.map(({ path }) => path);
    expect(stateOf(record)).toBe('current');
    writeFileSync(second, 'auth: {a: b}\n');
    expect(stateOf(record)).toBe('changed');
    rmSync(second);
    expect(stateOf(record)).toBe('changed');
    rmSync(first);
    expect(stateOf(record)).toBe('gone');
    mkdirSync(second);
    expect(stateOf(record)).toBe('changed');
  });

  it('loses the records of a directory, through any path, even if it no longer exists', () => {
    const project = openProject();
    project.trust(need);
    project.trust(need, { projectFiles: [] });
    project.trust(need, { directory: join(project.root, 'gone') });
    const link = join(project.root, 'link');
    symlinkSync(join(project.root, 'project'), link);
    expect(removeRecords(join(project.root, 'pro'), project.host())).toEqual([]);
    expect(removeRecords(link, project.host())).toHaveLength(2);
    expect(thrownBy(() => requireTrust(project.config(), need, project.host())).code).toBe(
      'ERR_CONFIG_UNTRUSTED',
    );
    expect(removeRecords(join(project.root, 'gone'), project.host())).toHaveLength(1);
    expect(readdirSync(project.store)).toEqual([]);
  });

  it.skipIf(isRoot)('cannot be extended if the store is not writable', () => {
    const project = openProject();
    mkdirSync(join(project.root, 'state'), { mode: 0o500 });
    const error = thrownBy(() => project.trust(need));
    expect(error.code).toBe('ERR_IO');
    expect(error.message).toMatch(/^cannot write .*: EACCES$/);
  });
});
