import { cpSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { seedEntries, writeEntry } from '../../keyring/file/seed.ts';
import { sealEntry } from '../../keyring/file/tokens.ts';
import { openDesk, storedKey, yamlOf, type Desk } from './desk.ts';

// A directory as Go Atmos leaves it: the auth keyring with an access key and a provider's token,
// and secrets of a keychain store: one under another password, and one with a prefix like that of
// our entries.
const tokenOfAtmos =
  '{"type":"aws","data":{"access_key_id":"CanarySsoToken","region":"us-east-1","expiration":"2026-01-01T08:00:00Z"}}';
const entries = {
  atmos_r_corp: tokenOfAtmos,
  ...storedKey,
  'atmos/dev/sops/age-key/dev-sops': '"AGE-SECRET-KEY-1EXAMPLE"',
  'atmos/plat/ue2/dev/app/DB_PASSWORD': '"hunter2hunter2"',
  'atmos_secrets/dev/app/TOKEN': '"a prefix like ours"',
};
const otherPassword = 'atmos/plat/ue2/dev/app/OTHER_PASSWORD';
const stores = [
  'atmos/dev/sops/age-key/dev-sops',
  'atmos/plat/ue2/dev/app/DB_PASSWORD',
  otherPassword,
  'atmos_secrets/dev/app/TOKEN',
];

async function openSharedDesk(): Promise<Desk> {
  const desk = await openDesk();
  const seeded = await seedEntries(entries);
  mkdirSync(dirname(desk.directory), { recursive: true, mode: 0o700 });
  cpSync(seeded, desk.directory, { recursive: true });
  const value = '"of another password"';
  writeEntry(
    desk.directory,
    otherPassword,
    await sealEntry({ key: otherPassword, value }, 'another password'),
  );
  desk.configure(
    yamlOf(desk).replace(
      '  identities:',
      '  providers:\n    corp:\n      kind: aws/iam-identity-center\n      start_url: https://d-1.awsapps.com/start\n      region: eu-west-1\n  identities:',
    ),
  );
  return desk;
}

const keysOf = (list: readonly { key: string }[]) => list.map(({ key }) => key);

test('list and status count the same, and recognize the token of a provider', async () => {
  const desk = await openSharedDesk();
  const before = desk.stored();
  expect((await desk.run('auth keyring list')).stdout).toBe(
    'ITEM   IDENTITY  REALM  KEY\n' +
      'token  corp      r      atmos_r_corp\n' +
      'key    dev       r      atmos_r_dev\n',
  );
  const all = JSON.parse((await desk.run('auth keyring list --all -o json')).stdout) as {
    key: string;
    owner: string;
  }[];
  expect(keysOf(all.filter(({ owner }) => owner === 'atmos-store'))).toEqual(stores);
  const status = await desk.run('auth keyring status -o json');
  expect(JSON.parse(status.stdout)).toMatchObject({
    entries: all.length,
    owners: { 'atmos-auth': 2, 'atmos-store': 4, other: 0 },
    items: { key: 1, session: 0, token: 1 },
  });
  expect((await desk.run('auth keyring status')).stderr).toContain(
    '  Entries     6 (1 key, 1 token, 4 of other programs)',
  );
  expect(desk.stored()).toEqual(before);
});

test('list --long decrypts what it can; an entry under another password is not a failure', async () => {
  const desk = await openSharedDesk();
  const own = await desk.run('auth keyring list --long');
  expect(own).toMatchObject({ exitCode: 0, stderr: '' });
  expect(own.stdout).toBe(
    'ITEM   IDENTITY  REALM  KIND  EXPIRES        SIZE   KEY\n' +
      `token  corp      r      aws   08:00 (in 8h)  ${tokenOfAtmos.length} B  atmos_r_corp\n` +
      `key    dev       r      aws   -              ${storedKey.atmos_r_dev.length} B  atmos_r_dev\n`,
  );
  const all = await desk.run('auth keyring list --long --all');
  expect(all).toMatchObject({
    exitCode: 0,
    stderr: `warning: ${otherPassword} is not readable with this password\n`,
  });
  expect(all.stdout).toContain('atmos-store  -      -         -      -     -              16 B');
  expect(all.stdout).not.toMatch(/hunter2|Canary|AGE-SECRET/);
});

test.each(['auth logout corp', 'auth logout --all', 'auth logout --all-realms'])(
  'the token is removed by %s, without --keychain; access key and secrets are kept',
  async (command) => {
    const desk = await openSharedDesk();
    const owner = { realm: 'r', identity: 'corp', provider: null };
    const removed = [{ key: 'atmos_r_corp', ...owner, item: 'token' }];
    const said = { removed, left: [], removed_files: [], left_files: [], ended: [] };
    const dry = await desk.run(`${command} --dry-run -o json`);
    expect(JSON.parse(dry.stdout)).toEqual({ ...said, dry_run: true });
    const { exitCode, stdout, stderr } = await desk.run(`${command} -o json`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ ...said, dry_run: false });
    expect(await desk.openKeyring().keys()).toEqual(['atmos_r_dev', ...stores].sort());
  },
);

