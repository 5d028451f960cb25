import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { openDesk, type Desk } from './desk.ts';

/** Files by their paths in the project, or from the root with a leading slash. */
function write({ root, project }: Desk, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = path.startsWith('/') ? join(root, path) : join(project, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, text, { mode: 0o644 });
  }
}

const identity = (name: string) => `auth: { identities: { ${name}: { kind: aws/user } } }\n`;

async function openProfiles(): Promise<Desk> {
  const desk = await openDesk();
  write(desk, {
    'profiles/ci/atmos.yaml': `${identity('ops')}metadata:
  name: For CI
  description: keys from variables
  version: 1.2
  tags: [ci, !env X, 3]
  deprecated: true
`,
    'profiles/ci/more/b.yaml': '',
    '.atmos/profiles/ci/a.yaml': identity('hidden'),
    'profiles/dev/a.yml': identity('dev2'),
    '/.config/atmos/profiles/mine/a.yaml': identity('mine'),
    'profiles/broken/a.yaml': 'auth: { identities: [] }',
    'profiles/torn/a.yaml': 'auth: {',
    'profiles/empty/readme.txt': '',
    'profiles/__SELECT__/a.yaml': '',
    'profiles/file.yaml': '',
  });
  return desk;
}

describe('profile list', () => {
  test('lists every profile with its path, and broken ones with the reason', async () => {
    const desk = await openProfiles();
    const at = (path: string) => `~/project/${path}`;
    expect(await desk.run('profile list --profile dev,mine')).toEqual({
      exitCode: 0,
      stdout: [
        'NAME    STATE   LOCATION        FILES  PATH',
        `broken  broken  project         1      ${at('profiles/broken')}`,
        `ci      -       project-hidden  1      ${at('.atmos/profiles/ci')}`,
        `dev     active  project         1      ${at('profiles/dev')}`,
        `empty   broken  project         0      ${at('profiles/empty')}`,
        `mine    active  xdg             1      ~/.config/atmos/profiles/mine`,
        `torn    broken  project         1      ${at('profiles/torn')}`,
        '',
      ].join('\n'),
      stderr: expect.any(String),
    });
    const { stderr } = await desk.run('profile list');
    const inFull = (path: string) => join(desk.project, path);
    expect(stderr).toContain(
      `warning: profile broken is broken: auth.identities (${inFull('profiles/broken/a.yaml')}:1:9) must be a map, not a list\n`,
    );
    expect(stderr).toContain('warning: profile empty is broken: ');
    expect(stderr).toContain(inFull('profiles/torn/a.yaml'));
  });

  test('prints every field with -o json', async () => {
    const desk = await openProfiles();
    const { stdout, stderr } = await desk.run('profile list -o json', {
      env: { ATMOS_PROFILE: 'dev' },
    });
    expect(stderr).toBe('');
    const profiles = JSON.parse(stdout) as { name: string }[];
    expect(profiles.map(({ name }) => name)).toEqual([
      'broken',
      'ci',
      'dev',
      'empty',
      'mine',
      'torn',
    ]);
    expect(profiles[2]).toEqual({
      name: 'dev',
      path: join(desk.project, 'profiles/dev'),
      location_type: 'project',
      files: [join(desk.project, 'profiles/dev/a.yml')],
      metadata: { name: null, description: null, version: null, tags: [], deprecated: false },
      active: true,
      problem: null,
    });
  });

  test('works with chosen profiles and a configuration that cannot be used', async () => {
    const desk = await openDesk();
    write(desk, { 'profiles/ci/a.yaml': '' });
    const path = desk.configure('auth: { realm: [] }\nprofiles: { default: typo }\n');
    const { exitCode, stdout, stderr } = await desk.run('profile list');
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `NAME  STATE  LOCATION  FILES  PATH\nci    -      project   1      ~/project/profiles/ci\n`,
    });
    expect(stderr).toMatch(
      `warning: the chosen profiles cannot be used: unknown profile "typo" (from profiles.default (${path}:2:22)): expected ci in `,
    );
  });

  test("lists the user's profiles without an atmos.yaml", async () => {
    const desk = await openDesk();
    write(desk, { '/.config/atmos/profiles/mine/a.yaml': '', 'empty/.keep': '' });
    const host = { workingDirectory: () => desk.root };
    expect(await desk.run('profile list', { host })).toMatchObject({
      exitCode: 0,
      stdout: `NAME  STATE  LOCATION  FILES  PATH\nmine  -      xdg       1      ~/.config/atmos/profiles/mine\n`,
      stderr: '',
    });
    expect(await desk.run('profile list --config none.yaml', { host })).toMatchObject({
      exitCode: 2,
      code: 'ERR_CONFIG_NOT_FOUND',
    });
  });

  test('succeeds with a message when no profile exists', async () => {
    const desk = await openDesk();
    const { exitCode, stdout, stderr } = await desk.run('profile list');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(
      /^no profiles in .*\/project\/\.atmos\/profiles, .*\/project\/profiles\n$/,
    );
    expect(await desk.run('profile list -o json')).toMatchObject({ exitCode: 0, stdout: '[]\n' });
  });
});

