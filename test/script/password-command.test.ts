import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openPty } from '../support/pty.ts';
import { configOf, openConfiguredMachine, password, type Machine } from './machine.ts';

const limitMs = 90_000;

/** A machine whose keyring gets its password from a command of the trusted project. */
async function machineWith(command: string): Promise<Machine> {
  const machine = await openConfiguredMachine();
  const keyring = `type: file\nspec:\n  password_command: '${command}'`;
  machine.writeConfig(configOf(machine, { keyring }));
  delete machine.env['ATMOS_KEYRING_PASSWORD'];
  machine.env['ATMOS_AUTH_TRUST'] = '1';
  return machine;
}

function listAtTerminal({ env, project }: Machine) {
  return openPty(process.execPath, [builtCli(), 'auth', 'keyring', 'list', '--long'], {
    env: { ...env, TERM: 'xterm' },
    cwd: project,
  });
}

async function isGone(machine: Machine, file: string): Promise<void> {
  const id = Number(readFileSync(join(machine.project, file), 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(id, 0)).toThrow('ESRCH'), 5_000);
}

describe('a password command', { timeout: limitMs }, () => {
  test.each([
    ['runs over its time limit', 'wait', 'did not exit within 30 seconds'],
    ['writes too much', 'yes', ''],
  ])(
    'leaves no process behind and holds no stream of the caller when it %s',
    async (_, last, message) => {
      const machine = await machineWith(`echo said >&2; sleep 1000 & echo $! > sleeping; ${last}`);
      // Resolves when both streams have ended.
      const result = await machine.atmos('auth keyring list --long');
      expect(result).toMatchObject({ exitCode: 3, stdout: '' });
      expect(result.stderr).toMatch(/^said\n/);
      expect(result.stderr).toContain(message);
      await isGone(machine, 'sleeping');
    },
  );

  test('can prompt at the terminal, as pinentry does', async () => {
    const machine = await machineWith('printf PIN: > /dev/tty; read pin < /dev/tty; echo "$pin"');
    const session = listAtTerminal(machine);
    await session.waitFor('PIN:');
    session.type(`${password}\r`);
    await session.waitFor('emergency-user');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
  });

  test('is terminated with our program on Ctrl-C', async () => {
    const machine = await machineWith('echo $$ > shell; printf PIN: > /dev/tty; exec sleep 1000');
    const session = listAtTerminal(machine);
    await session.waitFor('PIN:');
    session.type('\u0003');
    const { exitCode, signal } = await session.ended;
    expect(exitCode !== 0 || signal !== 0).toBe(true);
    await isGone(machine, 'shell');
  });
});
