import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openConfiguredMachine, type Machine } from './machine.ts';

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