test('an identity is logged out without reading its access key', async () => {
  const desk = await openSharedDesk();
  // No session exists, so the command opens nothing that needs the password.
  const env = { ATMOS_KEYRING_PASSWORD: undefined };
  expect(await desk.run('auth logout dev', { env })).toMatchObject({
    exitCode: 0,
    stderr: 'nothing to remove in realm r\n',
  });
});

test('prune removes the token after it has expired', async () => {
  const desk = await openSharedDesk();
  expect(JSON.parse((await desk.run('auth keyring prune -o json')).stdout)).toEqual({
    removed: [],
    orphans: [],
    dry_run: false,
  });
  desk.clock.now = new Date('2026-01-01T08:00:00Z');
  expect(await desk.run('auth keyring prune')).toMatchObject({
    exitCode: 0,
    stderr: 'removed the expired token of corp: atmos_r_corp\n',
  });
  expect(await desk.openKeyring().keys()).toEqual(['atmos_r_dev', ...stores].sort());
});

test("an identity with the provider's name gets a warning about the entry of that name", async () => {
  const desk = await openSharedDesk();
  desk.configure(yamlOf(desk).replace('    dev:', '    corp:'));
  expect(await desk.run('auth login -i corp')).toMatchObject({
    code: 'ERR_STORE_INVALID',
    exitCode: 1,
    stderr:
      'error: the entry atmos_r_corp cannot be used: it contains a token of a provider that Atmos stored, not an access key\n' +
      'hint: to remove it: atmos auth logout corp --keychain\n',
  });
});

test('doctor reports no problem about the token and no unconfigured identity', async () => {
  const desk = await openSharedDesk();
  const { stdout } = await desk.run('auth keyring doctor -o json');
  const { checks } = JSON.parse(stdout) as { checks: { id: string; state: string }[] };
  const states = checks.filter(({ id }) => id === 'contents' || id === 'orphans');
  expect(states).toMatchObject([
    { id: 'contents', state: 'ok', message: 'the content of every entry matches its name' },
    { id: 'orphans', state: 'ok' },
  ]);
});

test('an entry that cannot be decrypted and may belong to a store is not our error, and is kept', async () => {
  const desk = await openSharedDesk();
  // Its name could be that of an identity in a realm `my`.
  const key = 'atmos_my_secrets/dev/app/token@session';
  writeEntry(desk.directory, key, await sealEntry({ key, value: '"x"' }, 'another password'));
  const list = await desk.run('auth keyring list --long');
  expect(list).toMatchObject({
    exitCode: 0,
    stderr: `warning: ${key} is not readable with this password\n`,
  });
  const doctor = JSON.parse((await desk.run('auth keyring doctor -o json')).stdout) as {
    ok: boolean;
    checks: { id: string; state: string; message: string }[];
  };
  expect(doctor.ok).toBe(true);
  expect(doctor.checks).toContainEqual(
    expect.objectContaining({
      id: 'other-entries',
      state: 'ok',
      message: `entries of other programs that are not readable with this password: "${otherPassword}", "${key}"`,
    }),
  );
  expect(await desk.run('auth keyring prune')).toMatchObject({ exitCode: 0 });
  const logout = await desk.run('auth logout --all-realms --keychain --force -o json');
  expect(logout).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(logout.stdout)).toMatchObject({ left: [] });
  expect(await desk.openKeyring().keys()).toEqual([...stores, key].sort());
});

test('import reports the entries that it skips, and their owners', async () => {
  const desk = await openSharedDesk();
  const env = { ATMOS_KEYRING_FILE_PATH: `${desk.root}/second` };
  const command = `auth keyring import --from atmos-file --path ${desk.directory}`;
  const { exitCode, stdout } = await desk.run(`${command} -o json`, { env });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    complete: true,
    entries: [
      { key: 'atmos_r_corp', identity: 'corp', item: 'token', state: 'copied' },
      { key: 'atmos_r_dev', identity: 'dev', item: 'key', state: 'copied' },
    ],
    others: 4,
    left: stores.map((key) => ({ key, owner: 'atmos-store', profile: null })),
  });
  expect((await desk.run(command, { env })).stderr).toContain(
    ['not copied, other entries:', ...stores.map((key) => `  ${key}`), ''].join('\n'),
  );
});
