import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultRealm } from '../../../src/config/realm.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { formatEnvelope } from '../../../src/store/envelope.ts';
import {
  keyOnStdin,
  openDesk,
  sessionCalls,
  storedKey,
  user,
  yamlOf,
  type Desk,
  type DeskOptions,
} from './desk.ts';

const command = 'auth keyring adopt';
const [older, oldest] = ['0123456789abcdef', 'fedcba9876543210'];

/** A desk whose realm is derived from the path of the project. */
async function openUnnamed(options: DeskOptions = {}) {
  const desk = await openDesk(options);
  desk.configure(yamlOf(desk).replace('  realm: r\n', ''));
  return { desk, realm: defaultRealm(desk.project) };
}

function envelope(realm: string, alias: string, item: 'key' | 'session', expiresAt?: string) {
  const session = { sessionToken: 'CanaryToken', expiresAt: new Date(expiresAt ?? 0) };
  const credentials = awsCredentials({ ...user, ...(item === 'session' ? session : {}) });
  const notes = {
    savedAt: new Date('2025-12-31T00:00:00Z'),
    chainFingerprint: 'f',
    clockOffsetMs: 5,
  };
  return formatEnvelope({ credentials, realm, alias, item, ...notes });
}

const later = '2026-01-01T08:00:00Z';
const anotherKey = storedKey.atmos_r_dev.replace(user.accessKeyId, 'AKIAIOSFODNN7ANOTHER');
const at = (directory: string) => ({ host: { workingDirectory: () => directory } });
const configure = (desk: Desk, where = {}) =>
  desk.run('auth user configure --stdin --no-verify -i dev', { input: keyOnStdin, ...where });

/** Follows the hints in a checkout that finds no entries: runs the first hint, and logs in. */
async function logInByHint(desk: Desk, where: Parameters<Desk['run']>[1]) {
  const refused = await desk.run('auth login', where);
  expect(refused).toMatchObject({ code: 'ERR_AUTH_KEYS_MISSING', exitCode: 4 });
  const [, hint = ''] = /^hint: atmos (auth keyring adopt .*)$/m.exec(refused.stderr) ?? [];
  expect(hint).toMatch(/^auth keyring adopt dev --from-realm [0-9a-f]{16}$/);
  expect(await desk.run(hint, where)).toMatchObject({ exitCode: 0 });
  expect(await desk.run('auth login', where)).toMatchObject({ exitCode: 0 });
}

describe('entries that were configured once are found again', () => {
  test('after a checkout was moved', async () => {
    const { desk, realm } = await openUnnamed();
    await configure(desk);
    const moved = join(desk.root, 'moved');
    renameSync(desk.project, moved);
    await logInByHint(desk, at(moved));
    expect(await desk.openKeyring().keys()).toEqual(
      [
        `atmos_${realm}_dev`,
        `atmos_${defaultRealm(moved)}_dev`,
        `atmos_${defaultRealm(moved)}_dev@session`,
      ].sort(),
    );
  });

  test('in a git worktree', async () => {
    const { desk } = await openUnnamed();
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
        cwd: desk.project,
        env: { PATH: process.env['PATH'], HOME: desk.root, GIT_CONFIG_NOSYSTEM: '1' },
        stdio: 'ignore',
      });
    git('init');
    git('add', 'atmos.yaml');
    git('commit', '-m', 'x', '--no-gpg-sign');
    await configure(desk);
    const worktree = join(desk.root, 'worktree');
    git('worktree', 'add', worktree);
    await logInByHint(desk, at(worktree));
    expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
  });

  test('from two home directories that share a keyring', async () => {
    const { desk } = await openUnnamed();
    const homes = ['ada', 'bob'].map((name) => {
      const home = join(desk.root, 'home', name);
      mkdirSync(home, { recursive: true, mode: 0o700 });
      cpSync(desk.project, join(home, 'infra'), { recursive: true });
      return {
        env: {
          XDG_DATA_HOME: undefined,
          XDG_STATE_HOME: undefined,
          ATMOS_KEYRING_FILE_PATH: join(desk.root, 'shared'),
        },
        host: { homeDirectory: home, workingDirectory: () => join(home, 'infra') },
      };
    });
    const saved = await configure(desk, homes[0]);
    expect(saved).toMatchObject({ exitCode: 0 });
    expect(saved.stderr).toContain(
      `warning: the keyring ${desk.root}/shared (ATMOS_KEYRING_FILE_PATH) may be shared, since it is outside of your home directory: without auth.realm no other checkout or machine finds what is stored here (realm ${defaultRealm(join(desk.root, 'home/ada/infra'))} is made from the directory ${desk.root}/home/ada/infra)\n` +
        'hint: set auth.realm to a name, such as my-project, in atmos.yaml\n',
    );
    await logInByHint(desk, homes[1]);
  });
});

