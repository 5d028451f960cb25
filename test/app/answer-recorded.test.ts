import fc from 'fast-check';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { answerRecorded } from '../../src/app/answer-recorded.ts';
import type { Host } from '../../src/host/host.ts';
import { openChainDesk } from '../cli/commands/chain-desk.ts';
import {
  openDesk,
  sessionCalls,
  storedKey,
  yamlOf,
  type Desk,
  type DeskOptions,
} from '../cli/commands/desk.ts';
import { fakeHost } from '../support/fake-host.ts';

const command = 'auth credential-process --handle';

/** A desk with a handle, whose files have not changed for long enough, and a script of its own. */
async function openHandleDesk(
  open: (options?: DeskOptions) => Promise<Desk> = openDesk,
  yaml?: (desk: Desk) => string,
  options: (desk: Desk) => string = () => '',
) {
  const desk = await open({ entries: storedKey });
  // The time of the real files; the server has the same.
  desk.clock.now = new Date(Date.now() + 60_000);
  if (yaml !== undefined) desk.configure(yaml(desk));
  const scriptPath = join(desk.root, 'main.cjs');
  writeFileSync(scriptPath, '');
  const { stdout } = await desk.run(`auth env -f json ${options(desk)}`);
  const config = readFileSync(JSON.parse(stdout).AWS_CONFIG_FILE, 'utf8');
  const handle = /--handle (\S+)$/m.exec(config)?.[1] ?? '';
  const changed = { env: {} as Record<string, string | undefined>, host: {} as Partial<Host> };
  const place = {
    ...desk,
    handle,
    scriptPath,
    changed,
    /** What the whole program answers, which it records. */
    whole: () =>
      desk.run(`${command} ${handle}`, {
        env: changed.env,
        host: { scriptPath, ...changed.host },
      }),
    /** What is answered from the record. */
    recorded: () =>
      answerRecorded(
        handle,
        fakeHost({
          env: { ...desk.env, ...changed.env },
          homeDirectory: desk.root,
          scriptPath,
          now: () => desk.clock.now,
          workingDirectory: () => desk.project,
          ...changed.host,
        }),
      ).catch((error: unknown) => error),
  };
  return place;
}

type Place = Awaited<ReturnType<typeof openHandleDesk>>;

async function openRecorded(...args: Parameters<typeof openHandleDesk>): Promise<Place> {
  const place = await openHandleDesk(...args);
  expect(await place.whole()).toMatchObject({ exitCode: 0, stderr: '' });
  return place;
}

const recordOf = ({ handle }: Place) => handle.replace('.json', '.plan');
const configOf = ({ project }: Place) => join(project, 'atmos.yaml');

describe('a recorded plan gives the same answer as the whole program', () => {
  test('for a session of a user', async () => {
    const place = await openRecorded();
    const { stdout } = await place.whole();
    expect(await place.recorded()).toBe(stdout);
    expect(sessionCalls(place)).toBe(1);
  });

  test('for a session at the end of a chain of roles', async () => {
    const place = await openRecorded(openChainDesk);
    const { stdout } = await place.whole();
    expect(await place.recorded()).toBe(stdout);
    const { length } = place.sts.calls.filter(({ action }) => action === 'AssumeRole');
    expect(length).toBe(2);
  });

  test('of a configuration with profiles, imports, links and a log for people', async () => {
    const place = await openHandleDesk(openDesk, (desk) => {
      mkdirSync(join(desk.project, 'profiles/ci'), { recursive: true });
      mkdirSync(join(desk.root, 'elsewhere'));
      writeFileSync(join(desk.root, 'elsewhere/keyring.yaml'), 'auth: { keyring: { type: file } }');
      symlinkSync('../elsewhere/keyring.yaml', join(desk.project, 'keyring.yaml'));
      writeFileSync(join(desk.project, 'profiles/ci/auth.yaml'), 'auth: { realm: r }');
      return `import: [keyring.yaml]\nlogs: { level: Info, file: /dev/stderr }\n${yamlOf(desk)}`;
    });
    await place.whole();
    const { stdout } = await place.whole();
    expect(await place.recorded()).toBe(stdout);
  });

  test('while another process runs with other variables for programs', async () => {
    const place = await openRecorded();
    const { stdout } = await place.whole();
    place.changed.env = {
      ATMOS_IDENTITY: 'dev',
      ATMOS_AUTH_ENV_SET: 'AWS_PROFILE',
      AWS_PROFILE: 'dev',
      AWS_CONFIG_FILE: '/somewhere',
      AWS_SDK_LOAD_CONFIG: '1',
      AWS_EXECUTION_ENV: 'CLI',
      AWS_SESSION_TOKEN: 'other',
      TF_LOG: 'debug',
    };
    expect(await place.recorded()).toBe(stdout);
  });

  test('again after the whole program has planned for a changed configuration', async () => {
    const place = await openRecorded();
    writeFileSync(configOf(place), `${yamlOf(place)}# A comment.\n`);
    expect(await place.recorded()).toBeUndefined();
    const { stdout } = await place.whole();
    expect(await place.recorded()).toBe(stdout);
  });
});

