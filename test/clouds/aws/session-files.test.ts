import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { removeSessionFiles } from '../../../src/app/session-files.ts';
import { listAwsSessionFiles } from '../../../src/clouds/aws/session-files.ts';
import type { FileOwners } from '../../../src/clouds/cloud-contract.ts';
import { acquireLock } from '../../../src/host/lock.ts';
import { errorOf } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { cliToken, putCliToken } from './cli-token-files.ts';
import {
  portal,
  profileSection,
  putLeftover,
  putRefreshToken,
  putSessions,
  putToken,
  section,
} from './go-atmos-files.ts';

const owners: FileOwners = {
  realm: 'r',
  identities: ['dev', 'a-b'],
  providers: [
    { name: 'sso', kind: 'aws/iam-identity-center', settings: portal },
    { name: 'same-portal', kind: 'aws/iam-identity-center', settings: portal },
    { name: 'half', kind: 'aws/iam-identity-center', settings: { region: 'eu-central-1' } },
    { name: 'other-kind', kind: 'aws/saml', settings: portal },
  ],
};

function openHome() {
  const home = temporaryDirectory();
  const userId = process.getuid?.();
  const host = fakeHost({
    homeDirectory: home,
    userId,
    monotonicMs: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
  });
  return { home, host, list: () => listAwsSessionFiles(host, owners) };
}

describe('the plain files of Go Atmos', () => {
  test('are removed with what killed processes left, also where it is all there is', async () => {
    const { home, list } = openHome();
    const token = putToken(home);
    const session = putSessions(home, 'r', 'aws-user', ['dev']).credentials;
    const left = [token, session].map(putLeftover);
    rmSync(token);
    rmSync(session);
    const found = list().filter(({ path }) => left.includes(path));
    expect(found.map(({ path, item, providers }) => ({ path, item, providers }))).toEqual([
      { path: left[0], item: 'token', providers: ['sso', 'same-portal'] },
      { path: left[1], item: 'session', providers: ['aws-user'] },
    ]);
    const { removed, failures } = await removeSessionFiles(found, false);
    expect([removed.map(({ path }) => path), failures]).toEqual([left, []]);
    expect(left.filter((path) => existsSync(path))).toEqual([]);
  });

  test('are found in every realm, with their owners', () => {
    const { home, list } = openHome();
    const user = putSessions(home, 'r', 'aws-user', ['dev', 'Ops']);
    const sso = putSessions(home, 'other', 'sso', ['admin']);
    const old = putSessions(home, null, 'aws-user', ['dev']);
    const token = putToken(home);
    const unknown = putToken(home, { ...portal, region: 'us-east-1' });
    const refresh = putRefreshToken(home, 'a-b', 'r');
    const strange = putRefreshToken(home, 'x', 'y');
    // A profile of the configuration that is named aws.
    putSessions(home, 'profiles', 'x', ['dev']);
    const session = (path: string, realm: string | null, provider: string, identity: string) => ({
      path,
      program: 'Atmos',
      item: path.endsWith('config') ? 'profile' : 'session',
      realm,
      identity,
      providers: [provider],
    });
    const token1 = { program: 'Atmos', item: 'token', realm: null, identity: null };
    const found = list().map(({ remove: _remove, ...file }) => file);
    const byPath = (one: { path: string }, other: { path: string }) =>
      one.path < other.path ? -1 : 1;
    expect(found).toEqual(
      [
        session(user.config, 'r', 'aws-user', 'dev'),
        session(user.config, 'r', 'aws-user', 'Ops'),
        session(user.credentials, 'r', 'aws-user', 'dev'),
        session(user.credentials, 'r', 'aws-user', 'Ops'),
        session(sso.config, 'other', 'sso', 'admin'),
        session(sso.credentials, 'other', 'sso', 'admin'),
        session(old.config, null, 'aws-user', 'dev'),
        session(old.credentials, null, 'aws-user', 'dev'),
        { path: token, ...token1, providers: ['sso', 'same-portal'] },
        { path: unknown, ...token1, providers: [] },
        { path: refresh, ...token1, realm: 'r', identity: 'a-b', providers: [] },
        { path: strange, ...token1, providers: [] },
      ].toSorted(byPath),
    );
    expect(JSON.stringify(found)).not.toContain('Canary');
  });

  test('are beside the file of the AWS CLI with which a provider shares its token', () => {
    const { home, host } = openHome();
    const shared = { ...portal, spec: { share: 'aws-cli', session: 'corp' } };
    const kind = 'aws/iam-identity-center';
    const of = (...settings: object[]) =>
      listAwsSessionFiles(host, {
        ...owners,
        providers: settings.map((one, at) => ({ name: `p${at}`, kind, settings: { ...one } })),
      }).map(({ remove: _remove, ...file }) => file);
    expect(of(shared)).toEqual([]);
    const path = putCliToken(home, cliToken, 'corp');
    const leftover = putLeftover(path);
    putCliToken(home, cliToken);
    const file = { program: 'the AWS CLI', item: 'token', realm: null, identity: null };
    expect(of(shared, { ...shared, region: portal.region }, portal)).toEqual([
      { path, ...file, providers: ['p0', 'p1'] },
      { path: leftover, ...file, providers: ['p0', 'p1'] },
    ]);
    expect(of(portal, { ...portal, spec: { session: 'corp' } })).toEqual([]);
    // The name is that of a session of another portal.
    expect(of({ ...shared, start_url: 'https://other.awsapps.com/start' })).toEqual([]);
  });

  test('are not found if the directories are missing', () => {
    expect(openHome().list()).toEqual([]);
  });

  test('are found below the XDG directories of the environment', () => {
    const { home, host } = openHome();
    putSessions(home, 'r', 'aws-user', ['dev']);
    putToken(home);
    const env = { XDG_CONFIG_HOME: '/nonexistent', ATMOS_XDG_CACHE_HOME: '/nonexistent' };
    expect(listAwsSessionFiles({ ...host, env }, owners)).toEqual([]);
    const named = {
      XDG_CONFIG_HOME: join(home, '.config'),
      ATMOS_XDG_CACHE_HOME: join(home, '.cache'),
    };
    const elsewhere = { ...host, homeDirectory: '/nonexistent', env: named };
    expect(listAwsSessionFiles(elsewhere, owners)).toHaveLength(3);
  });
});

