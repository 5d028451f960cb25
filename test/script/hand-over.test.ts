import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { openConfiguredMachine, openMachine, type Machine } from './machine.ts';
import { expectRefusal } from './stored.ts';

/** A directory for PATH with ours as `atmos`, and one behind it with another `atmos`. */
function installBoth(machine: Machine, other?: string): string {
  const [ours, theirs] = [join(machine.root, 'ours'), join(machine.root, 'theirs')];
  for (const directory of [ours, theirs]) mkdirSync(directory);
  symlinkSync(builtCli(), join(ours, 'atmos'));
  if (other !== undefined)
    writeFileSync(join(theirs, 'atmos'), `#!/bin/sh\n${other}\n`, { mode: 0o755 });
  return `${ours}:${theirs}:${machine.env['PATH'] ?? ''}`;
}

test('a command that is not ours goes to the next atmos on PATH, with its words, streams and exit code', async () => {
  const machine = await openMachine();
  const PATH = installBoth(machine, 'printf "<%s>" "$@"; cat; echo on stderr >&2; exit 5');
  const command = [
    '--logs-level',
    'Debug',
    'terraform',
    'plan',
    'vpc app',
    '-s',
    'dev',
    '--',
    '-lock=false',
  ];
  expect(await machine.run('atmos', command, { env: { PATH }, input: 'from stdin' })).toEqual({
    exitCode: 5,
    stdout: `${command.map((word) => `<${word}>`).join('')}from stdin`,
    stderr: 'on stderr\n',
  });
  expect(await machine.run('atmos', ['version'], { env: { PATH } })).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('the other atmos may run ours again without going in a circle', async () => {
  const machine = await openConfiguredMachine();
  const PATH = installBoth(
    machine,
    'atmos auth exec -- sh -c \'echo "with ${AWS_ACCESS_KEY_ID%????????????????}"\'',
  );
  const result = await machine.run('atmos', ['terraform', 'apply'], { env: { PATH } });
  expect(result).toEqual({ exitCode: 0, stdout: 'with ASIA\n', stderr: '' });
});

test('where the other is ours by another name, it is told, and nothing goes round', async () => {
  const machine = await openMachine();
  const PATH = installBoth(machine, `exec '${process.execPath}' '${builtCli()}' "$@"`);
  const { exitCode, stderr } = await machine.run('atmos', ['describe', 'stacks'], {
    env: { PATH },
  });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /^error: "describe" is not a command of atmos-auth, and there is no other atmos on PATH/,
  );
});

test('where there is none it is said plainly', async () => {
  const machine = await openMachine();
  await expectRefusal(
    machine,
    'terraform plan',
    { env: { PATH: '/nonexistent' } },
    {
      exitCode: 2,
      message:
        '"terraform" is not a command of atmos-auth, and there is no other atmos on PATH to hand it to',
      hints: [
        'atmos --help',
        'install Atmos for its other commands, and put it on PATH behind this one',
      ],
    },
  );
  await expectRefusal(
    machine,
    'aut login',
    { env: { PATH: '/nonexistent' } },
    {
      exitCode: 2,
      message:
        '"aut" is not a command of atmos-auth, and there is no other atmos on PATH to hand it to',
      hints: [
        'did you mean atmos auth?',
        'atmos --help',
        'install Atmos for its other commands, and put it on PATH behind this one',
      ],
    },
  );
});
