import { describe, expect, it } from 'vitest';
import { defaultRealm, resolveRealm } from '../../src/config/realm.ts';
import { errorOf, projectOf } from './project.ts';

describe('the realm', () => {
  it('is read from ATMOS_AUTH_REALM, then from auth.realm', async () => {
    const project = projectOf('auth: { realm: mine }');
    const config = await project.load();
    expect(resolveRealm(config, project.host({ ATMOS_AUTH_REALM: 'given' }))).toEqual({
      value: 'given',
      source: 'ATMOS_AUTH_REALM',
    });
    expect(resolveRealm(config, project.host({ ATMOS_AUTH_REALM: '' }))).toEqual({
      value: 'mine',
      source: `auth.realm (${project.path('atmos.yaml')}:1:16)`,
    });
  });

  it('is derived from the directory of the configuration', async () => {
    const project = projectOf('');
    expect(resolveRealm(await project.load(), project.host())).toEqual({
      value: defaultRealm(project.directory),
      source: `the directory ${project.directory}`,
    });
  });

  it('is "default" without a configuration', () => {
    const { host } = projectOf('');
    expect(resolveRealm(undefined, host())).toEqual({ value: 'default', source: 'default' });
    expect(resolveRealm(undefined, host({ ATMOS_AUTH_REALM: 'given' })).value).toBe('given');
  });

  // As printf %s /home/ada/infra | sha256sum | cut -c1-16 prints.
  it.each([
    ['/home/ada/infra', '0c4fadfe10f41cea'],
    ['/home/Ada/INFRA', '0c4fadfe10f41cea'],
    ['/home/ada/./x/../infra/', '0c4fadfe10f41cea'],
    ['/', '8a5edab282632443'],
    ['/İ/Σ', '5d5c8efe06b4b14e'],
  ])('of %s is %s, as in Atmos', (directory, expected) => {
    expect(defaultRealm(directory)).toBe(expected);
  });
});

describe('a realm from a tag', () => {
  it('is an error if the variable is not set', async () => {
    const project = projectOf('auth: { realm: !env TEAM_REALM }');
    const config = await project.load();
    const error = await errorOf(() => resolveRealm(config, project.host()), project);
    expect(error.code).toBe('ERR_REALM_INVALID');
    expect(error.message).toMatch(
      /^auth\.realm \(\$\/atmos\.yaml:1:\d+\) is empty: the variable TEAM_REALM is not set, or empty$/,
    );
    expect(error.hints).toEqual(['export TEAM_REALM=<realm>']);
    const given = project.host({ ATMOS_AUTH_REALM: 'given' });
    expect(resolveRealm(config, given).value).toBe('given');
  });

  it('counts as absent if it is a literal empty text', async () => {
    const project = projectOf('auth: { realm: "" }');
    const { value } = resolveRealm(await project.load(), project.host());
    expect(value).toBe(defaultRealm(project.directory));
  });
});

describe('an invalid realm', () => {
  it.each([
    ['My Realm', 'contains invalid characters: "M" " " "R"'],
    ['a/b', 'contains invalid characters: "/"'],
    ['..', 'contains invalid characters: "."'],
    ['a\u009b[2Jb', 'contains invalid characters: "\\u009b" "[" "J"'],
    ['😀', 'contains invalid characters: "😀"'],
    ['a'.repeat(65), 'is longer than 64 characters'],
    ['-a', 'begins or ends with - or _'],
    ['a_', 'begins or ends with - or _'],
    ['a-_b', 'contains two of - and _ in a row'],
  ])('%s', async (value, fault) => {
    const { host } = projectOf('');
    const error = await errorOf(() => resolveRealm(undefined, host({ ATMOS_AUTH_REALM: value })));
    expect(error.code).toBe('ERR_REALM_INVALID');
    expect(error.message).toMatch(/^realm ".*" \(from ATMOS_AUTH_REALM\) /);
    expect(error.message).not.toContain('\u009b');
    expect(error.message.endsWith(fault)).toBe(true);
    expect(error.hints).toEqual(['use 1 to 64 of the characters a-z 0-9 - _, such as my-project']);
  });

  it('is reported with the position in the file', async () => {
    const project = projectOf('auth: { realm: A }');
    const config = await project.load();
    expect((await errorOf(() => resolveRealm(config, project.host()), project)).message).toBe(
      'realm "A" (from auth.realm ($/atmos.yaml:1:16)) contains invalid characters: "A"',
    );
  });

  it.each(['a', 'a'.repeat(64), 'a-b_c-1', '0'])('does not include the valid realm %s', (value) => {
    const { host } = projectOf('');
    expect(resolveRealm(undefined, host({ ATMOS_AUTH_REALM: value })).value).toBe(value);
  });
});