describe('profile show', () => {
  test('shows the description of the profile and its files', async () => {
    const desk = await openProfiles();
    desk.configure('profiles: { base_path: profiles }\n');
    expect(await desk.run('profile show ci')).toEqual({
      exitCode: 0,
      stdout: [
        '  Profile  ci',
        '  Called   For CI',
        '  About    keys from variables',
        '  Version  1.2',
        '  Tags     ci, 3',
        '  State    deprecated',
        '  Where    ~/project/profiles/ci (configurable)',
        '  Files    ~/project/profiles/ci/atmos.yaml',
        '           ~/project/profiles/ci/more/b.yaml',
        '',
      ].join('\n'),
      stderr: 'to use it: add --profile ci\n',
    });
    const { stdout } = await desk.run('profile show ci -o json --profile ci');
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'ci',
      location_type: 'configurable',
      metadata: {
        name: 'For CI',
        description: 'keys from variables',
        version: '1.2',
        tags: ['ci', '3'],
        deprecated: true,
      },
      active: true,
      problem: null,
    });
  });

  test('shows a broken profile with the reason', async () => {
    const desk = await openProfiles();
    const { exitCode, stdout, stderr } = await desk.run('profile show broken');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('  State    broken\n');
    expect(stderr).toMatch(/^warning: profile broken is broken: auth\.identities .* must be a map/);
  });

  test.each([
    [
      'cii',
      /^error: unknown profile "cii" \(from the command line\): expected .*\nhint: did you mean ci\?\nhint: atmos profile list\n$/,
    ],
    ['__SELECT__', /^error: "__SELECT__" \(from the command line\) is not a valid profile name/],
    ['../ci', /^error: "\.\.\/ci" \(from the command line\) is not a valid profile name/],
  ])('refuses %s as unknown', async (name, stderr) => {
    const desk = await openProfiles();
    expect(await desk.run(['profile', 'show', name])).toEqual({
      exitCode: 2,
      code: 'ERR_PROFILE_UNKNOWN',
      stdout: '',
      stderr: expect.stringMatching(stderr),
    });
  });
});

describe.each(['-f', '--format', '-o', '--output'])('the format chosen with %s', (option) => {
  test.each(['profile list', 'profile show ci'])('works for %s', async (command) => {
    const desk = await openProfiles();
    const run = async (format: string) => (await desk.run(`${command} ${option} ${format}`)).stdout;
    const plain = (await desk.run(command)).stdout;
    expect(await run(command === 'profile list' ? 'table' : 'text')).toBe(plain);
    const json: unknown = JSON.parse(await run('json'));
    expect(json).toEqual(JSON.parse((await desk.run(`${command} -o json`)).stdout));
    const yaml = await run('yaml');
    expect(yaml).toMatch(command === 'profile list' ? /^- name: "broken"\n/ : /^name: "ci"\n/);
    expect(load(yaml)).toEqual(json);
    expect(await desk.run(`${command} ${option} csv`)).toMatchObject({
      code: 'ERR_USAGE',
      exitCode: 2,
      stderr: expect.stringMatching(
        /^error: invalid value "csv" for --?\w+: expected one of (table|text), json, yaml\n/,
      ),
    });
  });
});

test('is an empty list when no profile exists', async () => {
  const desk = await openDesk();
  for (const format of ['json', 'yaml']) {
    expect(await desk.run(`profile list -f ${format}`)).toMatchObject({
      stdout: '[]\n',
      stderr: '',
    });
  }
});
