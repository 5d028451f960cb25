import { existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  portal,
  profileSection,
  putRefreshToken,
  putSessions,
  putToken,
  section,
} from '../../clouds/aws/go-atmos-files.ts';
import { openDesk, shortPath, yamlOf, type Desk } from './desk.ts';

// Plain files of Go Atmos that auth logout and doctor find.

async function openFull() {
  const desk = await openDesk();
  desk.configure(
    `${yamlOf(desk)}    Ops:\n      kind: aws/user\n` +
      `    admin: { kind: aws/permission-set, via: { provider: sso } }\n` +
      `  providers:\n    sso:\n      kind: aws/iam-identity-center\n      start_url: ${portal.start_url}\n      region: ${portal.region}\n`,
  );
  const user = putSessions(desk.root, 'r', 'aws-user', ['dev', 'Ops']);
  const sso = putSessions(desk.root, 'r', 'sso', ['admin']);
  const other = putSessions(desk.root, 'other', 'aws-user', ['dev']);
  const token = putToken(desk.root);
  const refresh = putRefreshToken(desk.root, 'dev', 'r');
  const paths = { user, sso, other, token, refresh };
  const all = [user, sso, other].flatMap(({ credentials, config }) => [credentials, config]);
  const host = { userId: process.getuid?.() };
  return {
    desk,
    ...paths,
    shown: (path: string) => shortPath(desk, path),
    run: (command: string) => desk.run(command, { host }),
    texts: () =>
      Object.fromEntries(
        [...all, token, refresh].map((path) => [
          path,
          existsSync(path) ? readFileSync(path, 'utf8') : undefined,
        ]),
      ),
  };
}

/** The difference between two readings. */
function changed(
  before: Record<string, string | undefined>,
  after: Record<string, string | undefined>,
): string[] {
  return Object.keys(before).filter((path) => before[path] !== after[path]);
}

function removedFilesOf(stdout: string): unknown {
  return (JSON.parse(stdout) as { removed_files: unknown }).removed_files;
}

