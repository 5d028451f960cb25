import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { formatEnvelope } from '../../../src/store/envelope.ts';
import { openDesk, storedKey, user } from './desk.ts';

const command = 'auth keyring prune';

function sessionOf(alias: string, expiresAt?: string, realm = 'r'): string {
  const credentials = awsCredentials({
    ...user,
    sessionToken: 'x',
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  });
  return formatEnvelope({ credentials, realm, alias, item: 'session' });
}

// At midnight.
const [past, future] = ['2025-12-31T23:59:59Z', '2026-01-01T00:00:01Z'];
const withoutOurFields = (text: string) => {
  const { type, data } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify({ type, data });
};

const entries = {
  ...storedKey,
  'atmos_r_dev@session': sessionOf('dev', past),
  'atmos_r_ops@session': sessionOf('ops', future),
  'atmos_r_never@session': sessionOf('never'),
  'atmos_r_odd@session': sessionOf('odd', past).replace(past, 'soon'),
  'atmos_r_go@session': withoutOurFields(sessionOf('go', past)),
  'atmos_other_dev@session': sessionOf('dev', past, 'other'),
  atmos_r_gone: storedKey.atmos_r_dev,
  // Atmos has no such names: it reads this one as the access key of "key@session".
  'atmos_r_key@session': storedKey.atmos_r_dev,
  'atmos_r_sso@token': '{"type":"sso","data":{}}',
  'unrelated@session': 'of somebody else',
};
const expired = [
  'atmos_other_dev@session',
  'atmos_r_dev@session',
  'atmos_r_go@session',
  'atmos_r_never@session',
  'atmos_r_odd@session',
];

describe('prune', () => {
  test('removes expired entries of every realm, and keeps access keys and unclear entries', async () => {
    const desk = await openDesk({ entries });
    const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as { removed: { key: string; expires_at: string | null }[] };
    expect(report.removed.map(({ key }) => key)).toEqual(expired);
    expect(report.removed.map(({ expires_at }) => expires_at)).toEqual([
      past,
      past,
      past,
      null,
      '1970-01-01T00:00:00Z',
    ]);
    expect(report).toMatchObject({
      orphans: [
        { key: 'atmos_r_gone', identity: 'gone', item: 'key' },
        { key: 'atmos_r_key@session', identity: 'key', item: 'session' },
        { key: 'atmos_r_ops@session', identity: 'ops', item: 'session' },
        { key: 'atmos_r_sso@token', identity: 'sso', item: 'token' },
      ],
      dry_run: false,
    });
    expect(stderr).toBe(
      'warning: atmos_r_key@session was not removed: it does not say that it is a session\n' +
        'warning: atmos_r_sso@token was not removed: its access_token, start_url or region is missing\n',
    );
    const left = Object.keys(entries).filter((key) => !expired.includes(key));
    expect(await desk.openKeyring().keys()).toEqual(left.toSorted());
  });

  test('reports what it removes, or would remove with --dry-run', async () => {
    const desk = await openDesk({
      entries: {
        'atmos_r_dev@session': sessionOf('dev', past),
        'atmos_r_ops@session': sessionOf('ops', future),
      },
    });
    const before = desk.stored();
    const orphan =
      'the session of ops was not removed, because ops is not configured here: atmos_r_ops@session\n' +
      '  to remove it: atmos auth logout ops\n';
    expect(await desk.run(`${command} --dry-run`)).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: `would remove the expired session of dev: atmos_r_dev@session\n${orphan}`,
    });
    expect(desk.stored()).toEqual(before);
    expect((await desk.run(command)).stderr).toBe(
      `removed the expired session of dev: atmos_r_dev@session\n${orphan}`,
    );
    expect((await desk.run(command)).stderr).toBe(`no entry has expired\n${orphan}`);
  });

  test('continues after an entry that cannot be decrypted, and fails with its name', async () => {
    const desk = await openDesk({
      entries: {
        'atmos_r_dev@session': sessionOf('dev', past),
        'atmos_r_bad@session': sessionOf('bad', past),
      },
    });
    truncateSync(join(desk.directory, 'atmos_r_bad@session'), 50);
    const result = await desk.run(command);
    expect(result).toMatchObject({ code: 'ERR_KEYRING_DAMAGED', exitCode: 3 });
    expect(result.stderr).toContain('removed the expired session of dev');
    expect(await desk.openKeyring().keys()).toEqual(['atmos_r_bad@session']);
  });

  test('uses the time of the server that issued the session', async () => {
    const credentials = awsCredentials({ ...user, sessionToken: 'x', expiresAt: new Date(future) });
    const ahead = { credentials, realm: 'r', alias: 'dev', item: 'session', clockOffsetMs: 5000 };
    const desk = await openDesk({
      entries: { 'atmos_r_dev@session': formatEnvelope({ ...ahead, item: 'session' }) },
    });
    expect((await desk.run(command)).stderr).toContain('removed the expired session of dev');
  });

  test('removes nothing with a wrong password', async () => {
    const desk = await openDesk({ entries });
    const before = desk.stored();
    const env = { ATMOS_KEYRING_PASSWORD: 'no idea' };
    expect(await desk.run(command, { env })).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_WRONG' });
    expect(desk.stored()).toEqual(before);
  });
});
