import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Keyring } from '../../../src/keyring/contract.ts';
import { openTestKeyring as openSystemKeyring } from '../../keyring/system/linux/open-keyring.ts';
import { contentsOf, mixedEntries } from '../../store/mixed-entries.ts';
import { testPassword } from '../../support/file-keyring.ts';
import { canMount, mountTmpfs } from '../../support/mount.ts';
import { peer } from '../../support/peers.ts';
import { openGnomeKeyring } from '../../support/secret-service/gnome-keyring.mjs';
import type { SecretService } from '../../support/secret-service/types.ts';
import { openDesk, storedKey, user, yamlOf, type Desk, type DeskOptions } from './desk.ts';
import { person } from './person.ts';

const command = 'auth keyring migrate';
const isThere = peer('gnome-keyring') !== undefined;

interface Place {
  readonly desk: Desk;
  readonly service: SecretService;
  /** The system keyring, opened outside of the commands. */
  readonly system: Keyring;
}

/** A desk with a real system keyring besides the file keyring. */
async function openPlace(options: DeskOptions = {}, locked = false): Promise<Place> {
  const service = await openGnomeKeyring({ locked });
  onTestFinished(() => service.close());
  const desk = await openDesk(options);
  desk.env['DBUS_SESSION_BUS_ADDRESS'] = service.busAddress;
  const system = openSystemKeyring({ env: desk.env });
  onTestFinished(() => system.close());
  return { desk, service, system };
}

describe('an invalid command is refused', () => {
  let desk: Desk;

  beforeEach(async () => {
    desk = await openDesk({ entries: storedKey });
  });

  test.each([
    ['', 'ERR_USAGE', '--to is missing: the type of the keyring to copy to'],
    [
      '--to sistem',
      'ERR_USAGE',
      'invalid value "sistem" for --to: expected one of system, file, vault',
    ],
    [
      '--to file',
      'ERR_USAGE',
      /the entries would be copied from the file keyring \(auth\.keyring\.type \(.*\)\) to itself/,
    ],
    [
      '--from system --to system',
      'ERR_USAGE',
      'the entries would be copied from the system keyring (--from) to itself',
    ],
    ['--to memory', 'ERR_USAGE', 'invalid value "memory" for --to: expected one of system, file'],
    [
      '--from memory --to file',
      'ERR_USAGE',
      'invalid value "memory" for --from: expected one of system, file',
    ],
    ['--to system', 'ERR_KEYRING_UNAVAILABLE', 'there is no session bus'],
  ])('migrate %s', async (options, code, message) => {
    const before = desk.stored();
    const { stdout, stderr, ...result } = await run(desk, options);
    expect(result).toMatchObject({ code, exitCode: code === 'ERR_USAGE' ? 2 : 3 });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .*\n(hint: .*\n)+$/);
    if (typeof message === 'string') expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
    expect(desk.stored()).toEqual(before);
  });

  test('an unavailable target gives hints that are not about other commands', async () => {
    desk.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
    const { stderr } = await run(desk, '--to system');
    expect(stderr.split('\n').slice(1)).toEqual([
      'hint: to start a session bus for one command, if the image has a keyring service: dbus-run-session -- <command>',
      'hint: keep using the file keyring',
      '',
    ]);
  });

  test('migrate from the memory keyring, where it is the configured one, is refused', async () => {
    desk.env['ATMOS_KEYRING_TYPE'] = 'memory';
    const { stderr, ...result } = await run(desk, '--to file');
    expect(result).toMatchObject({ code: 'ERR_USAGE', exitCode: 2 });
    expect(stderr).toContain(
      'the memory keyring (ATMOS_KEYRING_TYPE) keeps entries only until the process exits, so nothing can be copied from or to it',
    );
  });
});

/** Runs the command. Its output must contain no secret. */
async function run(desk: Desk, options: string, given?: Parameters<Desk['run']>[1]) {
  const args = `${command} ${options}`.trim();
  const result = await desk.run(args, given);
  for (const text of [result.stdout, result.stderr]) {
    expect(text).not.toContain(user.secretAccessKey);
    expect(text).not.toContain(testPassword);
  }
  return result;
}

