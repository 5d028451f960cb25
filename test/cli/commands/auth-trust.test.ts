import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDesk, yamlOf, type Desk } from './desk.ts';
import { person } from './person.ts';

const withCommand = (desk: Desk) =>
  yamlOf(desk, { keyring: 'type: file\nspec: { password_command: pass show x }' });

async function openAsking(): Promise<Desk> {
  const desk = await openDesk();
  desk.configure(withCommand(desk));
  return desk;
}

/** The settings that a project's file needs for AWS on a loopback address. */
const codesOf = (url: string, place: string) =>
  `  sends MFA codes to ${url}, where any user of this machine can listen
    auth.identities.dev.spec.endpoint_url (${place})
`;

const shownOf = ({ sts }: Desk) => `The configuration
  Directory  ~/project
  Files      ~/project/atmos.yaml
needs trust for the following:
  runs the password command pass show x
    auth.keyring.spec.password_command (~/project/atmos.yaml:5:31)
${codesOf(sts.url, '~/project/atmos.yaml:11:23')}`;

describe('auth trust', () => {
  test('shows what the files do, and prompts', async () => {
    const desk = await openAsking();
    const willing = person(true);
    expect(await desk.run('auth trust', { person: willing })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `${shownOf(desk)}trusted, until one of these files changes\n`,
    });
    expect(willing.asked).toEqual(['Trust these files to do this? (y/N)']);
  });

  test('records nothing when the user declines or cancels', async () => {
    const desk = await openAsking();
    const refused = await desk.run('auth trust', { person: person(false) });
    expect(refused).toMatchObject({ exitCode: 0, stdout: '' });
    expect(refused.stderr).toBe(`${shownOf(desk)}not trusted: nothing was recorded\n`);
    expect(await desk.run('auth trust', { person: person() })).toMatchObject({ exitCode: 130 });
    expect((await desk.run('auth trust --list')).stderr).toBe('no project is trusted\n');
  });

  test('needs --yes without a terminal', async () => {
    const desk = await openAsking();
    expect(await desk.run('auth trust')).toEqual({
      exitCode: 2,
      code: 'ERR_NO_TERMINAL',
      stdout: '',
      stderr: `${shownOf(desk)}error: cannot prompt for "Trust these files to do this?": there is no terminal
hint: to trust them without a prompt: add --yes
`,
    });
    expect((await desk.run('auth trust --yes')).stderr).toMatch(/trusted, until .* changes\n$/);
    const again = await desk.run('auth trust');
    expect(again).toMatchObject({ exitCode: 0, stderr: `${shownOf(desk)}already trusted\n` });
  });

  test('reports when nothing needs trust, and records nothing', async () => {
    const desk = await openDesk();
    desk.configure('auth: { identities: { dev: { kind: aws/user } } }\n');
    const { exitCode, stderr } = await desk.run('auth trust --yes');
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/nothing in the configuration needs trust\n$/);
    expect((await desk.run('auth trust --list -o json')).stdout).toBe('[]\n');
  });

  test('ignores a file that the user named', async () => {
    const desk = await openAsking();
    const { stderr } = await desk.run('auth trust --config atmos.yaml');
    expect(stderr).toMatch(/nothing in the configuration needs trust\n$/);
  });

  test('needs trust for the missing part when the environment adds something', async () => {
    const desk = await openDesk();
    desk.configure(`${withCommand(desk)}env: { PATH: /bin }\nlogs: { file: !env LOG_FILE }\n`);
    await desk.run('auth trust --yes');
    const env = { LOG_FILE: '/x/.bashrc' };
    const refused = await desk.run('auth whoami', { env });
    expect(refused).toMatchObject({ exitCode: 2, code: 'ERR_CONFIG_UNTRUSTED' });
    expect(refused.stderr).toContain(
      'it writes a log to <value of !env LOG_FILE> (set by logs.file (',
    );
    expect((await desk.run('auth trust --yes', { env })).stderr).toMatch(/trusted, until/);
    expect((await desk.run('auth trust', { env })).stderr).toMatch(/already trusted\n$/);
  });

  test('shows every kind of need, also of identities that cannot be used yet', async () => {
    const desk = await openDesk();
    desk.configure(`auth:
  realm: !exec "echo r\\necho s"
  keyring: { spec: { password_env: HOME, password_file: atmos.yaml } }
  logs: { file: log }
  identities:
    a: { kind: aws/user, spec: { endpoint_url: https://sts.example.com } }
    b: { kind: aws/assume-role, env: [{ key: PATH, value: /x }, { key: TF_VAR_y, value: z }] }
    c: { kind: aws/user, spec: { endpoint_url: "https://ada:hunter2@sts.example.com" } }
    d: { kind: aws/user, spec: { endpoint_url: "http://127.0.0.1:4566" } }
env: { HTTPS_PROXY: "http://ada:hunter2@proxy", LD_PRELOAD: /x, STAGE: !env SECRET, TF_VAR_x: / }
`);
    const { stdout, stderr } = await desk.run('auth trust --yes -o json', {
      env: { SECRET: 'swordfish' },
    });
    const place = (at: string) => `(${desk.project}/atmos.yaml:${at})`;
    expect(JSON.parse(stdout)).toEqual({
      directory: desk.project,
      files: [{ path: `${desk.project}/atmos.yaml`, sha256: expect.stringMatching(/^.{64}$/) }],
      profiles: [],
      needs: [
        {
          path: 'auth.realm',
          what: 'runs echo r\necho s',
          source: `auth.realm ${place('2:10')}`,
        },
        {
          path: 'auth.keyring.spec.password_env',
          what: 'stores credentials under a password that its author can know, the value of the variable HOME',
          source: `auth.keyring.spec.password_env ${place('3:36')}`,
        },
        {
          path: 'auth.keyring.spec.password_file',
          what: `stores credentials under a password that its author can know, the content of ${desk.project}/atmos.yaml`,
          source: `auth.keyring.spec.password_file ${place('3:57')}`,
        },
        {
          path: 'auth.logs.file',
          what: `writes a log to ${desk.project}/log`,
          source: `auth.logs.file ${place('4:17')}`,
        },
        {
          path: 'env.HTTPS_PROXY',
          what: 'sets HTTPS_PROXY to "http://…@proxy" for programs',
          source: `env.HTTPS_PROXY ${place('10:21')}`,
        },
        {
          path: 'env.STAGE',
          what: 'sets STAGE to <value of !env SECRET> for programs',
          source: `env.STAGE ${place('10:72')}`,
        },
        {
          path: 'auth.identities.a.spec.endpoint_url',
          what: 'sends signed requests to https://sts.example.com',
          source: `auth.identities.a.spec.endpoint_url ${place('6:48')}`,
        },
        {
          path: 'auth.identities.b.env.0.value',
          what: 'sets PATH to "/x" for programs',
          source: expect.stringContaining(place('7:59')),
        },
        {
          path: 'auth.identities.d.spec.endpoint_url',
          what: 'sends MFA codes to http://127.0.0.1:4566, where any user of this machine can listen',
          source: `auth.identities.d.spec.endpoint_url ${place('9:48')}`,
        },
      ],
      trusted: true,
      recorded: true,
    });
    // A need is shown as one line, whatever it contains.
    expect(stderr).toContain('  runs echo r\\necho s\n');
    expect(stderr + stdout).not.toMatch(/hunter2|swordfish/);
  });

  test('shows no control sequences', async () => {
    const desk = await openDesk();
    desk.configure(
      yamlOf(desk, {
        keyring: 'type: file\nspec: { password_command: "a\\e[2K\\rb\\u202e" }',
      }),
    );
    const { stderr } = await desk.run('auth trust --yes');
    expect(stderr).toContain('runs the password command a\\u001b[2K\\u000db\\u202e\n');
  });
});

