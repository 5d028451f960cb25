import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareHelp, documentedDifferences, isSame } from '../support/atmos/commands.ts';
import { builtCli } from '../support/built.ts';
import { openConfiguredMachine, openMachine, type Machine } from './machine.ts';
import { expectRefusal } from './stored.ts';

/** A directory for PATH with ours by both names, and one behind it with another `atmos`. */
function installBoth(machine: Machine, other?: string): string {
  const [ours, theirs] = [join(machine.root, 'ours'), join(machine.root, 'theirs')];
  for (const directory of [ours, theirs]) mkdirSync(directory);
  symlinkSync(builtCli(), join(ours, 'atmos'));
  symlinkSync(join(dirname(builtCli()), 'atmos-auth.cjs'), join(ours, 'atmos-auth'));
  if (other !== undefined)
    writeFileSync(join(theirs, 'atmos'), `#!/bin/sh\n${other}\n`, { mode: 0o755 });
  return `${ours}:${theirs}:${machine.env['PATH'] ?? ''}`;
}

const install = 'install Atmos for its other commands, and put it on PATH behind this one';
const nowhere = { env: { PATH: '/nonexistent' } };

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
});

describe('a subcommand of auth that is not ours', () => {
  test.each([
    [['auth', 'shell', '--shell', 'zsh', '--', '-l']],
    [['auth', '-i', 'dev', 'list', '--format', 'json']],
    [['--no-color', 'auth', 'console', '--print-only']],
    [['help', 'auth', 'shell']],
    [['__complete', 'auth', 'sh', '']],
  ])('goes to the other with all its words: %j', async (command) => {
    const machine = await openMachine();
    const PATH = installBoth(machine, 'printf "<%s>" "$@"; cat; exit 4');
    expect(await machine.run('atmos', command, { env: { PATH }, input: 'stdin' })).toEqual({
      exitCode: 4,
      stdout: `${command.map((word) => `<${word}>`).join('')}stdin`,
      stderr: '',
    });
  });

  test('is an error without another, and says what to use', async () => {
    const machine = await openMachine();
    const message = (command: string) =>
      `"atmos auth ${command}" is not in this version of atmos-auth, and there is no other atmos on PATH to run it`;
    await expectRefusal(machine, 'auth shell', nowhere, {
      exitCode: 2,
      message: message('shell'),
      hints: ['atmos auth exec -- bash', install],
    });
    await expectRefusal(machine, 'auth list --help', nowhere, {
      exitCode: 2,
      message: message('list'),
      hints: [
        'to choose from the configured identities: atmos auth whoami -i',
        'atmos auth keyring list',
        install,
      ],
    });
    await expectRefusal(machine, 'auth lgoin', nowhere, {
      exitCode: 2,
      message: 'unknown command "lgoin" for "atmos auth"',
      hints: ['did you mean login?', 'atmos auth --help'],
    });
  });

  test('of auth keyring is a mistake: that group is ours', async () => {
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
    'of the other is on standard output, and ours on standard error: %j',
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
    'has commands and help that are the other’s alone: %j',
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

  test('is ours by the name atmos-auth, and where there is no other', async () => {
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

test('a signal that ends the other is the exit code, and one for us is passed on', async () => {
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

test('the help of every command of a stand-in is the same through ours, but for those documented', async () => {
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
  // What is documented and not different is the version, of which the help is the other's.
  const known = compared.map(({ command }) => command);
  const unlike = documented.filter((one) => known.includes(one) && !different.includes(one));
  expect(unlike).toEqual(['atmos version']);
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

describe('a wrapper on PATH that adds a word and leads back to us', () => {
  const ours = `'${process.execPath}' '${builtCli()}'`;
  // Counts how often it is started.
  const wrapper = (rest: string) => `echo x >> "$HOME/started"; ${rest}`;
  const starts = ({ home }: Machine) => readFileSync(join(home, 'started'), 'utf8').length / 2;

  test.each([['--no-color "$@"'], ['-C . "$@"'], ['"$@" --no-color']])(
    'by becoming us is started once: %s',
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

  test('by becoming us is passed over for the one behind it', async () => {
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

  test('by starting us is named after a few times', async () => {
    const machine = await openMachine();
    const PATH = installBoth(machine, wrapper(`${ours} --no-color "$@"; exit $?`));
    const theirs = join(machine.root, 'theirs/atmos');
    expect(await machine.run('atmos', ['terraform', 'plan'], { env: { PATH } })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        `error: the next atmos on PATH seems to lead back to atmos-auth: 8 commands have run one another so, the next one would be ${theirs}\n` +
        'hint: let it start Atmos itself, or remove it from PATH\n',
    });
    expect(starts(machine)).toBe(8);
  });
});

test('a shell that the other atmos has started runs the same command again, by the same atmos', async () => {
  const machine = await openMachine();
  const inner = 'sh -c "atmos auth shell; exit \\$?"; exit $?';
  const PATH = installBoth(
    machine,
    `[ -z "$LEVEL" ] || { echo "$LEVEL $*"; exit 3; }; LEVEL=2; export LEVEL; ${inner}`,
  );
  const second = join(machine.root, 'second');
  mkdirSync(second);
  writeFileSync(join(second, 'atmos'), '#!/bin/sh\necho wrong\n', { mode: 0o755 });
  for (const env of [{ PATH }, { PATH: `${PATH}:${second}` }]) {
    expect(await machine.run('atmos', ['auth', 'shell'], { env })).toEqual({
      exitCode: 3,
      stdout: '2 auth shell\n',
      stderr: '',
    });
  }
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