const rewritten = (text: string, old: string, by: string) => {
  if (!text.includes(old)) throw new Error(`${old} is not there`);
  return text.replace(old, by);
};

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

/** What makes the record useless. After each the whole program has to plan. */
const changes: readonly [string, (place: Place) => unknown][] = [
  [
    'a configuration with other content of equal size and the old times',
    (place) => {
      const { atime, mtime } = statSync(configOf(place));
      edit(configOf(place), (text) => rewritten(text, 'default: true', 'default: True'));
      utimesSync(configOf(place), atime, mtime);
    },
  ],
  [
    'a new import',
    (place) => {
      writeFileSync(join(place.project, 'more.yaml'), 'auth: { realm: other }');
      edit(configOf(place), (text) => `import: [more.yaml]\n${text}`);
    },
  ],
  ['a removed configuration', (place) => unlinkSync(configOf(place))],
  ['a moved checkout', (place) => renameSync(place.project, `${place.project}-moved`)],
  [
    'another checkout in its place',
    (place) => {
      renameSync(place.project, `${place.project}-moved`);
      cpSync(`${place.project}-moved`, place.project, { recursive: true });
    },
  ],
  [
    'the checkout behind a link',
    (place) => {
      renameSync(place.project, `${place.project}-moved`);
      symlinkSync(`${place.project}-moved`, place.project);
    },
  ],
  ['a configuration that others can write', (place) => chmodSync(configOf(place), 0o666)],
  ['a project that others can write', (place) => chmodSync(place.project, 0o777)],
  [
    'a variable of Atmos',
    ({ changed }) => {
      changed.env = { ATMOS_AUTH_REALM: 'other' };
    },
  ],
  [
    'a variable of AWS',
    ({ changed }) => {
      changed.env = { AWS_ENDPOINT_URL_STS: 'https://sts.example.com' };
    },
  ],
  [
    'another home directory',
    ({ changed }) => {
      changed.host = { homeDirectory: '/nonexistent' };
    },
  ],
  [
    'another user',
    ({ changed }) => {
      changed.host = { userId: 12_345 };
    },
  ],
  ['a newer program', ({ scriptPath }) => writeFileSync(scriptPath, 'newer')],
  [
    'a program in another place',
    ({ root, changed }) => {
      writeFileSync(join(root, 'other.cjs'), '');
      changed.host = { scriptPath: join(root, 'other.cjs') };
    },
  ],
  [
    'trust by a variable',
    ({ changed }) => {
      changed.env = { ATMOS_AUTH_TRUST: '1' };
    },
  ],
  [
    'a log by a variable',
    ({ changed }) => {
      changed.env = { ATMOS_LOGS_LEVEL: 'Debug' };
    },
  ],
  [
    'records that are switched off',
    ({ changed }) => {
      changed.env = { ATMOS_AUTH_FAST: 'off' };
    },
  ],
  ['a record that others can write', (place) => chmodSync(dirname(recordOf(place)), 0o777)],
  [
    'a record that is a link',
    (place) => {
      renameSync(recordOf(place), join(place.root, 'record'));
      symlinkSync(join(place.root, 'record'), recordOf(place));
    },
  ],
  ['a removed record', (place) => rmSync(recordOf(place))],
  [
    'a session that is about to expire',
    (place) => {
      place.clock.now = new Date(place.clock.now.getTime() + 11.9 * 3600_000);
    },
  ],
  ['a logout', (place) => place.run('auth logout')],
  ['a keyring that others can write', (place) => chmodSync(place.directory, 0o777)],
  [
    'another password',
    ({ changed }) => {
      changed.env = { ATMOS_KEYRING_PASSWORD: 'another password' };
    },
  ],
];