test('a non-ASCII host name is also shown in ASCII, in auth trust and in the error', async () => {
  const desk = await openDesk();
  const command = 'curl https://\u0430pple.com/x';
  desk.configure(
    `${yamlOf(desk).replace('realm: r', `realm: !exec "${command}"`)}env: { HTTPS_PROXY: "http://b\u00fccher.example:8080" }\n`,
  );
  const { stderr } = await desk.run('auth trust');
  expect(stderr).toContain(`  runs ${command} (in ASCII: xn--pple-43d.com)\n`);
  expect(stderr).toContain(
    '  sets HTTPS_PROXY to "http://b\u00fccher.example:8080" for programs (in ASCII: xn--bcher-kva.example)\n',
  );
  expect((await desk.run('auth whoami')).stderr).toContain(
    `is not trusted: it runs ${command} (in ASCII: xn--pple-43d.com) (set by auth.realm (`,
  );
});

describe('auth trust --list', () => {
  test('shows for each project whether its files are unchanged', async () => {
    const desk = await openAsking();
    mkdirSync(join(desk.project, 'profiles/ci'), { recursive: true });
    writeFileSync(join(desk.project, 'profiles/ci/x.yaml'), '');
    await desk.run('auth trust --yes');
    await desk.run('auth trust --yes --profile ci');
    const listed = async () => {
      const records = JSON.parse((await desk.run('auth trust --list -o json')).stdout) as {
        state: string;
        profiles: string[];
      }[];
      return records.map(({ state, profiles }) => [state, ...profiles].join(' ')).toSorted();
    };
    expect(await listed()).toEqual(['current', 'current ci']);
    writeFileSync(join(desk.project, 'profiles/ci/x.yaml'), '# changed');
    expect(await listed()).toEqual(['changed ci', 'current']);
    rmSync(join(desk.project, 'atmos.yaml'));
    expect(await listed()).toEqual(['changed ci', 'gone']);
    const { stdout } = await desk.run('auth trust --list');
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toBe('FILES    TRUSTED AT   PROFILES  DIRECTORY');
    expect(rows.toSorted()).toEqual([
      `changed  00:00 (now)  ci        ~/project`,
      `gone     00:00 (now)  -         ~/project`,
    ]);
  });
});

