import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { peer } from '../support/peers.ts';
import { openPty } from '../support/pty.ts';
import { openMachine, type Machine } from './machine.ts';

// Names that would execute something if a shell evaluated them. Their first letters identify them.
const hostile = {
  aa: 'aa $(touch marker)',
  bb: 'bb`touch marker`',
  cc: "cc'; touch marker; '",
  dd: 'dd"; touch marker; "',
  ee: 'ee & touch marker',
  ff: 'ff\\ $HOME',
  gg: 'gg!!',
  hh: 'hh*~{a,b}[x]',
  ii: 'ii:jj=kk@ll',
  ll: 'll 👩‍💻 ü',
};

const shells = {
  bash: {
    args: ['--noprofile', '--norc', '-i'],
    source: (cli: string) => `eval "$(${cli} completion bash)"`,
    // Prints the arguments that the program would get, each in brackets.
    define: `atmos() { printf '[%s]' "$@"; echo; }`,
  },
  zsh: {
    args: ['-f', '-i'],
    source: (cli: string) =>
      `autoload -Uz compinit; compinit -D -u; source <(${cli} completion zsh)`,
    define: `atmos() { printf '[%s]' "$@"; echo; }`,
  },
  fish: {
    args: ['--no-config', '-i'],
    source: (cli: string) => `${cli} completion fish | source`,
    define: `function atmos; printf '[%s]' $argv; echo; end`,
  },
} as const;

type Shell = keyof typeof shells;

async function openHostileMachine(): Promise<Machine> {
  const machine = await openMachine();
  const identities = Object.values(hostile).map(
    (name) => `    ${JSON.stringify(name)}: { kind: aws/user }\n`,
  );
  machine.writeConfig(`auth:\n  identities:\n${identities.join('')}    only: { kind: aws/user }\n`);
  return machine;
}

/** A shell with our completion, in the project's directory. */
async function openShell(shell: Shell, machine: Machine) {
  const { args, source, define } = shells[shell];
  const env = { ...machine.env, TERM: 'xterm', LC_ALL: 'C.UTF-8', PS1: '> ' };
  const session = openPty(shell, args, { env, cwd: machine.project });
  const cli = `'${process.execPath}' '${builtCli()}'`;
  session.type(`${source(cli)}; ${define}; printf '<%s>' ready\r`);
  await session.waitFor('<ready>');
  return session;
}

const installed = { bash: true, zsh: peer('zsh') !== undefined, fish: peer('fish') !== undefined };

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  const isThere = installed[shell];

  test.skipIf(!isThere)('completes a name as one word and does not evaluate it', async () => {
    const machine = await openHostileMachine();
    const before = readdirSync(machine.project);
    const session = await openShell(shell, machine);
    for (const [begun, name] of Object.entries(hostile)) {
      session.type(`atmos auth logout ${begun}\t\r`);
      await session.waitFor(`[auth][logout][${name}]`);
    }
    // Several matches are listed.
    session.type('atmos auth logout \t\t');
    await session.waitFor('marker');
    session.type('\u0003');
    expect(readdirSync(machine.project)).toEqual(before);
  });

  test.skipIf(!isThere)('completes a word after a quote, "=" or ":"', async () => {
    const machine = await openHostileMachine();
    const before = readdirSync(machine.project);
    const session = await openShell(shell, machine);
    for (const [begun, words] of [
      ["auth logout 'aa", `[auth][logout][${hostile.aa}]`],
      ['auth logout "aa', `[auth][logout][${hostile.aa}]`],
      ['auth logout "ff', `[auth][logout][${hostile.ff}]`],
      ['auth logout aa\\ ', `[auth][logout][${hostile.aa}]`],
      ['auth login --identity=aa', `[auth][login][--identity=${hostile.aa}]`],
      ['auth logout ii:j', `[auth][logout][${hostile.ii}]`],
      ['auth logout ii:jj=k', `[auth][logout][${hostile.ii}]`],
      ['auth -i on', '[auth][-i][only]'],
    ]) {
      session.type(`atmos ${begun}\t\r`);
      await session.waitFor(words ?? '');
    }
    expect(readdirSync(machine.project)).toEqual(before);
  });

  test.skipIf(!isThere)('completes commands, options, choices, profiles and files', async () => {
    const machine = await openHostileMachine();
    mkdirSync(join(machine.project, 'profiles/my ci'), { recursive: true });
    mkdirSync(join(machine.project, 'profiles/development'));
    writeFileSync(join(machine.project, 'other file.yaml'), '');
    const session = await openShell(shell, machine);
    for (const [begun, words] of [
      ['au\tlogi', '[auth][login]'],
      ['auth login --for', '[auth][login][--force]'],
      ['auth env -f power', '[auth][env][-f][powershell]'],
      ['completion zs', '[completion][zsh]'],
      ['profile show my', '[profile][show][my ci]'],
      ['--profile dev', '[--profile][development]'],
      ['--profile my\\ ci,dev', '[--profile][my ci,development]'],
      ['--config oth', '[--config][other file.yaml]'],
      ['auth exec -- oth', '[auth][exec][--][other file.yaml]'],
      ['-C prof', '[-C][profiles'],
    ]) {
      session.type(`atmos ${begun}\t\r`);
      await expect(session.waitFor(words ?? '')).resolves.toBeUndefined();
    }
  });
});

