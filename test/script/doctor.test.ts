import { chmodSync, cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { peer } from '../support/peers.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import type { SecretService, SecretServiceOptions } from '../support/secret-service/types.ts';
import {
  accessKey,
  configOf,
  keyOnStdin,
  openConfiguredMachine,
  openMachine,
  password,
  type Machine,
  type RunOptions,
} from './machine.ts';
import { storedIn } from './stored.ts';

const nameOfKey = 'atmos_script_emergency-user';

interface Check {
  readonly id: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
  readonly hint: string | null;
  readonly backend: string;
}

/** What the doctor finds. Whatever that is, it says the same in text, and shows no secret. */
async function examine(machine: Machine, options?: RunOptions) {
  const json = await machine.atmos('auth keyring doctor -o json', options);
  const text = await machine.atmos('auth keyring doctor', options);
  const { ok, checks } = JSON.parse(json.stdout) as { ok: boolean; checks: Check[] };
  const exitCode = ok ? 0 : 3;
  expect({ json: json.exitCode, text: text.exitCode, stdout: text.stdout }).toEqual({
    json: exitCode,
    text: exitCode,
    stdout: '',
  });
  for (const output of [json.stdout, json.stderr, text.stderr]) {
    expect(output).not.toContain(password);
    expect(output).not.toContain(accessKey.secretAccessKey);
  }
  const notWell = checks.filter(({ state }) => state !== 'ok');
  for (const { hint } of notWell) expect(hint).toBeTruthy();
  return { ok, checks, notWell, ids: notWell.map(({ id }) => id) };
}

describe('on the file keyring', () => {
  test('all is well, and stays as it was', async () => {
    const machine = await openConfiguredMachine();
    const before = storedIn(machine);
    const { ok, checks } = await examine(machine);
    expect({ ok, backends: [...new Set(checks.map(({ backend }) => backend))] }).toEqual({
      ok: true,
      backends: ['file'],
    });
    expect(storedIn(machine)).toEqual(before);
  });

  test('what is broken by hand is found, and its hint mends it', async () => {
    const machine = await openConfiguredMachine();
    const key = join(machine.keyring, nameOfKey);
    chmodSync(machine.keyring, 0o755);
    chmodSync(key, 0o644);
    const { ok, notWell } = await examine(machine);
    expect({ ok, ids: notWell.map(({ id }) => id) }).toEqual({
      ok: false,
      ids: ['directory', 'files'],
    });
    for (const { hint } of notWell) {
      const mended = await machine.run('sh', ['-c', hint ?? 'false']);
      expect(mended).toMatchObject({ exitCode: 0 });
    }
    expect((await examine(machine)).notWell).toEqual([]);
  });

  test('a renamed entry is not taken for what its file says', async () => {
    const machine = await openConfiguredMachine();
    renameSync(join(machine.keyring, nameOfKey), join(machine.keyring, 'atmos_script_other'));
    expect((await examine(machine)).notWell).toMatchObject([
      { id: 'entries', state: 'problem', message: expect.stringContaining('was renamed') },
    ]);
  });

  test('a copy made by a file synchroniser is told', async () => {
    const machine = await openConfiguredMachine();
    const key = join(machine.keyring, nameOfKey);
    cpSync(key, `${key} (conflicted copy)`);
    chmodSync(`${key} (conflicted copy)`, 0o600);
    expect((await examine(machine)).ids).toEqual(['entries']);
  });

  test('a pipe in the place of an entry is not waited for', async () => {
    const machine = await openConfiguredMachine();
    const pipe = join(machine.keyring, 'atmos_script_pipe');
    expect((await machine.run('mkfifo', ['-m', '600', pipe])).exitCode).toBe(0);
    expect((await examine(machine)).notWell).toMatchObject([
      { id: 'files', state: 'problem', message: `the entry ${pipe} is a named pipe` },
    ]);
  });

  test('a damaged entry is told once', async () => {
    const machine = await openConfiguredMachine();
    writeFileSync(join(machine.keyring, nameOfKey), 'not a token', { mode: 0o600 });
    const { notWell } = await examine(machine);
    expect(notWell).toMatchObject([{ id: 'files', message: expect.stringContaining('damaged') }]);
  });

  test('entries without .state are well', async () => {
    const machine = await openConfiguredMachine();
    rmSync(join(machine.keyring, '.state'), { recursive: true });
    expect((await examine(machine)).notWell).toEqual([]);
  });

  test('without a password and without a terminal it does not wait', async () => {
    const machine = await openConfiguredMachine();
    const env = { ATMOS_KEYRING_PASSWORD: undefined, CI: 'true' };
    const { notWell } = await examine(machine, { env });
    expect(notWell).toMatchObject([
      {
        id: 'round-trip',
        message: expect.stringContaining('CI is set'),
        hint: expect.stringMatching(
          /^atmos auth keyring unlock\nexport ATMOS_KEYRING_PASSWORD_FILE=/,
        ),
      },
    ]);
  });

  test('of a killed examination nothing stays for good', async () => {
    const machine = await openConfiguredMachine();
    const key = join(machine.keyring, nameOfKey);
    const probe = join(machine.keyring, 'atmos-auth-doctor-probe-1767225600-01234567');
    cpSync(key, probe);
    await examine(machine);
    expect(Object.keys(storedIn(machine)).filter((name) => name.includes('probe'))).toEqual([]);
  });

  test.skipIf(!canMount())('a full disk, and nothing of the probe is left on it', async () => {
    const machine = await openConfiguredMachine();
    const disk = mountTmpfs('size=128k');
    const keyring = join(disk, 'keyring');
    cpSync(machine.keyring, keyring, { recursive: true });
    machine.env['ATMOS_KEYRING_FILE_PATH'] = keyring;
    expect((await machine.run('sh', ['-c', `cat /dev/zero > ${disk}/filler`])).exitCode).not.toBe(
      0,
    );
    const before = storedIn({ home: disk });
    const { notWell } = await examine(machine);
    expect(notWell.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'round-trip problem',
      'free-space problem',
    ]);
    expect(notWell[0]?.message).toContain('no space left on the device');
    expect(storedIn({ home: disk })).toEqual(before);
  });

  test.skipIf(!canMount())('a read-only disk', async () => {
    const machine = await openConfiguredMachine();
    const disk = mountTmpfs('size=8m');
    const keyring = join(disk, 'keyring');
    cpSync(machine.keyring, keyring, { recursive: true });
    machine.env['ATMOS_KEYRING_FILE_PATH'] = keyring;
    expect((await machine.run('mount', ['-o', 'remount,ro', disk])).exitCode).toBe(0);
    const { notWell } = await examine(machine);
    expect(notWell[0]).toMatchObject({
      id: 'round-trip',
      message: expect.stringContaining('the file system is read-only'),
    });
  });

  test('the agent is told, used instead of the password, and not taken for granted', async () => {
    const machine = await openConfiguredMachine();
    const unlocked = await machine.atmos('auth keyring unlock');
    onTestFinished(async () => void (await machine.atmos('auth keyring lock')));
    expect(unlocked.exitCode).toBe(0);
    const env = { ATMOS_KEYRING_PASSWORD: undefined };
    const { notWell, checks } = await examine(machine, { env });
    expect(notWell).toEqual([]);
    expect(checks.find(({ id }) => id === 'agent')?.message).toMatch(
      /^an agent keeps the keyring unlocked/,
    );
    const { stdout } = await machine.atmos('auth keyring status -o json', { env });
    expect(JSON.parse(stdout)).toMatchObject({ state: 'ready', agent: { running: true } });
  });
});

