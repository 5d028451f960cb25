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

/** Runs the doctor. Its text and its JSON report the same and show no secret. */
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
  test('reports no problems and changes nothing', async () => {
    const machine = await openConfiguredMachine();
    const before = storedIn(machine);
    const { ok, checks } = await examine(machine);
    expect({ ok, backends: [...new Set(checks.map(({ backend }) => backend))] }).toEqual({
      ok: true,
      backends: ['file'],
    });
    expect(storedIn(machine)).toEqual(before);
  });

  test('finds problems that were made by hand, and its hints fix them', async () => {
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

  test('does not trust the name of a renamed entry', async () => {
    const machine = await openConfiguredMachine();
    renameSync(join(machine.keyring, nameOfKey), join(machine.keyring, 'atmos_script_other'));
    expect((await examine(machine)).notWell).toMatchObject([
      { id: 'entries', state: 'problem', message: expect.stringContaining('was renamed') },
    ]);
  });

  test('reports a copy made by a file synchronizer', async () => {
    const machine = await openConfiguredMachine();
    const key = join(machine.keyring, nameOfKey);
    cpSync(key, `${key} (conflicted copy)`);
    chmodSync(`${key} (conflicted copy)`, 0o600);
    expect((await examine(machine)).ids).toEqual(['entries', 'conflict-copies']);
  });

  test('does not wait for a pipe in the place of an entry', async () => {
    const machine = await openConfiguredMachine();
    const pipe = join(machine.keyring, 'atmos_script_pipe');
    expect((await machine.run('mkfifo', ['-m', '600', pipe])).exitCode).toBe(0);
    expect((await examine(machine)).notWell).toMatchObject([
      { id: 'files', state: 'problem', message: `the entry ${pipe} is a named pipe` },
    ]);
  });

  test('reports a damaged entry once', async () => {
    const machine = await openConfiguredMachine();
    writeFileSync(join(machine.keyring, nameOfKey), 'not a token', { mode: 0o600 });
    const { notWell } = await examine(machine);
    expect(notWell).toMatchObject([{ id: 'files', message: expect.stringContaining('damaged') }]);
  });

  test('accepts entries without .state', async () => {
    const machine = await openConfiguredMachine();
    rmSync(join(machine.keyring, '.state'), { recursive: true });
    expect((await examine(machine)).notWell).toEqual([]);
  });

  test('does not wait without a password and a terminal', async () => {
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

  test('leaves nothing behind after it was killed', async () => {
    const machine = await openConfiguredMachine();
    const key = join(machine.keyring, nameOfKey);
    const probe = join(machine.keyring, 'atmos-auth-doctor-probe-1767225600-01234567');
    cpSync(key, probe);
    await examine(machine);
    expect(Object.keys(storedIn(machine)).filter((name) => name.includes('probe'))).toEqual([]);
  });

  test.skipIf(!canMount())(
    'reports a full disk, and leaves nothing of its test entry there',
    async () => {
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
    },
  );

  test.skipIf(!canMount())('reports a read-only disk', async () => {
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

  test('reports the agent, uses it instead of the password, and also tests it', async () => {
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

  test('reports no problems and leaves nothing of its test entry', async () => {
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

  test('reports a locked keyring when no one can be prompted', async () => {
    const { machine } = await openDesktop({ locked: true });
    expect((await examine(machine)).notWell).toMatchObject([
      {
        id: 'round-trip',
        message: expect.stringContaining('locked'),
        hint: expect.stringContaining('gnome-keyring-daemon --replace --unlock'),
      },
    ]);
  });

  test('reports a missing collection', async () => {
    const { machine } = await openDesktop({ noCollection: true });
    expect((await examine(machine)).notWell).toMatchObject([{ id: 'state', state: 'problem' }]);
  });

  test('reports a stopped daemon', async () => {
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

  test.skipIf(peer('secret-tool') === undefined)('reports a duplicated entry', async () => {
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

  /** The same value, written as python-keyring writes it. */
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
