import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareHelp, documentedDifferences, isSame } from '../support/atmos/commands.ts';
import { builtCli } from '../support/built.ts';
import { openConfiguredMachine, openMachine, type Machine } from './machine.ts';
import { expectRefusal } from './stored.ts';

/**
 * A directory for PATH with our program under both names, and one after it with another `atmos`.
 */
function installBoth(machine: Machine, other?: string): string {
  const [ours, theirs] = [join(machine.root, 'ours'), join(machine.root, 'theirs')];
  for (const directory of [ours, theirs]) mkdirSync(directory);
  symlinkSync(builtCli(), join(ours, 'atmos'));
  symlinkSync(join(dirname(builtCli()), 'atmos-auth.cjs'), join(ours, 'atmos-auth'));
  if (other !== undefined)
    writeFileSync(join(theirs, 'atmos'), `#!/bin/sh\n${other}\n`, { mode: 0o755 });
  return `${ours}:${theirs}:${machine.env['PATH'] ?? ''}`;
}

const install = 'install Atmos for its other commands, and put it on PATH after this program';
const nowhere = { env: { PATH: '/nonexistent' } };

test('an unknown command runs the next atmos on PATH, with the same words, streams and exit code', async () => {
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
});

describe('an unknown subcommand of auth', () => {
  test.each([
    [['auth', 'console', '--print-only', '--', '-l']],
    [['auth', '-i', 'dev', 'console', '--destination', 's3']],
    [['--no-color', 'auth', 'console', '--print-only']],
    [['help', 'auth', 'console']],
    [['__complete', 'auth', 'sh', '']],
  ])('runs the other program with all its words: %j', async (command) => {
    const machine = await openMachine();
    const PATH = installBoth(machine, 'printf "<%s>" "$@"; cat; exit 4');
    expect(await machine.run('atmos', command, { env: { PATH }, input: 'stdin' })).toEqual({
      exitCode: 4,
      stdout: `${command.map((word) => `<${word}>`).join('')}stdin`,
      stderr: '',
    });
  });

  test('is an error without another program, with a hint', async () => {
    const machine = await openMachine();
    const message = (command: string) =>
      `"atmos auth ${command}" is not in this version of atmos-auth, and there is no other atmos on PATH to run it`;
    await expectRefusal(machine, 'auth console --help', nowhere, {
      exitCode: 2,
      message: message('console'),
      hints: [install],
    });
    await expectRefusal(machine, 'auth lgoin', nowhere, {
      exitCode: 2,
      message: 'unknown command "lgoin" for "atmos auth"',
      hints: ['did you mean login?', 'atmos auth --help'],
    });
  });

  test('of auth keyring is an error, because that group is our own', async () => {
    const machine = await openMachine();
    const PATH = installBoth(machine, 'echo delegated');
    const { exitCode, stderr } = await machine.run('atmos', ['auth', 'keyring', 'unknown'], {
      env: { PATH },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('error: unknown command "unknown" for "atmos auth keyring"\n');
  });
});

describe('the version', () => {
  const other = 'echo "the other, $*"; echo notice >&2; exit 7';
  const ours = expect.stringMatching(/^\d+\.\d+\.\d+\n$/);

  test.each([['version'], ['--version'], ['-C', '.', 'version', '--format', 'json']])(
    'of the other program is printed on standard output, and our own on standard error: %j',
    async (...command) => {
      const machine = await openMachine();
      const PATH = installBoth(machine, other);
      expect(await machine.run('atmos', command, { env: { PATH } })).toEqual({
        exitCode: 7,
        stdout: `the other, ${command.join(' ')}\n`,
        stderr: expect.stringMatching(/^atmos-auth \d+\.\d+\.\d+\nnotice\n$/),
      });
    },
  );

  test.each([[['version', 'list']], [['version', '--help']], [['help', 'version']]])(
    'has only commands and help of the other program: %j',
    async (command) => {
      const machine = await openMachine();
      const PATH = installBoth(machine, other);
      expect(await machine.run('atmos', command, { env: { PATH } })).toEqual({
        exitCode: 7,
        stdout: `the other, ${command.join(' ')}\n`,
        stderr: 'notice\n',
      });
    },
  );

  test('is our own under the name atmos-auth, or without another program', async () => {
    const machine = await openMachine();
    const PATH = installBoth(machine, other);
    const shown = { exitCode: 0, stdout: ours, stderr: '' };
    for (const command of [['version'], ['--version']]) {
      expect(await machine.run('atmos-auth', command, { env: { PATH } })).toEqual(shown);
      expect(await machine.atmos(command, nowhere)).toEqual(shown);
    }
    const { stdout } = await machine.run('atmos-auth', ['version', '-o', 'json'], {
      env: { PATH },
    });
    expect(JSON.parse(stdout)).toEqual({ version: expect.stringMatching(/^\d/) });
  });
});

test('a signal that terminates the other program sets the exit code, and a signal to us is forwarded', async () => {
  const machine = await openMachine();
  const killed = installBoth(machine, 'kill -TERM $$');
  expect(await machine.run('atmos', ['terraform'], { env: { PATH: killed } })).toMatchObject({
    exitCode: 143,
  });
  const told = await openMachine();
  const PATH = installBoth(
    told,
    `trap 'echo told; exit 9' TERM; kill -TERM $PPID; while :; do read -r line || sleep 0.01; done`,
  );
  expect(await told.run('atmos', ['terraform'], { env: { PATH } })).toMatchObject({
    exitCode: 9,
    stdout: 'told\n',
  });
});

test('the help of every command is the same through our program, except documented differences', async () => {
  const machine = await openMachine();
  const standIn = resolve('test/support/atmos/stand-in.sh');
  const PATH = installBoth(machine, `exec '${standIn}' "$@"`);
  const compared = await compareHelp(
    (words) => machine.run(standIn, words),
    (words) => machine.run('atmos', words, { env: { PATH } }),
  );
  expect(compared).toHaveLength(34);
  const different = compared.filter((one) => !isSame(one)).map(({ command }) => command);
  const documented = documentedDifferences();
  expect(different.filter((command) => !documented.includes(command))).toEqual([]);
  // Documented and still not different: the version, whose help comes from the other program.
  const known = compared.map(({ command }) => command);
  const unlike = documented.filter((one) => known.includes(one) && !different.includes(one));
  expect(unlike).toEqual(['atmos version']);
});

test('the other atmos can run our program again without a loop', async () => {
  const machine = await openConfiguredMachine();
  const PATH = installBoth(
    machine,
    'atmos auth exec -- sh -c \'echo "with ${AWS_ACCESS_KEY_ID%????????????????}"\'',
  );
  const result = await machine.run('atmos', ['terraform', 'apply'], { env: { PATH } });
  expect(result).toEqual({ exitCode: 0, stdout: 'with ASIA\n', stderr: '' });
});

test('our program under another name on PATH is reported, and there is no loop', async () => {
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

describe('a wrapper on PATH that adds a word and runs our program again', () => {
  const ours = `'${process.execPath}' '${builtCli()}'`;
  // Counts its starts.
  const wrapper = (rest: string) => `echo x >> "$HOME/started"; ${rest}`;
  const starts = ({ home }: Machine) => readFileSync(join(home, 'started'), 'utf8').length / 2;

  test.each([['--no-color "$@"'], ['-C . "$@"'], ['"$@" --no-color']])(
    'by exec is started once: %s',
    async (words) => {
      const machine = await openMachine();
      const PATH = installBoth(machine, wrapper(`exec ${ours} ${words}`));
      const { exitCode, stderr } = await machine.run('atmos', ['terraform', 'plan'], {
        env: { PATH },
      });
      expect({ exitCode, starts: starts(machine) }).toEqual({ exitCode: 2, starts: 1 });
      expect(stderr).toMatch(
        /^error: "terraform" is not a command of atmos-auth, and there is no other atmos on PATH/,
      );
    },
  );

  test('by exec is skipped for the next program on PATH', async () => {
    const machine = await openMachine();
    const PATH = installBoth(machine, wrapper(`exec ${ours} --no-color "$@"`));
    const real = join(machine.root, 'real');
    mkdirSync(real);
    writeFileSync(join(real, 'atmos'), '#!/bin/sh\necho "real $*"\n', { mode: 0o755 });
    const env = { PATH: PATH.replace('/theirs:', `/theirs:${real}:`) };
    const result = await machine.run('atmos', ['terraform', 'plan'], { env });
    expect(result).toEqual({ exitCode: 0, stdout: 'real --no-color terraform plan\n', stderr: '' });
    expect(starts(machine)).toBe(1);
  });

  test('by a child process is reported after a few rounds', async () => {
    const machine = await openMachine();
    const PATH = installBoth(machine, wrapper(`${ours} --no-color "$@"; exit $?`));
    const theirs = join(machine.root, 'theirs/atmos');
    expect(await machine.run('atmos', ['terraform', 'plan'], { env: { PATH } })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        `error: the next atmos on PATH seems to lead back to atmos-auth: after 8 commands that ran each other, the next one would be ${theirs}\n` +
        'hint: let it start Atmos itself, or remove it from PATH\n',
    });
    expect(starts(machine)).toBe(8);
  });
});

test('a shell that the other atmos started runs the same command through the same atmos again', async () => {
  const machine = await openMachine();
  const inner = 'sh -c "atmos auth console; exit \\$?"; exit $?';
  const PATH = installBoth(
    machine,
    `[ -z "$LEVEL" ] || { echo "$LEVEL $*"; exit 3; }; LEVEL=2; export LEVEL; ${inner}`,
  );
  const second = join(machine.root, 'second');
  mkdirSync(second);
  writeFileSync(join(second, 'atmos'), '#!/bin/sh\necho wrong\n', { mode: 0o755 });
  for (const env of [{ PATH }, { PATH: `${PATH}:${second}` }]) {
    expect(await machine.run('atmos', ['auth', 'console'], { env })).toEqual({
      exitCode: 3,
      stdout: '2 auth console\n',
      stderr: '',
    });
  }
});

test('a missing other program is reported clearly', async () => {
  const machine = await openMachine();
  await expectRefusal(
    machine,
    'terraform plan',
    { env: { PATH: '/nonexistent' } },
    {
      exitCode: 2,
      message:
        '"terraform" is not a command of atmos-auth, and there is no other atmos on PATH to run it',
      hints: ['atmos --help', install],
    },
  );
  await expectRefusal(
    machine,
    'aut login',
    { env: { PATH: '/nonexistent' } },
    {
      exitCode: 2,
      message:
        '"aut" is not a command of atmos-auth, and there is no other atmos on PATH to run it',
      hints: ['did you mean atmos auth?', 'atmos --help', install],
    },
  );
});