describe.skipIf(!isThere)('with a real system keyring', () => {
  const entries = {
    ...storedKey,
    'atmos_r_dev@session': '{"type":"aws"}',
    atmos_legacy: 'x',
    other: 'y',
  };
  const ours = { ...storedKey, 'atmos_r_dev@session': '{"type":"aws"}', atmos_legacy: 'x' };

  test('every entry is migrated to the other keyring and back', async () => {
    const { desk, system } = await openPlace({ entries });
    const there = await run(desk, '--to system');
    expect(there).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          [
            '^STATE   ITEM     IDENTITY  REALM  KEY',
            'copied  key      legacy    -      atmos_legacy',
            'copied  key      dev       r      atmos_r_dev',
            'copied  session  dev       r      atmos_r_dev@session',
            `3 copied: from file \\(~/data/atmos/keyring\\) to system \\(.*\\)`,
            'not copied, other entries:',
            '  other',
            'Next: set auth\\.keyring\\.type to system; it is file now \\(auth\\.keyring\\.type .*\\)\n$',
          ].join('\n'),
        ),
      ),
    });
    expect(await contentsOf(system)).toEqual(ours);

    const again = await run(desk, '--to system -o json');
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(again.stdout)).toEqual({
      from: { type: 'file', location: desk.directory },
      to: { type: 'system', location: system.info.location },
      dry_run: false,
      complete: true,
      entries: Object.keys(ours)
        .sort()
        .map((key) => ({
          key,
          realm: key === 'atmos_legacy' ? null : 'r',
          identity: key === 'atmos_legacy' ? 'legacy' : 'dev',
          item: key.endsWith('@session') ? 'session' : 'key',
          profile: null,
          state: 'present',
          source_deleted: false,
          mfa_device: null,
          source_lines: [],
          code: null,
          reason: null,
        })),
      others: 1,
      left: [{ key: 'other', owner: 'other', profile: null }],
    });

    desk.configure(yamlOf(desk, { keyring: 'type: file\nspec:\n  path: ../second' }));
    const back = await run(desk, '--from system --to file --delete-source');
    expect(back).toMatchObject({ exitCode: 0 });
    expect(back.stderr).toContain('moved  session  dev       r      atmos_r_dev@session\n');
    expect(back.stderr).toMatch(/^3 moved: from system .* to file /m);
    expect(back.stderr).not.toContain('Next:');
    expect(await system.keys()).toEqual([]);
    const { stdout } = await desk.run('auth keyring list --long -o json');
    expect((JSON.parse(stdout) as { key: string }[]).map(({ key }) => key)).toEqual(
      Object.keys(ours).sort(),
    );
  });

  test('a dry run reports the same and writes nothing, not even a new keyring', async () => {
    const { desk, system } = await openPlace({ entries });
    const dry = await run(desk, '--to system --delete-source --dry-run');
    expect(dry).toMatchObject({ exitCode: 0 });
    expect(dry.stderr).toMatch(/^would be copied  key      dev /m);
    expect(dry.stderr).toMatch(/^3 would be copied: from file/m);
    expect(await system.keys()).toEqual([]);

    await system.set('atmos_r_dev', 'x');
    desk.configure(yamlOf(desk, { keyring: 'type: system' }));
    desk.env['ATMOS_KEYRING_FILE_PATH'] = join(desk.root, 'second');
    const back = await run(desk, '--to file --dry-run -o json');
    expect(JSON.parse(back.stdout)).toMatchObject({
      dry_run: true,
      entries: [{ state: 'copied', source_deleted: false }],
    });
    const { stdout } = await desk.run('auth keyring list -o json', {
      env: { ATMOS_KEYRING_TYPE: 'file' },
    });
    expect(stdout).toBe('[]\n');
  });

  test('a conflict is reported, fails, and is overwritten only with --force', async () => {
    const { desk, system } = await openPlace({ entries });
    await system.set('atmos_r_dev', 'of somebody else');
    const before = desk.stored();
    const refused = await run(desk, '--to system --delete-source -o json');
    expect(refused).toMatchObject({ code: 'ERR_STORE_CONFLICT', exitCode: 1 });
    expect(refused.stderr).toBe(
      'error: 1 of 3 failed:\n' +
        '  atmos_r_dev already exists with a different value\n' +
        'hint: to overwrite existing entries: atmos auth keyring migrate --from file --to system --delete-source --force\n',
    );
    expect(JSON.parse(refused.stdout)).toMatchObject({
      complete: false,
      entries: [
        { key: 'atmos_legacy', state: 'copied', source_deleted: true },
        {
          key: 'atmos_r_dev',
          state: 'conflict',
          source_deleted: false,
          code: 'ERR_STORE_CONFLICT',
          reason: 'atmos_r_dev already exists with a different value',
        },
        { key: 'atmos_r_dev@session', state: 'copied', source_deleted: true },
      ],
    });
    expect(await system.get('atmos_r_dev')).toBe('of somebody else');
    const kept = join(desk.directory, 'atmos_r_dev');
    expect(desk.stored()[kept]).toBe(before[kept]);

    const forced = await run(desk, '--to system --delete-source --force');
    expect(forced).toMatchObject({ exitCode: 0 });
    expect(forced.stderr).toMatch(/^1 moved: /m);
    expect(await contentsOf(system)).toEqual(ours);
    expect(await desk.openKeyring().keys()).toEqual(['other']);
  });

  test('an entry that does not fit or cannot be decrypted is reported, and the others are copied', async () => {
    const large = 'x'.repeat(64 * 1024 + 1);
    const { desk, system } = await openPlace({ entries: { ...entries, atmos_r_large: large } });
    writeFileSync(join(desk.directory, 'atmos_r_broken'), 'text', { mode: 0o600 });
    chmodSync(join(desk.directory, 'atmos_legacy'), 0o644);
    const { exitCode, code, stderr } = await run(desk, '--to system');
    expect({ exitCode, code }).toEqual({ exitCode: 3, code: 'ERR_KEYRING_PERMISSIONS' });
    expect(stderr).toMatch(/^failed  key      large     r      atmos_r_large$/m);
    expect(stderr).toMatch(/^3 failed, 2 copied: /m);
    expect(stderr).toContain('error: 3 of 5 failed:\n');
    expect(stderr).toContain(`${desk.directory}/atmos_legacy is open to other users`);
    expect(stderr).toContain(`${desk.directory}/atmos_r_broken is damaged`);
    expect(stderr).toContain('"atmos_r_large" has 65537 bytes, and at most 65536 can be stored');
    expect(await system.keys()).toEqual(['atmos_r_dev', 'atmos_r_dev@session']);
  });

  test('an entry that is too large', async () => {
    const atmos_r_large = 'x'.repeat(64 * 1024 + 1);
    const { desk } = await openPlace({ entries: { ...storedKey, atmos_r_large } });
    const result = await run(desk, '--to system -o json');
    expect(result).toMatchObject({ code: 'ERR_KEYRING_TOO_LARGE', exitCode: 1 });
    expect(JSON.parse(result.stdout)).toMatchObject({
      entries: [{ state: 'copied' }, { state: 'failed', code: 'ERR_KEYRING_TOO_LARGE' }],
    });
  });

  test.each([
    [
      'a wrong password of the source',
      { ATMOS_KEYRING_PASSWORD: 'not the password' },
      'ERR_KEYRING_PASSWORD_WRONG',
    ],
    [
      'no password of the source',
      { ATMOS_KEYRING_PASSWORD: undefined },
      'ERR_KEYRING_PASSWORD_REQUIRED',
    ],
  ])('%s changes nothing', async (_, env, code) => {
    const { desk, system } = await openPlace({ entries });
    const before = desk.stored();
    const result = await run(desk, '--to system --delete-source -o json', { env });
    expect(result).toMatchObject({ code, stdout: '' });
    expect(await system.keys()).toEqual([]);
    expect(desk.stored()).toEqual(before);
  });

  test('a wrong password of the target changes nothing', async () => {
    const { desk, system } = await openPlace({ entries });
    await system.set('atmos_r_new', 'x');
    const before = desk.stored();
    const env = { ATMOS_KEYRING_PASSWORD: 'not the password' };
    const result = await run(desk, '--from system --to file --delete-source', { env });
    expect(result).toMatchObject({ code: 'ERR_KEYRING_PASSWORD_WRONG', exitCode: 3 });
    expect(await system.keys()).toEqual(['atmos_r_new']);
    expect(desk.stored()).toEqual(before);
  });

  test('a new file keyring is created with a password that is typed twice', async () => {
    const { desk, system } = await openPlace();
    await system.set('atmos_r_dev', storedKey.atmos_r_dev);
    const ada = person('a new password', 'another', 'a new password');
    const result = await run(desk, '--from system --to file', {
      person: ada,
      env: { ATMOS_KEYRING_PASSWORD: undefined },
    });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual([
      'Choose a password for the new keyring ~/data/atmos/keyring',
      'Repeat the password',
      '  The passwords are different',
    ]);
    const env = { ATMOS_KEYRING_PASSWORD: 'a new password' };
    expect(await desk.run('auth keyring list --long', { env })).toMatchObject({ exitCode: 0 });
  });

  test('a target that is not configured is not unlocked by keyring unlock, so the hint has no such command', async () => {
    const { desk, system } = await openPlace();
    await system.set('atmos_r_dev', storedKey.atmos_r_dev);
    const env = { ATMOS_KEYRING_TYPE: 'system', ATMOS_KEYRING_PASSWORD: undefined };
    const { code, stderr } = await run(desk, '--to file', { env });
    expect(code).toBe('ERR_KEYRING_PASSWORD_REQUIRED');
    expect(stderr).toContain('export ATMOS_KEYRING_PASSWORD_FILE=');
    expect(stderr).not.toContain('keyring unlock');
  });

  test('a locked target is reported, and nothing changes', async () => {
    const { desk } = await openPlace({ entries }, true);
    const before = desk.stored();
    const result = await run(desk, '--to system --delete-source');
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
    expect(result.code).toMatch(/^ERR_KEYRING_(LOCKED|UNAVAILABLE|TIMEOUT)$/);
    expect(desk.stored()).toEqual(before);
  });

  test('a provider that exits meanwhile stops migrate, with a hint how to continue', async () => {
    const { desk, service } = await openPlace({ entries: mixedEntries(40) });
    let looks = 0;
    // The clock is read for every entry.
    const monotonicMs = () => {
      if (++looks === 15) void service.killProvider();
      return performance.now();
    };
    const result = await run(desk, '--to system --delete-source -o json', {
      host: { monotonicMs },
    });
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toMatch(/\n {2}so far: \d+ copied, \d+ not yet\n/);
    expect(result.stderr).toContain('hint: run the same command again to continue\n');
    expect(JSON.parse(result.stdout)).toMatchObject({ complete: false });
    expect(await desk.openKeyring().keys()).toHaveLength(40);
  });

  test('an interruption stops migrate between two entries', async () => {
    const { desk, system } = await openPlace({ entries: mixedEntries(20) });
    const onSignals = (_: unknown, listener: (signal: NodeJS.Signals) => void) => {
      void system.set('x', 'y').then(() => listener('SIGINT'));
      return () => {};
    };
    const first = await run(desk, '--to system -o json', { host: { onSignals } });
    expect(first).toMatchObject({ code: 'ERR_CANCELLED', exitCode: 130 });
    expect(first.stderr).toMatch(/^error: interrupted\n {2}so far: .*\n/);
    const states = (JSON.parse(first.stdout) as { entries: { state: string }[] }).entries;
    const copied = states.filter(({ state }) => state === 'copied').length;
    expect(await system.keys()).toHaveLength(copied + 1);
    expect(await run(desk, '--to system')).toMatchObject({ exitCode: 0 });
    expect(await system.keys()).toHaveLength(21);
  });

  test.skipIf(!canMount())('a full disk stops migrate without losing an entry', async () => {
    const { desk, system } = await openPlace();
    const many = mixedEntries(60);
    for (const [key, value] of Object.entries(many)) await system.set(key, value);
    const path = join(mountTmpfs('size=128k'), 'keyring');
    desk.configure(yamlOf(desk, { keyring: `type: file\nspec:\n  path: ${path}` }));
    const result = await run(desk, '--from system --to file --delete-source');
    expect(result).toMatchObject({ code: 'ERR_KEYRING_IO', exitCode: 3 });
    expect(result.stderr).toMatch(/error: cannot write .*(no space|ENOSPC)/i);
    expect(result.stderr).toMatch(/so far: \d+ copied, \d+ not yet/);
    expect(await contentsOf(system)).toEqual(many);
  });

  test('a target that disappears meanwhile is reported, and no source entry is deleted', async () => {
    const { desk, system } = await openPlace();
    const many = mixedEntries(40);
    for (const [key, value] of Object.entries(many)) await system.set(key, value);
    let looks = 0;
    const monotonicMs = () => {
      if (++looks === 30) rmSync(desk.directory, { recursive: true, force: true });
      return performance.now();
    };
    const options = '--from system --to file --delete-source';
    const result = await run(desk, options, { host: { monotonicMs } });
    expect(result.exitCode).toBeGreaterThan(0);
    const there = await contentsOf(desk.openKeyring());
    expect({ ...(await contentsOf(system)), ...there }).toEqual(many);
    expect(await run(desk, options)).toMatchObject({ exitCode: 0 });
    expect(await contentsOf(desk.openKeyring())).toEqual(many);
  });
});

test.skipIf(!isThere)('an empty source is not a failure', async () => {
  const { desk } = await openPlace({ entries: { other: 'y' } });
  expect(await run(desk, '--to system')).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringMatching(
      /^nothing to copy from file .* to system .*\nnot copied, other entries:\n {2}other\nNext: /,
    ),
  });
  const { stdout } = await run(desk, '--to system -o json');
  expect(JSON.parse(stdout)).toMatchObject({ complete: true, entries: [], others: 1 });
});