describe('removing', () => {
  test('removes the sections of one identity and keeps the others byte for byte', async () => {
    const { home, list } = openHome();
    const { credentials, config } = putSessions(home, 'r', 'aws-user', []);
    const own = '# my own\r\n[mine]\r\nx = 1\r\n; about the next\n';
    writeFileSync(
      credentials,
      section('Ops') + section('dev') + own + section('dev') + section('z'),
    );
    writeFileSync(config, profileSection('dev') + profileSection('z') + '[default]\nregion = x\n');
    chmodSync(credentials, 0o644);
    for (const file of list().filter(({ identity }) => identity === 'dev')) {
      expect(await file.remove([file])).toEqual([file]);
      expect(await file.remove([file])).toEqual([]);
    }
    expect(readFileSync(credentials, 'utf8')).toBe(section('Ops') + own + section('z'));
    expect(readFileSync(config, 'utf8')).toBe(profileSection('z') + '[default]\nregion = x\n');
    expect(statSync(credentials).mode & 0o777).toBe(0o600);
    const directory = dirname(credentials);
    expect(readdirSync(directory)).toEqual([
      'config',
      'config.lock',
      'credentials',
      'credentials.lock',
    ]);
    expect(list().map(({ identity }) => identity)).toEqual(['z', 'default', 'Ops', 'mine', 'z']);
  });

  test('removes a file with its last section', async () => {
    const { home, list } = openHome();
    const { credentials, config } = putSessions(home, 'r', 'aws-user', ['dev']);
    for (const file of list()) expect(await file.remove([file])).toEqual([file]);
    expect([credentials, config].map((path) => existsSync(path))).toEqual([false, false]);
    expect(list()).toEqual([]);
  });

  test('removes several sections of a file with one lock, which is removed with the file', async () => {
    const { home, host } = openHome();
    const names = Array.from({ length: 5_000 }, (_, number) => `dev${number}`);
    const { credentials } = putSessions(home, 'r', 'aws-user', ['z', ...names]);
    const list = () => listAwsSessionFiles(host, owners).filter(({ path }) => path === credentials);
    const before = statSync(credentials).ino;
    const [z, ...files] = list();
    expect(await removeSessionFiles(files, false)).toMatchObject({
      removed: names.map((identity) => ({ path: credentials, identity })),
      left: [],
      failures: [],
    });
    expect(statSync(credentials).ino).not.toBe(before);
    expect(list().map(({ identity }) => identity)).toEqual(['z']);
    // A lock file that already existed belongs to another program.
    const beside = () =>
      readdirSync(dirname(credentials)).filter((name) => name.startsWith('credentials'));
    expect(beside()).toEqual(['credentials', 'credentials.lock']);
    rmSync(`${credentials}.lock`);
    expect((await removeSessionFiles([z ?? expect.fail()], false)).removed).toHaveLength(1);
    expect(beside()).toEqual([]);
    putSessions(home, 'r', 'aws-user', ['z']);
    writeFileSync(`${credentials}.lock`, '');
    await removeSessionFiles(list(), false);
    expect(beside()).toEqual(['credentials.lock']);
  });

  test('removes tokens', async () => {
    const { home, list } = openHome();
    const paths = [putToken(home), putRefreshToken(home, 'a-b', 'r')];
    for (const file of list()) expect(await file.remove([file])).toEqual([file]);
    expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
  });

  test('returns nothing for a file that was deleted in the meantime', async () => {
    const { home, list } = openHome();
    const { credentials } = putSessions(home, 'r', 'aws-user', ['dev']);
    putToken(home);
    const files = list();
    rmSync(join(home, '.config'), { recursive: true });
    rmSync(join(home, '.cache'), { recursive: true });
    for (const file of files) expect(await file.remove([file])).toEqual([]);
    expect(existsSync(credentials)).toBe(false);
  });

  test('waits for the lock of Go Atmos for a limited time', async () => {
    const { home, host } = openHome();
    const { credentials } = putSessions(home, 'r', 'aws-user', ['dev']);
    const options = { mode: 'exclusive', timeoutMs: 0, host } as const;
    const held = await acquireLock(`${credentials}.lock`, options);
    let now = 0;
    const passing = { ...host, monotonicMs: () => now, sleep: async () => void (now += 5_000) };
    const file = listAwsSessionFiles(passing, owners).find(({ path }) => path === credentials);
    expect(await errorOf(file?.remove([file]) ?? Promise.resolve())).toMatchObject({
      code: 'ERR_IO',
      message: `cannot change ${credentials}: another process has had it locked for 10 seconds`,
    });
    held?.release();
    expect(await file?.remove([file])).toEqual([file]);
  });
});

