import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCorp } from './corp.ts';

// The command in a hint uses the same configuration as the command that failed.

test.each([
  ['--config FILE', '--config'],
  ['-C DIRECTORY', '--chdir'],
])('after %s, a hint has the option as well', async (given, option) => {
  const machine = await openCorp();
  const elsewhere = join(machine.root, 'else where');
  mkdirSync(elsewhere);
  const value = option === '--chdir' ? machine.project : join(machine.project, 'atmos.yaml');
  const args = given.startsWith('-C') ? ['-C', value] : ['--config', value];
  const failed = await machine.atmos(['auth', 'exec', ...args, '--', 'true'], {
    directory: elsewhere,
  });
  expect(failed).toMatchObject({ exitCode: 4 });
  expect(failed.stderr).toContain(`hint: atmos auth login --provider corp ${option} ${value}\n`);
});

test('a credential process that runs elsewhere names the directory of its configuration', async () => {
  const machine = await openCorp();
  const { stdout } = await machine.atmos('auth env --credentials process');
  const file = /AWS_CONFIG_FILE='?([^'\n]+)/.exec(stdout)?.[1] ?? '';
  const handle = file.replace(/[.]aws-config$/, '.json');
  const command = ['auth', 'credential-process', '--handle', handle];
  const failed = await machine.atmos(command, { directory: machine.root });
  expect(failed).toMatchObject({ exitCode: 4 });
  expect(failed.stderr).toContain(
    `hint: atmos auth login --provider corp --chdir ${machine.project}\n`,
  );
  const here = await machine.atmos(command);
  expect(here.stderr).toContain('hint: atmos auth login --provider corp\n');
});