test('every entry of the configured identities is copied, and no other one', async () => {
  const { desk, realm } = await openUnnamed({
    entries: {
      [`atmos_${older}_dev`]: envelope(older, 'Dev', 'key'),
      [`atmos_${older}_dev@session`]: envelope(older, 'Dev', 'session', later),
      [`atmos_${older}_other`]: envelope(older, 'other', 'key'),
      atmos_dev: storedKey.atmos_r_dev,
      'atmos_secrets/dev/app/TOKEN': '"x"',
    },
  });
  const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const entry = {
    realm,
    identity: 'dev',
    profile: null,
    state: 'copied',
    mfa_device: null,
    source_deleted: false,
    source_lines: [],
    code: null,
    reason: null,
  };
  const place = { type: 'file', location: desk.directory };
  expect(JSON.parse(stdout)).toEqual({
    from: { ...place, realm: older },
    to: { ...place, realm },
    dry_run: false,
    complete: true,
    entries: [
      { key: `atmos_${realm}_dev`, item: 'key', ...entry },
      { key: `atmos_${realm}_dev@session`, item: 'session', ...entry },
    ],
    others: 0,
    left: [],
  });
  // Realm and alias are those of this configuration; everything else is unchanged.
  expect(await desk.openKeyring().get(`atmos_${realm}_dev@session`)).toBe(
    envelope(realm, 'dev', 'session', later),
  );
  expect(await desk.openKeyring().get(`atmos_${older}_dev`)).toBe(envelope(older, 'Dev', 'key'));
  const before = desk.stored();
  expect(await desk.run(command)).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: [
      'STATE          ITEM     IDENTITY  REALM             KEY',
      `already there  key      dev       ${realm}  atmos_${realm}_dev`,
      `already there  session  dev       ${realm}  atmos_${realm}_dev@session`,
      `2 already there: from realm ${older} to realm ${realm}`,
      `Next: set auth.realm to a name, such as my-project; the realm is derived from the directory ~/project now`,
      '',
    ].join('\n'),
  });
  expect(desk.stored()).toEqual(before);
});

test('a dry run writes nothing, and --delete-source moves the entries; a second run has nothing to do', async () => {
  const { desk, realm } = await openUnnamed({
    entries: { [`atmos_${older}_dev`]: storedKey.atmos_r_dev },
  });
  const before = desk.stored();
  expect((await desk.run(`${command} --dry-run --delete-source`)).stderr).toContain(
    `would be copied  key   dev       ${realm}  atmos_${realm}_dev\n`,
  );
  expect(desk.stored()).toEqual(before);

  const moved = await desk.run(`${command} --delete-source`);
  expect(moved).toMatchObject({ exitCode: 0 });
  expect(moved.stderr).toContain(`1 moved: from realm ${older} to realm ${realm}\n`);
  // The entry of Atmos has no owner, and is unchanged.
  expect(await desk.openKeyring().get(`atmos_${realm}_dev`)).toBe(storedKey.atmos_r_dev);
  expect(await desk.openKeyring().keys()).toEqual([`atmos_${realm}_dev`]);
  expect(await desk.run(`${command} --delete-source`)).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: `nothing to copy from other realms to realm ${realm}\n`,
  });
});

test('a realm must be named if several have entries', async () => {
  const { desk, realm } = await openUnnamed({
    entries: {
      [`atmos_${older}_dev`]: storedKey.atmos_r_dev,
      [`atmos_${oldest}_dev`]: anotherKey,
      // The message says so, although Atmos has no realms of that form.
      'atmos_my-team_dev': envelope('my-team', 'dev', 'key'),
    },
  });
  const before = desk.stored();
  expect(await desk.run(`${command} dev`)).toEqual({
    code: 'ERR_USAGE',
    exitCode: 2,
    stdout: '',
    stderr:
      'error: several realms have entries of identities that are configured here:\n' +
      `  realm ${older}: dev\n  realm ${oldest}: dev\n  realm my-team: dev\n` +
      `hint: atmos auth keyring adopt dev --from-realm ${older}\n` +
      `hint: atmos auth keyring adopt dev --from-realm ${oldest}\n` +
      'hint: atmos auth keyring adopt dev --from-realm my-team\n',
  });
  expect(desk.stored()).toEqual(before);
  expect(await desk.run(`${command} DEV --from-realm ${oldest}`)).toMatchObject({ exitCode: 0 });
  expect(await desk.openKeyring().get(`atmos_${realm}_dev`)).toBe(anotherKey);
});

