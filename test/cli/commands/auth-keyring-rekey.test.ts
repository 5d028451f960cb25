import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sealEntry } from '../../keyring/file/tokens.ts';
import { writeEntry } from '../../keyring/file/seed.ts';
import { openDesk, storedKey, yamlOf, type Desk } from './desk.ts';

const rekey = 'auth keyring rekey --stdin';
const input = 'the password from now on\n';

/** A desk with a stored access key and these stores in its atmos.yaml, from line 12 on. */
async function openWithStores(stores: (desk: Desk) => string): Promise<Desk> {
  const desk = await openDesk({ entries: storedKey });
  desk.configure(`${yamlOf(desk)}stores:\n${stores(desk)}`);
  return desk;
}

const placeOf = (desk: Desk, line: number) => `${desk.project}/atmos.yaml:${line}:3`;
const changed = (what = '1 of 1 entries') =>
  `changed the password of the keyring ~/data/atmos/keyring: ${what} re-encrypted\n`;
const next = 'set ATMOS_KEYRING_PASSWORD to the new password wherever it is set, also for Atmos\n';
const lineOf = async (desk: Desk) => yamlOf(desk).split('\n').length + 1;

describe('a keychain store', () => {
  test.each<[string, (desk: Desk) => string]>([
    [
      'in the default directory, which is that of our keyring',
      () => '  kc: {kind: keychain, options: {backend: file}}\n',
    ],
    ['of the legacy type', () => '  kc: {type: keyring, options: {backend: file}}\n'],
    [
      'that names our directory',
      ({ directory }) =>
        `  kc: {kind: keychain, options: {backend: file, file_dir: ${directory}}}\n`,
    ],
    [
      'that names a file in it, as Atmos interprets it',
      ({ directory }) =>
        `  kc: {kind: keychain, options: {backend: file, file_dir: ${directory}/x.json}}\n`,
    ],
    [
      'that names it through a link',
      ({ directory, root }) => {
        symlinkSync(directory, join(root, 'link'));
        return `  kc: {kind: keychain, options: {backend: file, file_dir: ${root}/link}}\n`;
      },
    ],
  ])('%s needs the new password, which is reported first', async (_, stores) => {
    const desk = await openWithStores(stores);
    const { exitCode, stderr } = await desk.run(rekey, { input });
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      `warning: the store kc (${placeOf(desk, await lineOf(desk))}) keeps its secrets in this directory: secrets that open with the current password are re-encrypted with the new one, and Atmos needs the new password in ATMOS_KEYRING_PASSWORD to read them\n` +
        `${changed()}Next: ${next}`,
    );
  });

  test('in another directory under the same variable still needs the old one', async () => {
    const desk = await openWithStores(
      () => '  Other: {kind: keychain, options: {backend: file, file_dir: other}}\n',
    );
    const { stderr } = await desk.run(rekey, { input });
    expect(stderr).toBe(
      `warning: the store Other (${placeOf(desk, await lineOf(desk))}) keeps its secrets in ${desk.project}/other, and Atmos also reads their password from ATMOS_KEYRING_PASSWORD: they still need the old one\n` +
        changed() +
        'Next: first configure a separate variable for the stores that keep the old password (Other): options.password_env\n' +
        `Then: ${next}`,
    );
  });

  test('is reported before anything changes, in a dry run and even if the change is refused', async () => {
    const desk = await openWithStores(
      () => '  kc: {kind: keychain, options: {backend: file, password_env: KC_PASSWORD}}\n',
    );
    const before = desk.stored();
    const warning =
      /^warning: the store kc .* needs the new password in KC_PASSWORD to read them\n/;
    expect((await desk.run('auth keyring rekey --dry-run')).stderr).toMatch(warning);
    expect(await desk.run(rekey, { input: 'short\n' })).toMatchObject({
      code: 'ERR_KEYRING_PASSWORD_TOO_SHORT',
      stderr: expect.stringMatching(warning),
    });
    expect(desk.stored()).toEqual(before);
  });

  test.each<[string, string]>([
    ['without the backend file', '  kc: {kind: keychain}\n'],
    ['of another kind', '  kc: {kind: redis, type: keychain, options: {backend: file}}\n'],
    [
      'in another directory under another variable',
      '  kc: {kind: keychain, options: {backend: file, file_dir: other, password_env: KC}}\n',
    ],
  ])('%s is not affected', async (_, stores) => {
    const desk = await openWithStores(() => stores);
    expect((await desk.run(rekey, { input })).stderr).toBe(`${changed()}Next: ${next}`);
  });

  test('is not concerned by --upgrade, which keeps the password', async () => {
    const desk = await openWithStores(
      () => '  other: {kind: keychain, options: {backend: file, file_dir: other}}\n',
    );
    const { stderr } = await desk.run('auth keyring rekey --upgrade');
    expect(stderr).not.toContain('warning');
  });

  test('shows no value of a tag, and what is wrong in stores is not reported here', async () => {
    const secret = 'a secret in the wrong variable';
    const desk = await openWithStores(
      () =>
        '  kc: {kind: keychain, options: {backend: file, file_dir: !env LEAK}}\n' +
        '  bad: {kind: !exec "touch ran", options: !exec "touch ran"}\n' +
        '  worse: {kind: keychain, options: {backend: !include missing.yaml}}\n',
    );
    const { exitCode, stdout, stderr } = await desk.run(rekey, { input, env: { LEAK: secret } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(existsSync(join(desk.project, 'ran'))).toBe(false);
    expect(stderr).not.toContain(secret);
    expect(stderr).toMatch(
      /^warning: the store kc \(.*\) keeps its secrets in <value of !env LEAK>, /,
    );
  });
});

describe('entries of other programs', () => {
  const theirs = 'atmos/dev/app/TOKEN';

  test('that cannot be decrypted are named, with the exit code of success', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk));
    writeEntry(
      desk.directory,
      theirs,
      await sealEntry({ key: theirs, value: 'v' }, 'of the store'),
    );
    expect(await desk.run(rekey, { input })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        changed('1 of 2 entries') +
        'not changed: entries of other programs that do not open with the current password: "atmos%2Fdev%2Fapp%2FTOKEN"\n' +
        `Next: ${next}`,
    });
  });

  test('stay weak unless --all is given', async () => {
    const desk = await openDesk({ entries: { ...storedKey, [theirs]: 'v' } });
    desk.configure(yamlOf(desk));
    const upgrade = 'auth keyring rekey --upgrade';
    expect(await desk.run(upgrade)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        `re-encrypted 1 of 2 entries of the keyring ~/data/atmos/keyring\n` +
        'not changed: 1 weaker entries of other programs; --all also upgrades them, which slows down their reads in Atmos\n',
    });
    expect((await desk.run(upgrade)).stderr).toMatch(
      /^nothing to do: all entries of atmos-auth in /,
    );
    const { stdout } = await desk.run(`${upgrade} --all -o json`);
    expect(JSON.parse(stdout)).toEqual({
      location: desk.directory,
      outcome: 'changed',
      entries: 2,
      rewritten: 1,
      weak_others: 0,
      unreadable: [],
      left: [],
      dry_run: false,
    });
  });

  test('need --upgrade with --all', async () => {
    const desk = await openDesk({ entries: storedKey });
    expect(await desk.run('auth keyring rekey --all')).toMatchObject({
      exitCode: 2,
      code: 'ERR_USAGE',
      stderr: 'error: --all needs --upgrade\nhint: atmos auth keyring rekey --upgrade --all\n',
    });
  });

  test('are not our keyring, so nothing changes', async () => {
    const desk = await openDesk();
    mkdirSync(desk.directory, { recursive: true, mode: 0o700 });
    writeEntry(
      desk.directory,
      theirs,
      await sealEntry({ key: theirs, value: 'v' }, 'of the store'),
    );
    desk.configure(yamlOf(desk));
    expect(await desk.run(rekey, { input })).toMatchObject({
      exitCode: 0,
      stderr: `nothing to do: the keyring ~/data/atmos/keyring has no key or session yet; the first one that is stored sets its password\n`,
    });
  });
});