describe('auth trust --revoke', () => {
  test('removes the trust of this project', async () => {
    const desk = await openAsking();
    await desk.run('auth trust --yes');
    const { stderr, exitCode } = await desk.run('auth trust --revoke');
    expect({ stderr, exitCode }).toEqual({
      exitCode: 0,
      stderr: `no longer trusted: ~/project, trusted since 00:00 (now)\n`,
    });
    expect((await desk.run('auth trust --revoke')).stderr).toBe(
      `nothing in ~/project was trusted\n`,
    );
  });

  test('removes the trust of a named directory, which may no longer exist', async () => {
    const desk = await openAsking();
    await desk.run('auth trust --yes');
    rmSync(join(desk.project, 'atmos.yaml'));
    const { stdout } = await desk.run('auth trust --revoke ../project/ -o json');
    expect(JSON.parse(stdout)).toEqual([
      {
        directory: desk.project,
        profiles: [],
        trusted_at: '2026-01-01T00:00:00Z',
        state: 'gone',
        files: [`${desk.project}/atmos.yaml`],
      },
    ]);
    expect((await desk.run('auth trust --list')).stderr).toBe('no project is trusted\n');
  });
});

test.each([
  ['--yes --list', '--yes and --list cannot be combined'],
  ['--list --revoke', '--list and --revoke cannot be combined'],
  ['x', 'only --revoke accepts a directory; to trust "x", run the command in it'],
  ['--list x', 'only --revoke accepts a directory; to trust "x", run the command in it'],
])('auth trust %s is refused', async (options, message) => {
  const desk = await openDesk();
  const { code, stderr } = await desk.run(`auth trust ${options}`);
  expect(code).toBe('ERR_USAGE');
  expect(stderr).toContain(`error: ${message}\n`);
});