describe.skipIf(peer('gnome-keyring') === undefined)('on gnome-keyring', () => {
  async function openDesktop(options: SecretServiceOptions = {}) {
    const service = await openGnomeKeyring(options);
    onTestFinished(() => service.close());
    const machine = await openMachine();
    machine.writeConfig(configOf(machine, { keyring: 'type: system' }));
    machine.env['DBUS_SESSION_BUS_ADDRESS'] = service.env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
    return { machine, service };
  }

  test('all is well, and nothing of the probe is left', async () => {
    const { machine } = await openDesktop();
    await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
    const { ok, checks } = await examine(machine);
    expect(ok).toBe(true);
    expect(checks.map(({ id }) => id)).toEqual([
      'round-trip',
      'size-limit',
      'entries',
      'duplicates',
      'contents',
      'orphans',
      'clock',
    ]);
    const { stdout } = await machine.atmos('auth keyring status -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'ready',
      entries: 1,
      weak_entries: null,
      agent: null,
    });
  });

  test('one that is locked, where nobody can be asked', async () => {
    const { machine } = await openDesktop({ locked: true });
    expect((await examine(machine)).notWell).toMatchObject([
      {
        id: 'round-trip',
        message: expect.stringContaining('locked'),
        hint: expect.stringContaining('gnome-keyring-daemon --replace --unlock'),
      },
    ]);
  });

  test('one without a collection', async () => {
    const { machine } = await openDesktop({ noCollection: true });
    expect((await examine(machine)).notWell).toMatchObject([{ id: 'state', state: 'problem' }]);
  });

  test('one whose daemon is gone', async () => {
    const { machine, service } = await openDesktop();
    await service.killProvider();
    expect((await examine(machine)).notWell).toMatchObject([
      {
        id: 'state',
        message: expect.stringContaining('no program provides the Secret Service'),
        hint: expect.stringContaining('ATMOS_KEYRING_TYPE=file'),
      },
    ]);
  });

  test.skipIf(peer('secret-tool') === undefined)('an entry that is there twice', async () => {
    const { machine, service } = await openDesktop();
    await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
    await storeTwice(machine, service);
    const { notWell } = await examine(machine);
    expect(notWell).toMatchObject([
      {
        id: 'duplicates',
        state: 'warning',
        message: `another program also stored "${nameOfKey}": the newest of 2 entries is used`,
        hint: 'to keep only one entry: atmos auth user configure --identity emergency-user',
      },
    ]);
  });

  /** The same value, as python-keyring does it. */
  async function storeTwice(machine: Machine, { env }: SecretService): Promise<void> {
    const words = `username atmos-auth service ${nameOfKey}`;
    const { exitCode } = await machine.run(
      'sh',
      [
        '-c',
        `secret-tool lookup ${words} | tr -d '\\n' | secret-tool store --label other application other ${words}`,
      ],
      { env },
    );
    expect(exitCode).toBe(0);
  }
});