test('completes without a configuration, and with an unreadable one', async () => {
  const machine = await openMachine();
  machine.writeConfig('auth: [');
  const ask = (...words: string[]) => machine.atmos(['__complete', '--', ...words]);
  expect(await ask('auth', 'logi')).toEqual({ exitCode: 0, stdout: 'login\n', stderr: '' });
  const nothing = { exitCode: 0, stdout: '', stderr: '' };
  expect(await ask('auth', 'logout', '')).toEqual(nothing);
  expect(await ask('nonsense', '')).toEqual(nothing);
  expect(await ask('auth', 'login', '--nonsense', '')).toEqual(nothing);
  expect(await ask()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('auth\n') });
  rmSync(join(machine.project, 'atmos.yaml'));
  expect(await ask('auth', 'logout', '')).toEqual(nothing);
  expect(await machine.atmos('completion bash')).toMatchObject({ exitCode: 0, stderr: '' });
});

test('completes with settings that any other command refuses', async () => {
  const machine = await openMachine();
  const env = { ATMOS_CHDIR: '/nowhere', ATMOS_LOGS_LEVEL: 'loud', ATMOS_CONFIG: 'none.yaml' };
  for (const words of [
    ['auth', 'logi'],
    ['auth', 'logout', ''],
  ]) {
    const { exitCode, stderr } = await machine.atmos(['__complete', '--', ...words], { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  }
});

test('completes with the configuration that -C, --config and --profile of the line select', async () => {
  const machine = await openMachine();
  mkdirSync(join(machine.project, 'sub/profiles/ci'), { recursive: true });
  writeFileSync(
    join(machine.project, 'sub/atmos.yaml'),
    'auth: { identities: { inner: { kind: aws/user } } }',
  );
  writeFileSync(
    join(machine.project, 'sub/profiles/ci/atmos.yaml'),
    'auth: { identities: { deploy: { kind: aws/user } } }',
  );
  const ask = async (line: string, env = {}) => {
    const words = [...line.split(' '), ''];
    return (await machine.atmos(['__complete', '--', ...words], { env })).stdout.split('\n').sort();
  };
  expect(await ask('-C sub auth logout')).toEqual(['', 'inner']);
  expect(await ask('auth logout', { ATMOS_CHDIR: 'sub' })).toEqual(['', 'inner']);
  expect(await ask('--config sub/atmos.yaml auth logout')).toEqual(['', 'inner']);
  expect(await ask('--config-path sub auth logout')).toEqual(['', 'inner']);
  expect(await ask('-C sub --profile ci auth logout')).toEqual(['', 'deploy', 'inner']);
  expect(await ask('-C sub profile show')).toEqual(['', 'ci']);
});