describe('a recorded plan is not used after', () => {
  test.each(changes)('%s', async (_, change) => {
    const place = await openRecorded();
    expect(await place.recorded()).toMatch(/^\{"Version":1,/);
    await change(place);
    expect(await place.recorded()).not.toEqual(expect.any(String));
  });
});

test.each<[string, (profile: string) => void]>([
  ['a removed profile', (profile) => rmSync(profile)],
  ['a changed profile', (profile) => edit(profile, (text) => `${text}# A comment.\n`)],
  ['a profile that others can write', (profile) => chmodSync(profile, 0o666)],
])('a plan of a profile is not used after %s', async (_, change) => {
  const profileOf = ({ project }: Pick<Desk, 'project'>) => join(project, 'profiles/ci/auth.yaml');
  const place = await openRecorded(
    openDesk,
    (desk) => {
      mkdirSync(dirname(profileOf(desk)), { recursive: true });
      writeFileSync(profileOf(desk), yamlOf(desk));
      return 'auth: { realm: r, keyring: { type: file } }\n';
    },
    () => '--profile ci',
  );
  expect(await place.recorded()).toMatch(/^\{"Version":1,/);
  change(profileOf(place));
  expect(await place.recorded()).toBeUndefined();
});

describe('no plan is recorded', () => {
  test.each([
    ['is, without an audit', 'logs: { level: Warning }', true],
    ['is not, with an audit, which has a line for each use', 'audit: { file: uses.jsonl }', false],
  ])('of a user: one %s', async (_, setting, isRecorded) => {
    const place = await openHandleDesk(openDesk, (desk) => {
      const own = join(desk.root, '.atmos');
      mkdirSync(own, { mode: 0o700 });
      writeFileSync(join(own, 'atmos.yaml'), `auth: { ${setting} }\n`, { mode: 0o600 });
      return yamlOf(desk);
    });
    for (let count = 0; count < 2; count++)
      expect(await place.whole()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(existsSync(recordOf(place))).toBe(isRecorded);
    expect((await place.recorded()) !== undefined).toBe(isRecorded);
    const uses = join(place.root, '.atmos/uses.jsonl');
    const lines = existsSync(uses) ? readFileSync(uses, 'utf8').split('\n').length - 1 : 0;
    expect(lines).toBe(isRecorded ? 0 : 2);
  });

  test.each<[string, (desk: Desk) => string]>([
    ['a tag', (desk) => yamlOf(desk).replace('realm: r', 'realm: !env REALM r')],
    ['a warning', (desk) => yamlOf(desk, { keyring: 'type: file\nspec: { pathh: x }' })],
    ['a log of details', (desk) => `logs: { level: Debug }\n${yamlOf(desk)}`],
    [
      'session files',
      (desk) => yamlOf(desk).replace('  realm: r', '  realm: r\n  session_files: true'),
    ],
    ['a fallback', (desk) => yamlOf(desk, { keyring: 'type: file\nfallback: [memory]' })],
    ['a keyring in memory', (desk) => yamlOf(desk, { keyring: 'type: memory' })],
    ['a keyring on a server', (desk) => yamlOf(desk, { keyring: 'type: vault' })],
  ])('for a configuration with %s', async (_, yaml) => {
    const place = await openHandleDesk(openDesk, yaml);
    const env = { REALM: 'r', VAULT_ADDR: 'http://127.0.0.1:1' };
    await place.run(`${command} ${place.handle}`, { env, host: { scriptPath: place.scriptPath } });
    expect(existsSync(recordOf(place))).toBe(false);
  });

  test('for a configuration with a log in a file', async () => {
    const withLog = (desk: Desk) => `logs: { file: ${desk.root}/log }\n${yamlOf(desk)}`;
    const place = await openHandleDesk(
      openDesk,
      withLog,
      (desk) => `--config ${desk.project}/atmos.yaml`,
    );
    expect(await place.whole()).toMatchObject({ exitCode: 0 });
    expect(existsSync(recordOf(place))).toBe(false);
  });

  test.each([
    ['trust', { ATMOS_AUTH_TRUST: '1' }],
    ['a log', { ATMOS_LOGS_LEVEL: 'Error' }],
    ['no records', { ATMOS_AUTH_FAST: 'off' }],
  ])('while a variable requests %s', async (_, env) => {
    const place = await openHandleDesk();
    place.changed.env = env;
    expect(await place.whole()).toMatchObject({ exitCode: 0 });
    expect(existsSync(recordOf(place))).toBe(false);
  });

  test('if it needed trust', async () => {
    const place = await openHandleDesk(openDesk, (desk) =>
      yamlOf(desk, { keyring: 'type: file\nspec: { password_command: echo secret }' }),
    );
    expect(await place.run('auth trust --yes')).toMatchObject({ exitCode: 0 });
    expect(await place.whole()).toMatchObject({ exitCode: 0 });
    expect(existsSync(recordOf(place))).toBe(false);
  });

  test('on another system, whose signatures have not been examined', async () => {
    const place = await openHandleDesk();
    place.changed.env = { ATMOS_KEYRING_AGENT: 'off' };
    place.changed.host = { platform: 'darwin' };
    expect(await place.whole()).toMatchObject({ exitCode: 0 });
    expect(existsSync(recordOf(place))).toBe(false);
  });

  test('by a failed command', async () => {
    const place = await openHandleDesk();
    place.changed.env = { ATMOS_KEYRING_PASSWORD: 'another password' };
    expect(await place.whole()).toMatchObject({ exitCode: 3 });
    expect(existsSync(recordOf(place))).toBe(false);
  });

  test('where it cannot be written, and the answer is the same', async () => {
    const place = await openHandleDesk();
    mkdirSync(recordOf(place));
    expect(await place.whole()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await place.recorded()).toBeUndefined();
  });
});

/** Every variable that the source names. */
function variablesOfSource(): string[] {
  const directory = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(directory, file), 'utf8'));
  const names = texts.flatMap((text) =>
    text.match(/(?<=['\s])[A-Z][A-Z0-9]*(_[A-Z0-9]+)*(?=['\s])/g),
  );
  return [...new Set(names)].filter((name) => name !== null).toSorted();
}

test('no variable that the program knows changes what it answers behind the record', async () => {
  const place = await openRecorded(openChainDesk, undefined);
  const names = variablesOfSource();
  expect(names).toEqual(expect.arrayContaining(['AWS_CA_BUNDLE', 'CI', 'HOME', 'PATH']));
  const answered: string[] = [];
  for (const name of names) {
    place.changed.env = { [name]: '/nonexistent' };
    const recorded = await place.recorded();
    if (typeof recorded !== 'string') continue;
    answered.push(name);
    expect({ name, ...(await place.whole()) }).toMatchObject({
      name,
      stdout: recorded,
      stderr: '',
    });
  }
  expect(answered).toEqual(expect.arrayContaining(['AWS_PROFILE', 'CI', 'PATH']));
  expect(answered).not.toContain('AWS_REGION');
}, 120_000);

test('a recorded answer is never one that the whole program would not give', async () => {
  const place = await openRecorded();
  const original = readFileSync(configOf(place), 'utf8');
  const step = fc.constantFrom<(at: Place) => unknown>(
    (at) => writeFileSync(configOf(at), original),
    (at) => edit(configOf(at), (text) => `${text}# more\n`),
    (at) => edit(configOf(at), (text) => text.replace('realm: r', 'realm: q')),
    (at) => edit(configOf(at), (text) => text.replace('realm: q', 'realm: r')),
    (at) => edit(configOf(at), (text) => text.replace('endpoint_url', 'endpoint_ur')),
    (at) => edit(configOf(at), (text) => text.replace('type: file', 'type: fil')),
    (at) => chmodSync(configOf(at), 0o666),
    (at) => chmodSync(configOf(at), 0o644),
    (at) => chmodSync(at.project, 0o777),
    (at) => chmodSync(at.project, 0o700),
    (at) => chmodSync(at.directory, 0o777),
    (at) => chmodSync(at.directory, 0o700),
    (at) => chmodSync(dirname(at.handle), 0o777),
    (at) => chmodSync(dirname(at.handle), 0o700),
    ({ changed }) => (changed.env = {}),
    ({ changed }) => (changed.env = { ATMOS_AUTH_TRUST: '1' }),
    ({ changed }) => (changed.env = { ATMOS_AUTH_REALM: 'q' }),
    ({ changed }) => (changed.env = { ATMOS_KEYRING_PASSWORD: 'another password' }),
    ({ changed }) => (changed.env = { ATMOS_KEYRING_AGENT: 'maybe' }),
    (at) => at.run('auth logout'),
    (at) => at.run('auth login'),
    (at) => at.whole(),
    ({ clock }) => (clock.now = new Date(clock.now.getTime() + 3600_000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      for (const change of steps) await change(place);
      const recorded = await place.recorded();
      if (typeof recorded !== 'string') return;
      expect(await place.whole()).toMatchObject({ exitCode: 0, stdout: recorded, stderr: '' });
    }),
    { numRuns: 60 },
  );
});
