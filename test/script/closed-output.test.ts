import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { openConfiguredMachine, type Machine } from './machine.ts';

const limitMs = 90_000;

function inShell({ run }: Machine, words: string) {
  return run('sh', ['-c', `'${process.execPath}' '${builtCli()}' ${words}`]);
}

describe('a command whose output is read by a program', { timeout: limitMs }, () => {
  test.each(['auth credential-process', 'auth env', 'auth env --format json', 'completion bash'])(
    '%s fails when its standard output is closed, and succeeds when it is discarded',
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

  test.each(['auth whoami -o json', 'auth validate -o json', 'auth keyring list', 'version'])(
    '%s exits with its code when the parent discards the output',
    async (command) => {
      const machine = await openConfiguredMachine();
      await machine.atmos('auth login');
      // Node opens /dev/null for both, so that we cannot distinguish this from a closed stream.
      expect(await inShell(machine, `${command} >&-`)).toMatchObject({ exitCode: 0, stdout: '' });
    },
  );

  test.each([
    'auth whoami -o json',
    'auth validate -o json',
    'auth keyring status -o json',
    'auth keyring list',
    'auth env',
    'auth credential-process',
    'profile list',
    'completion fish',
    'version',
    '--help',
  ])('%s fails when standard output cannot be written', async (command) => {
    const machine = await openConfiguredMachine();
    mkdirSync(join(machine.project, 'profiles/ci'), { recursive: true });
    writeFileSync(join(machine.project, 'profiles/ci/atmos.yaml'), '{}\n');
    const result = await inShell(machine, `${command} > /dev/full`);
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /(^|\n)error: cannot write to standard output: no space left on the device\n$/,
      ),
    });
  });

  test('an output file that is not a regular file is refused before a session is opened', async () => {
    const machine = await openConfiguredMachine();
    const command = 'auth env --credentials env --output-file /dev/full';
    expect(await inShell(machine, command)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: /dev/full (from --output-file) is a device, not a regular file\n',
    });
    expect(machine.sts.calls).toEqual([]);
  });

  test.skipIf(!canMount())(
    'a full disk under the output file is exit code 1 and leaves no file',
    async () => {
      const machine = await openConfiguredMachine();
      const full = mountTmpfs('size=4k');
      writeFileSync(join(full, 'data'), Buffer.alloc(4096));
      const file = join(full, 'credentials.sh');
      expect(await inShell(machine, `auth env --output-file ${file}`)).toEqual({
        exitCode: 1,
        stdout: '',
        stderr: `error: cannot write ${file} (from --output-file): no space left on the device\n`,
      });
      expect(readdirSync(full)).toEqual(['data']);
    },
  );

  test('auth env with an output file needs no standard output', async () => {
    const machine = await openConfiguredMachine();
    const result = await inShell(machine, 'auth env --output credentials.sh >&-');
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(readFileSync(join(machine.project, 'credentials.sh'), 'utf8')).toContain('AWS_');
  });
});
