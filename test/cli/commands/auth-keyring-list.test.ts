import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { formatEnvelope } from '../../../src/store/envelope.ts';
import { openDesk, storedKey, user, yamlOf } from './desk.ts';
import { person } from './person.ts';

const command = 'auth keyring list';
const session = formatEnvelope({
  credentials: awsCredentials({
    ...user,
    sessionToken: 'x',
    expiresAt: new Date('2026-01-01T12:00:00Z'),
  }),
  realm: 'r',
  alias: 'Ops',
  item: 'session',
});
const entries = {
  ...storedKey,
  'atmos_r_ops@session': session,
  'atmos_0123456789abcdef_sso@token': '{"type":"sso","data":{}}',
  atmos_legacy: storedKey.atmos_r_dev,
  unrelated: 'of somebody else',
};
const unopened = { kind: null, expires_at: null, size_bytes: null };

describe('the names', () => {
  test('of our own entries are listed without a password', async () => {
    const desk = await openDesk({ entries });
    const ada = person();
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`, { env, person: ada });
    expect({ exitCode, stderr, asked: ada.asked }).toEqual({ exitCode: 0, stderr: '', asked: [] });
    expect(JSON.parse(stdout)).toEqual([
      {
        key: 'atmos_0123456789abcdef_sso@token',
        owner: 'atmos-auth',
        realm: '0123456789abcdef',
        identity: 'sso',
        item: 'token',
        ...unopened,
      },
      {
        key: 'atmos_legacy',
        owner: 'atmos-auth',
        realm: null,
        identity: 'legacy',
        item: 'key',
        ...unopened,
      },
      {
        key: 'atmos_r_dev',
        owner: 'atmos-auth',
        realm: 'r',
        identity: 'dev',
        item: 'key',
        ...unopened,
      },
      {
        key: 'atmos_r_ops@session',
        owner: 'atmos-auth',
        realm: 'r',
        identity: 'ops',
        item: 'session',
        ...unopened,
      },
    ]);
    expect(await desk.run(command, { env })).toEqual({
      exitCode: 0,
      stderr: '',
      stdout:
        'ITEM     IDENTITY  REALM             KEY\n' +
        'token    sso       0123456789abcdef  atmos_0123456789abcdef_sso@token\n' +
        'key      legacy    -                 atmos_legacy\n' +
        'key      dev       r                 atmos_r_dev\n' +
        'session  ops       r                 atmos_r_ops@session\n',
    });
  });

  test('are listed without running a password command, trusted or not', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk, { keyring: 'type: file\nspec:\n  password_command: exit 1' }));
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    expect(await desk.run(command, { env })).toMatchObject({ exitCode: 0 });
    expect(await desk.run(`${command} --long`, { env })).toMatchObject({
      code: 'ERR_CONFIG_UNTRUSTED',
      exitCode: 2,
      stdout: '',
    });
  });

  test('are empty when nothing was stored', async () => {
    const desk = await openDesk();
    expect(await desk.run(command)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `no entries in the file keyring (~/data/atmos/keyring)\n`,
    });
    expect(await desk.run(`${command} -o json`)).toEqual({
      exitCode: 0,
      stdout: '[]\n',
      stderr: '',
    });
    expect(desk.stored()).toEqual({});
  });

  test('use the realm of the environment without an atmos.yaml', async () => {
    const desk = await openDesk({ entries: { atmos_my_realm_dev: '{}' } });
    const env = { ATMOS_KEYRING_TYPE: 'file', ATMOS_AUTH_REALM: 'my_realm' };
    const host = { workingDirectory: () => '/nonexistent' };
    const { stdout } = await desk.run(`${command} -o json`, { env, host });
    expect(JSON.parse(stdout)).toMatchObject([{ realm: 'my_realm', identity: 'dev' }]);
  });

  test('of other programs are counted when no other entries exist', async () => {
    const desk = await openDesk({
      entries: { 'atmos/plat/dev/app/DB_PASSWORD': '"x"', unrelated: 'y' },
    });
    expect(await desk.run(command)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `no entries of identities or providers in the file keyring (~/data/atmos/keyring); it has 2 entries of other programs\nhint: to list them: atmos auth keyring list --all\n`,
    });
    expect((await desk.run(`${command} -o json`)).stdout).toBe('[]\n');
  });

  test('of all programs are listed with --all, each with its owner', async () => {
    const desk = await openDesk({
      entries: {
        ...storedKey,
        'atmos/plat/dev/app/DB_PASSWORD': '"x"',
        'atmos_secrets/dev/app/TOKEN': '"a prefix like ours"',
        unrelated: 'y',
      },
    });
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    expect(await desk.run(`${command} --all`, { env })).toEqual({
      exitCode: 0,
      stderr: '',
      stdout:
        'OWNER        ITEM  IDENTITY  REALM  KEY\n' +
        'atmos-store  -     -         -      atmos/plat/dev/app/DB_PASSWORD\n' +
        'atmos-auth   key   dev       r      atmos_r_dev\n' +
        'atmos-store  -     -         -      atmos_secrets/dev/app/TOKEN\n' +
        'other        -     -         -      unrelated\n',
    });
    const { stdout } = await desk.run(`${command} --all -o json`, { env });
    expect((JSON.parse(stdout) as unknown[])[0]).toEqual({
      key: 'atmos/plat/dev/app/DB_PASSWORD',
      owner: 'atmos-store',
      realm: null,
      identity: null,
      item: null,
      ...unopened,
    });
    expect((await desk.run(command, { env })).stdout).not.toContain('TOKEN');
  });

  test('cannot be listed if the keyring is unreachable', async () => {
    const desk = await openDesk();
    const result = await desk.run(`${command} -o json`, { env: { ATMOS_KEYRING_TYPE: 'system' } });
    expect(result).toMatchObject({ code: 'ERR_KEYRING_UNAVAILABLE', exitCode: 3, stdout: '' });
    expect(result.stderr).toContain(
      'hint: to use an encrypted file with a password: export ATMOS_KEYRING_TYPE=file',
    );
  });
});

describe('--long', () => {
  test('decrypts each entry for its kind, expiry and size', async () => {
    const desk = await openDesk({ entries });
    const size = (text: string) => Buffer.byteLength(text);
    const { exitCode, stdout, stderr } = await desk.run(`${command} --long -o json`);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        identity: 'sso',
        kind: null,
        expires_at: null,
        size_bytes: size('{"type":"sso","data":{}}'),
      },
      { identity: 'legacy', realm: null, kind: 'aws', expires_at: null },
      { identity: 'dev', kind: 'aws', expires_at: null, size_bytes: size(storedKey.atmos_r_dev) },
      {
        identity: 'Ops',
        kind: 'aws',
        expires_at: '2026-01-01T12:00:00Z',
        size_bytes: size(session),
      },
    ]);
    expect(stderr).toBe(
      'warning: only the size of atmos_0123456789abcdef_sso@token is known: its access_token, start_url or region is missing\n',
    );
    expect((await desk.run(`${command} --long`)).stdout).toContain(
      `session  Ops       r                 aws   12:00 (in 12h)  ${size(session)} B`,
    );
  });

  test('also lists entries that cannot be decrypted, and fails with their names', async () => {
    const desk = await openDesk({ entries });
    writeFileSync(join(desk.directory, 'atmos_legacy'), 'text', { mode: 0o600 });
    chmodSync(join(desk.directory, 'atmos_r_dev'), 0o644);
    renameSync(join(desk.directory, 'unrelated'), join(desk.directory, 'atmos_r_stolen'));
    const before = desk.stored();
    const { stdout, stderr, ...result } = await desk.run(`${command} --long -o json`);
    expect(result).toEqual({ code: 'ERR_KEYRING_DAMAGED', exitCode: 3 });
    expect(
      (JSON.parse(stdout) as { key: string; kind: string | null }[]).map(({ key, kind }) => [
        key,
        kind,
      ]),
    ).toEqual([
      ['atmos_0123456789abcdef_sso@token', null],
      ['atmos_legacy', null],
      ['atmos_r_dev', null],
      ['atmos_r_ops@session', 'aws'],
      ['atmos_r_stolen', null],
    ]);
    expect(stderr).toMatch(
      /\nerror: .*atmos_legacy.*\n {2}.*atmos_r_dev.*\n {2}.*atmos_r_stolen.*\n/,
    );
    expect(stderr).toMatch(/\nhint: chmod 600 /);
    expect(desk.stored()).toEqual(before);
  });

  test.each([
    [
      'a wrong password',
      { ATMOS_KEYRING_PASSWORD: 'another one' },
      'ERR_KEYRING_PASSWORD_WRONG',
      3,
    ],
    ['no way to prompt', { ATMOS_KEYRING_PASSWORD: undefined }, 'ERR_KEYRING_PASSWORD_REQUIRED', 3],
  ])('reports once what prevents decrypting all entries: %s', async (_, env, code, exitCode) => {
    const desk = await openDesk({ entries });
    const result = await desk.run(`${command} --long -o json`, { env });
    expect(result).toMatchObject({ code, exitCode, stdout: '' });
    expect(result.stderr.match(/^error: /gm)).toHaveLength(1);
  });
});
