import { expect, onTestFinished, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import { configOf, keyOnStdin, openMachine } from './machine.ts';

const isThere = peer('gnome-keyring') !== undefined;

test.skipIf(!isThere)('a locked system keyring is reported without a prompt', async () => {
  const service = await openGnomeKeyring({ locked: true });
  onTestFinished(() => service.close());
  const machine = await openMachine();
  machine.writeConfig(configOf(machine, { keyring: 'type: system' }));
  machine.env['DBUS_SESSION_BUS_ADDRESS'] = service.env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
  const { exitCode, stdout, stderr } = await machine.atmos('auth keyring status -o json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ type: 'system', state: 'locked', entries: null });

  const refused = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(refused.stderr).toMatch(/^error: .*locked.*\n(hint: .*\n)+$/);
});

test('without a bus the configured fallback is used, and one line reports it', async () => {
  const machine = await openMachine();
  delete machine.env['DBUS_SESSION_BUS_ADDRESS'];
  delete machine.env['XDG_RUNTIME_DIR'];
  machine.writeConfig(configOf(machine, { keyring: 'type: system' }));
  const strict = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(strict).toMatchObject({ exitCode: 3, stdout: '' });
  expect(strict.stderr).toMatch(/^error: .*there is no session bus/);
  expect(strict.stderr).toContain('ATMOS_KEYRING_TYPE=file');
  expect(strict.stderr).toContain('ATMOS_KEYRING_TYPE=memory');

  machine.writeConfig(configOf(machine, { keyring: 'type: system\nfallback: [file]' }));
  const saved = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(saved.exitCode).toBe(0);
  expect(saved.stderr).toMatch(
    /^warning: the system keyring is unavailable \(there is no session bus.*\): using file, as configured in auth\.keyring\.fallback \(.*\)\nsaved the access key AKIA…MPLE of identity emergency-user in the file keyring/,
  );
  const { stdout } = await machine.atmos('auth keyring status -o json');
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'system',
    location: machine.keyring,
    state: 'ready',
    reason: expect.stringContaining('no session bus'),
    entries: 1,
    fallback: 'file',
  });
  const who = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(who.stdout)).toMatchObject({ keyring: { type: 'system', fallback: 'file' } });
});