describe('a file that other users control is reported and not changed:', () => {
  /** Replaces a file or directory by a link to it in another place. */
  function turnIntoLink(path: string): string {
    const target = join(temporaryDirectory(), 'elsewhere');
    renameSync(path, target);
    symlinkSync(target, path);
    return target;
  }

  const read = (path: string) => readFileSync(path, 'utf8');

  test.each<[string, (paths: { home: string; credentials: string }) => string, string]>([
    ['a link', ({ credentials }) => credentials, 'is a symbolic link'],
    [
      'a file below a link',
      ({ credentials }) => dirname(credentials),
      'is below $/.config/atmos/r/aws/aws-user, which is a symbolic link',
    ],
    [
      'a file of a realm that is a link',
      ({ home }) => join(home, '.config/atmos/r'),
      'is below $/.config/atmos/r, which is a symbolic link',
    ],
  ])('%s', async (_, linkOf, fault) => {
    const { home, list } = openHome();
    const { credentials } = putSessions(home, 'r', 'aws-user', ['dev']);
    const before = read(credentials);
    turnIntoLink(linkOf({ home, credentials }));
    const file = list().find(({ path }) => path === credentials);
    expect(file).toMatchObject({ identity: null, realm: 'r', fault: fault.replace('$', home) });
    expect(await file?.remove([file])).toEqual([]);
    expect(read(credentials)).toBe(before);
  });

  test('a link to a token', async () => {
    const { home, list } = openHome();
    const target = turnIntoLink(putToken(home));
    const [file] = list();
    expect(file).toMatchObject({ fault: 'is a symbolic link', providers: ['sso', 'same-portal'] });
    expect(await file?.remove([file])).toEqual([]);
    expect(existsSync(target)).toBe(true);
  });

  test('a directory, and a file in a directory that other users can write to', () => {
    const { home, list } = openHome();
    const { credentials, config } = putSessions(home, 'r', 'aws-user', ['dev']);
    rmSync(config);
    mkdirSync(config);
    expect(list().find(({ path }) => path === config)?.fault).toBe('is a directory');
    chmodSync(dirname(credentials), 0o777);
    expect(list().find(({ path }) => path === credentials)?.fault).toBe(
      `is below ${dirname(credentials)}, which can be changed by other users (mode 0777)`,
    );
  });

  test('a file of another user', () => {
    const { home, host } = openHome();
    putSessions(home, 'r', 'aws-user', ['dev']);
    putToken(home);
    const stranger = { ...host, userId: (host.userId ?? 0) + 1 };
    const faults = listAwsSessionFiles(stranger, owners).map(({ fault }) => fault);
    expect(faults).toHaveLength(3);
    for (const fault of faults) expect(fault).toBe(`belongs to user ${host.userId}`);
  });

  test('a file that is too large', () => {
    const { home, list } = openHome();
    const { credentials } = putSessions(home, 'r', 'aws-user', ['dev']);
    writeFileSync(credentials, section('dev') + '#'.repeat(1024 * 1024));
    expect(list().find(({ path }) => path === credentials)?.fault).toBe('is too large');
  });
});
