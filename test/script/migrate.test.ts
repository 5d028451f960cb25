import { cpSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { openTestKeyring } from '../keyring/system/linux/open-keyring.ts';
import { seedKeyring } from '../keyring/file/seed.ts';
import { contentsOf, mixedEntries } from '../store/mixed-entries.ts';
import { builtCli } from '../support/built.ts';
import { testPassword } from '../support/file-keyring.ts';
import { peer } from '../support/peers.ts';
import { openPty } from '../support/pty.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import { accessKey, configOf, openConfiguredMachine, openMachine, password } from './machine.ts';
import { expectRefusal, storedIn } from './stored.ts';

const isThere = peer('gnome-keyring') !== undefined;

async function openService() {
  const service = await openGnomeKeyring();
  onTestFinished(() => service.close());
  return service;
}

test.skipIf(!isThere)(
  'migrate moves an access key and a session to the system keyring, and the next command finds them',
  async () => {
    const machine = await openConfiguredMachine();
    machine.env['DBUS_SESSION_BUS_ADDRESS'] = (await openService()).busAddress;
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
    const moved = await machine.atmos('auth keyring migrate --to system --delete-source');
    expect(moved).toMatchObject({ exitCode: 0, stdout: '' });
    expect(moved.stderr).toMatch(/^2 moved: from file \(.*\) to system \(.*\)$/m);
    expect(moved.stderr).toMatch(/^Next: set auth\.keyring\.type to system; it is file now/m);
    for (const secret of [accessKey.secretAccessKey, password]) {
      expect(moved.stderr).not.toContain(secret);
    }
    expect(await machine.atmos('auth whoami')).toMatchObject({ exitCode: 4 });

    machine.writeConfig(configOf(machine, { keyring: 'type: system' }));
    const who = await machine.atmos('auth whoami -o json');
    expect(who).toMatchObject({ exitCode: 0 });
    expect(machine.sts.calls.filter(({ action }) => action === 'GetSessionToken')).toHaveLength(1);
    const again = await machine.atmos('auth keyring migrate --from file --to system -o json');
    expect(JSON.parse(again.stdout)).toMatchObject({ complete: true, entries: [] });
  },
);

test.skipIf(!isThere)(
  'migrate shows its progress at a terminal and can be interrupted',
  async () => {
    const service = await openService();
    const machine = await openMachine();
    // node-pty drops output that it has not read 200 ms after the exit: a table of 400 rows takes
    // longer.
    const entries = mixedEntries(150);
    cpSync(await seedKeyring(entries), machine.keyring, { recursive: true });
    const env = {
      ...machine.env,
      TERM: 'xterm',
      ATMOS_KEYRING_PASSWORD: testPassword,
      DBUS_SESSION_BUS_ADDRESS: service.busAddress,
    };
    const session = openPty(
      process.execPath,
      [builtCli(), 'auth', 'keyring', 'migrate', '--to', 'system'],
      { env, cwd: machine.project },
    );
    await session.waitFor('copying: ');
    await session.waitFor(' of 150');
    session.type('\u0003');
    await session.waitFor('interrupted');
    await session.waitFor('run the same command again to continue');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    const system = openTestKeyring({ env: service.env });
    onTestFinished(() => system.close());
    const { length } = await system.keys();
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(150);

    const second = await machine.atmos('auth keyring migrate --to system', { env });
    expect(second).toMatchObject({ exitCode: 0, stdout: '' });
    expect(second.stderr).not.toContain('copying: ');
    expect(second.stderr).toMatch(
      /^\d+ already there, \d+ copied: |^\d+ copied, \d+ already there: /m,
    );
    expect(await contentsOf(system)).toEqual(entries);
  },
);

test('migrate changes nothing when it is not possible', async () => {
  const machine = await openConfiguredMachine();
  const before = storedIn(machine);
  const refused = await machine.atmos('auth keyring migrate --to system --delete-source');
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(refused.stderr).toMatch(/^error: cannot .* the system keyring: .*\n(hint: .*\n)+$/);
  expect(storedIn(machine)).toEqual(before);
  const toMemory = {
    exitCode: 2,
    message: 'invalid value "memory" for --to: expected one of system, file, vault',
    hints: ['atmos auth keyring migrate --help'],
  };
  await expectRefusal(machine, 'auth keyring migrate --to memory', {}, toMemory);
});