test('an existing entry with another value is not changed and is reported', async () => {
  const { desk, realm } = await openUnnamed();
  await configure(desk);
  await desk.openKeyring().set(`atmos_${older}_dev`, anotherKey);
  const before = desk.stored();
  const result = await desk.run(`${command} --delete-source`);
  expect(result).toMatchObject({ code: 'ERR_STORE_CONFLICT', exitCode: 1, stdout: '' });
  expect(result.stderr).toContain(
    `error: 1 of 1 failed:\n  atmos_${realm}_dev already exists with a different value\n` +
      'hint: to show both: atmos auth keyring list --long\n' +
      'hint: to remove that of the current realm: atmos auth logout dev --keychain\n',
  );
  expect(result.stderr).not.toContain('AKIA');
  expect(desk.stored()).toEqual(before);
});

test.each([
  ['an expired session', '_dev@session', envelope(older, 'dev', 'session', '2025-12-31T23:59:59Z')],
  ['an entry of another identity with that name', '_dev', envelope(older, 'ops', 'key')],
])('%s is not copied', async (_, end, value) => {
  const { desk } = await openUnnamed({ entries: { [`atmos_${older}${end}`]: value } });
  const { exitCode, stderr } = await desk.run(`${command} --from-realm ${older}`);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(new RegExp(`^nothing to copy from realm ${older} to realm `));
});

test('an ambiguous entry of Atmos is copied only from a named realm', async () => {
  // The access key of `dev` in realm `my_team`, or of `team_dev` in realm `my`.
  const { desk, realm } = await openUnnamed({
    entries: { atmos_my_team_dev: storedKey.atmos_r_dev },
  });
  expect((await desk.run(command)).stderr).toMatch(/^nothing to copy from other realms /);
  expect(await desk.run(`${command} --from-realm my_team`)).toMatchObject({ exitCode: 0 });
  expect(await desk.openKeyring().keys()).toEqual(
    [`atmos_${realm}_dev`, 'atmos_my_team_dev'].sort(),
  );
});

test('the token that Atmos stores for a provider is copied', async () => {
  const token = `{"type":"aws","data":{"access_key_id":"CanarySso","expiration":"${later}"}}`;
  const { desk, realm } = await openUnnamed({ entries: { [`atmos_${older}_corp`]: token } });
  desk.configure(
    `auth:\n  keyring: { type: file }\n  providers: { Corp: { kind: aws/iam-identity-center } }\n`,
  );
  expect((await desk.run(`${command} corp`)).stderr).toContain(
    `copied  token  corp      ${realm}  atmos_${realm}_corp\n`,
  );
  expect(await desk.openKeyring().get(`atmos_${realm}_corp`)).toBe(token);
});

test.each([
  ['nobody', 'ERR_IDENTITY_UNKNOWN', /unknown identity "nobody": expected dev in /],
  [
    '--from-realm REALM',
    'ERR_USAGE',
    /realm REALM is the current realm \(the directory .*\): its entries/,
  ],
])('an invalid command is refused: adopt %s', async (options, code, message) => {
  const { desk, realm } = await openUnnamed({ entries: storedKey });
  const before = desk.stored();
  const result = await desk.run(`${command} ${options.replace('REALM', realm)}`);
  expect(result).toMatchObject({ code, exitCode: 2, stdout: '' });
  expect(result.stderr.replaceAll(realm, 'REALM')).toMatch(message);
  expect(desk.stored()).toEqual(before);
});

test('a named realm adopts what was stored before it was named, and prints no warning', async () => {
  const { desk } = await openUnnamed();
  await configure(desk);
  desk.configure(yamlOf(desk));
  expect((await desk.run(command)).stderr).not.toContain('Next:');
  expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
  expect(sessionCalls(desk)).toBe(1);
});

test('an interrupted adopt loses nothing and can be continued', async () => {
  const { desk, realm } = await openUnnamed({
    entries: {
      [`atmos_${older}_dev`]: storedKey.atmos_r_dev,
      [`atmos_${older}_dev@session`]: envelope(older, 'dev', 'session', later),
    },
  });
  let isSignalled = false;
  const onSignals = (_: unknown, handler: (signal: 'SIGINT') => void) => {
    if (!isSignalled) queueMicrotask(() => handler('SIGINT'));
    isSignalled = true;
    return () => {};
  };
  const first = await desk.run(`${command} --delete-source`, { host: { onSignals } });
  expect(first).toMatchObject({ code: 'ERR_CANCELLED', exitCode: 130 });
  const keys = [`atmos_${older}_dev`, `atmos_${older}_dev@session`];
  expect(await desk.openKeyring().keys()).toEqual(expect.arrayContaining(keys));
  expect(await desk.run(`${command} --delete-source`)).toMatchObject({ exitCode: 0 });
  expect(await desk.openKeyring().keys()).toEqual(keys.map((key) => key.replace(older, realm)));
});
