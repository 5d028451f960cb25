import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { putSessions } from '../../clouds/aws/go-atmos-files.ts';
import { testStart } from '../../support/fake-host.ts';
import { openDesk, storedKey, yamlOf } from './desk.ts';

// `auth.session_files`: the sessions of Atmos in its plain files.

const yesterday = new Date(testStart.getTime() - 24 * 60 * 60_000);

/** A desk that shares sessions with Atmos, whose configuration is of yesterday. */
async function openSharedDesk() {
  const desk = await openDesk({ entries: storedKey });
  const text = yamlOf(desk).replace('  realm: r\n', '  realm: r\n  session_files: true\n');
  utimesSync(desk.configure(text), yesterday, yesterday);
  return { ...desk, file: join(desk.root, '.config/atmos/r/aws/aws-user/credentials') };
}

async function openDeskAfterAtmos() {
  const desk = await openSharedDesk();
  const { credentials } = putSessions(desk.root, 'r', 'aws-user', ['dev']);
  utimesSync(credentials, testStart, testStart);
  return desk;
}

test('a session of Atmos is shown with its source', async () => {
  const desk = await openDeskAfterAtmos();
  const until = 'until 12:00 (in 12h), session of Atmos';
  expect((await desk.run('auth list')).stdout).toBe(`dev (aws/user) [default]  ${until}\n`);
  const listed = JSON.parse((await desk.run('auth list -o json')).stdout) as unknown;
  expect(listed).toMatchObject({
    identities: { dev: { session: { state: 'valid', source: 'atmos', reason: null } } },
  });
  // The stand-in for AWS does not know it.
  const { stderr } = await desk.run('auth whoami');
  expect(stderr).toContain('invalid, would expire at 12:00 (in 12h), session of Atmos');
  const who = JSON.parse((await desk.run('auth whoami -o json')).stdout) as unknown;
  expect(who).toMatchObject({ source: 'atmos', expires_at: '2026-01-01T12:00:00Z' });
  expect((await desk.run('auth login -v')).stderr).toContain('Session   opened by Atmos\n');
  expect(desk.sts.requests()).toEqual({ GetCallerIdentity: 2 });
});

test('a session of Atmos is given to programs', async () => {
  const desk = await openDeskAfterAtmos();
  for (const command of ['auth env --credentials env -f json', 'auth credential-process']) {
    const { stdout, stderr } = await desk.run(command);
    expect(stderr).toBe('');
    expect(stdout).toContain('CanarySessionToken');
  }
  expect(desk.sts.requests()).toEqual({});
});

test('a login writes the session, of which doctor does not warn, and a logout removes it', async () => {
  const desk = await openSharedDesk();
  expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(desk.file, 'utf8')).toMatch(
    /^; atmos: expiration=2026-01-01T12:00:00Z\n\[dev\]/,
  );
  expect((await desk.run('auth list')).stdout).toBe(
    'dev (aws/user) [default]  until 12:00 (in 12h)\n',
  );
  const { stdout } = await desk.run('auth keyring doctor -o json');
  const { checks } = JSON.parse(stdout) as { checks: { id: string; state: string }[] };
  expect(checks.filter(({ id }) => id === 'session-files')).toMatchObject([{ state: 'ok' }]);
  const { stderr } = await desk.run('auth logout');
  expect(stderr).toContain(
    'removed the session of dev: ~/.config/atmos/r/aws/aws-user/credentials',
  );
  expect(existsSync(desk.file)).toBe(false);
});