describe('auth logout', () => {
  test.each(['auth logout', 'auth logout DEV'])(
    '%s removes the plain files of the identity in this realm, and names them',
    async (command) => {
      const { user, refresh, texts, run, shown } = await openFull();
      const before = texts();
      const { exitCode, stdout, stderr } = await run(command);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
      expect(stderr.split('\n').toSorted()).toEqual(
        [
          '',
          `removed the profile of dev: ${shown(user.config)}`,
          `removed the session of dev: ${shown(user.credentials)}`,
          `removed the token of dev: ${shown(refresh)}`,
        ].toSorted(),
      );
      const after = texts();
      expect(changed(before, after)).toEqual([user.credentials, user.config, refresh]);
      expect(after[user.credentials]).toBe(section('Ops'));
      expect(after[user.config]).toBe(profileSection('Ops'));
      expect((await run(command)).stderr).toBe('nothing to remove in realm r\n');
    },
  );

  test('a dry run lists the same, also in JSON, and removes nothing', async () => {
    const { user, refresh, texts, run, shown } = await openFull();
    const before = texts();
    const dry = await run('auth logout dev --dry-run');
    expect(dry.stderr).toContain(`would remove the session of dev: ${shown(user.credentials)}\n`);
    const { stdout } = await run('auth logout dev --dry-run -o json');
    const dev = { realm: 'r', identity: 'dev' };
    const expected = [
      { path: user.config, item: 'profile', ...dev },
      { path: user.credentials, item: 'session', ...dev },
      { path: refresh, item: 'token', ...dev },
    ];
    expect(removedFilesOf(stdout)).toEqual(expect.arrayContaining(expected));
    expect(removedFilesOf(stdout)).toHaveLength(3);
    expect(texts()).toEqual(before);
    const real = await run('auth logout dev -o json');
    expect(removedFilesOf(real.stdout)).toEqual(removedFilesOf(stdout));
  });

  test('logout of a provider removes its sessions and the token of its portal', async () => {
    const { sso, token, texts, run, shown } = await openFull();
    const before = texts();
    expect((await run('auth logout sso')).stderr).toContain(
      `removed the token of sso: ${shown(token)}\n`,
    );
    expect(changed(before, texts())).toEqual([sso.credentials, sso.config, token]);
  });

  test('--all removes the files of configured identities and the token of the portal', async () => {
    const { user, sso, token, refresh, texts, run } = await openFull();
    const before = texts();
    expect(await run('auth logout --all')).toMatchObject({ exitCode: 0 });
    const expected = [user, sso].flatMap(({ credentials, config }) => [credentials, config]);
    expect(changed(before, texts())).toEqual([...expected, token, refresh]);
  });

  test.each(['auth logout --provider sso', 'auth logout sso', 'auth logout --all'])(
    '%s keeps the sections of identities that are not configured, which doctor names',
    async (command) => {
      const { desk, run } = await openFull();
      const { credentials, config } = putSessions(desk.root, 'r', 'sso', ['gone', 'admin']);
      expect(await run(command)).toMatchObject({ exitCode: 0 });
      expect(readFileSync(credentials, 'utf8')).toBe(`${section('gone').trimEnd()}\n`);
      expect(readFileSync(config, 'utf8')).toBe(`${profileSection('gone').trimEnd()}\n`);
      expect((await run('auth keyring doctor -o json')).stdout).toContain(
        `${credentials} holds a session of gone, which is not configured, in plain text`,
      );
    },
  );

  test('--all-realms removes all of them', async () => {
    const { texts, run } = await openFull();
    expect(await run('auth logout --all-realms')).toMatchObject({ exitCode: 0 });
    expect(Object.values(texts()).every((text) => text === undefined)).toBe(true);
  });

  test('logout finds an identity that is no longer configured by its file alone', async () => {
    const { desk, run, shown } = await openFull();
    const { credentials } = putSessions(desk.root, 'r', 'gone', ['gone']);
    expect((await run('auth logout gone')).stderr).toContain(
      `removed the session of gone: ${shown(credentials)}\n`,
    );
    expect(await run('auth logout gone')).toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' });
  });

  test('logout follows no link, and reports that the file was not removed', async () => {
    const { desk, user, run } = await openFull();
    const target = join(desk.root, 'elsewhere');
    renameSync(user.credentials, target);
    symlinkSync(target, user.credentials);
    const before = readFileSync(target, 'utf8');
    const { exitCode, stderr } = await run('auth logout dev');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `warning: ${user.credentials} was not removed: it is a symbolic link\n`,
    );
    const { stdout } = await run('auth logout dev -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      removed_files: [],
      left_files: [{ path: user.credentials, reason: 'is a symbolic link' }],
    });
    expect(readFileSync(target, 'utf8')).toBe(before);
  });
});

describe('auth keyring doctor', () => {
  const findings = async (desk: Desk) => {
    const host = { userId: process.getuid?.() };
    const { stdout } = await desk.run('auth keyring doctor -o json', { host });
    const { checks } = JSON.parse(stdout) as {
      checks: { id: string; message: string; hint: string }[];
    };
    expect(stdout).not.toContain('Canary');
    return checks.filter(({ id }) => id === 'session-files');
  };

  test('names each file, with the logout that removes it', async () => {
    const { desk, user, sso, other, token, refresh, run } = await openFull();
    const found = (await findings(desk)).map(({ message, hint }) => [message, hint]);
    const holds = (path: string, what: string) =>
      `${path} holds a ${what} in plain text, as Atmos writes it`;
    const everywhere = 'atmos auth logout --all-realms';
    expect(found).toEqual(
      expect.arrayContaining([
        [holds(user.credentials, 'session of dev'), 'atmos auth logout dev'],
        [holds(user.credentials, 'session of Ops'), 'atmos auth logout Ops'],
        [holds(sso.credentials, 'session of admin'), 'atmos auth logout admin'],
        [holds(other.credentials, 'session of dev (realm other)'), everywhere],
        [holds(token, 'token of sso'), 'atmos auth logout sso'],
        [holds(refresh, 'token of dev'), 'atmos auth logout dev'],
      ]),
    );
    expect(found).toHaveLength(6);
    for (const [, hint = ''] of found)
      expect(await run(hint.replace(/^atmos /, ''))).toMatchObject({ stdout: '' });
    expect(await findings(desk)).toEqual([]);
  });
});
