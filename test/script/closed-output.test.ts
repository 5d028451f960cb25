import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { builtCli } from '../support/built.ts';
import { configOf, openConfiguredMachine, type Machine } from './machine.ts';

const limitMs = 90_000;

function inShell({ run }: Machine, words: string) {
  return run('sh', ['-c', `'${process.execPath}' '${builtCli()}' ${words}`]);
}

describe('a command whose output a program reads', { timeout: limitMs }, () => {
  test.each(['auth credential-process', 'auth env', 'auth env --format json', 'completion bash'])(
    '%s fails when its standard output is closed, and not when it is discarded',
    async (command) => {
      const machine = await openConfiguredMachine();
      expect(await inShell(machine, `${command} >&-`)).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: 'error: cannot write to standard output: it is closed\n',
      });
      const discarded = await inShell(machine, `${command} > /dev/null`);
      expect(discarded).toMatchObject({ exitCode: 0, stdout: '' });
    },
  );

  test('auth env that writes to a file needs no standard output', async () => {
    const machine = await openConfiguredMachine();
    const result = await inShell(machine, 'auth env --output credentials.sh >&-');
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(readFileSync(join(machine.project, 'credentials.sh'), 'utf8')).toContain('AWS_');
  });
});

describe.skipIf(process.platform === 'win32')(
  'a command that a command of ours has started',
  { timeout: limitMs },
  () => {
    test.each([
      ['runs over its time limit', 'wait', 'did not end within 30 seconds'],
      ['writes too much', 'yes', ''],
    ])(
      'leaves no process and holds no stream of the caller when it %s',
      async (_, last, message) => {
        const machine = await openConfiguredMachine();
        const command = `echo said >&2; sleep 1000 & echo $! > sleeping; ${last}`;
        const keyring = `type: file\nspec:\n  password_command: '${command}'`;
        machine.writeConfig(configOf(machine, { keyring }));
        // Settles at the end of both streams.
        const result = await machine.atmos('auth keyring list --long', {
          env: { ATMOS_KEYRING_PASSWORD: undefined, ATMOS_AUTH_TRUST: '1' },
        });
        expect(result).toMatchObject({ exitCode: 3, stdout: '' });
        expect(result.stderr).toMatch(/^said\n/);
        expect(result.stderr).toContain(message);
        const sleeping = Number(readFileSync(join(machine.project, 'sleeping'), 'utf8'));
        await vi.waitFor(() => expect(() => process.kill(sleeping, 0)).toThrow('ESRCH'), 5_000);
      },
    );
  },
);
