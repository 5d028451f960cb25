import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { keyOnStdin, openConfiguredMachine, type Machine } from './machine.ts';

// What each command does, counted without a clock. If a command does less now, lower its numbers.

const limitMs = 60_000;
const hook = fileURLToPath(new URL('count-calls.cjs', import.meta.url));

interface Counts {
  readonly derivations: number;
  /** The messages to the agent by their operations. */
  readonly frames: readonly string[];
  /** The listed directories. `~` is the home directory. */
  readonly directories: readonly string[];
}

// The parts of atmos.yaml.
const configuration = ['~/project/atmos.d', '~/project/.atmos.d'];
// exec closes the descriptors that its program must not inherit.
const descriptors = '/dev/fd';
const keyring = '~/.local/share/atmos/keyring';

/** The commands that only read a session that is stored. */
const reading: readonly { command: string; opensKeyring: boolean; directories: string[] }[] = [
  { command: 'auth env', opensKeyring: false, directories: configuration },
  { command: 'auth env --credentials env', opensKeyring: true, directories: configuration },
  {
    command: 'auth exec -- true',
    opensKeyring: true,
    directories: [descriptors, ...configuration],
  },
  { command: 'auth credential-process', opensKeyring: true, directories: configuration },
  { command: 'auth credential-process --handle HANDLE', opensKeyring: true, directories: [] },
  { command: 'auth login', opensKeyring: true, directories: configuration },
  { command: 'auth whoami', opensKeyring: true, directories: configuration },
];

describe('with the password', { timeout: limitMs }, () => {
  test.each(reading)(
    '$command derives at most one key',
    async ({ command, opensKeyring, directories }) => {
      const machine = await openLoggedIn();
      expect(await countsOf(machine, command)).toEqual({
        derivations: opensKeyring ? 1 : 0,
        frames: [],
        directories,
      });
    },
  );

  test('a new session is opened and stored with one key', async () => {
    const machine = await openConfiguredMachine();
    expect(await countsOf(machine, 'auth login')).toMatchObject({ derivations: 1, frames: [] });
  });

  test('an access key is stored with one key', async () => {
    const machine = await openLoggedIn();
    const { derivations, frames } = await countsOf(machine, 'auth user configure --stdin', {
      input: keyOnStdin,
    });
    expect({ derivations, frames }).toEqual({ derivations: 1, frames: [] });
  });

  test('rekey derives the old key and the new key', async () => {
    const machine = await openLoggedIn();
    writeFileSync(join(machine.project, 'next'), 'the next password', { mode: 0o600 });
    const { directories, ...counts } = await countsOf(
      machine,
      'auth keyring rekey --new-password-file next',
    );
    expect(counts).toEqual({ derivations: 2, frames: [] });
    expect(directories.toSorted()).toEqual(
      [
        ...configuration,
        ...Array.from({ length: 4 }, () => keyring),
        `${keyring}/.state/temporary`,
        ...Array.from({ length: 2 }, () => `${keyring}/.state/next`),
        ...Array.from({ length: 2 }, () => `${keyring}/.state/next/replaced`),
      ].toSorted(),
    );
  });
});

describe('with the agent', { timeout: limitMs }, () => {
  test.each(reading)(
    '$command derives no key and sends at most one request',
    async ({ command, opensKeyring, directories }) => {
      const machine = await openLoggedIn();
      await unlock(machine);
      expect(await countsOf(machine, command)).toEqual({
        derivations: 0,
        frames: opensKeyring ? ['greeting', 'get'] : [],
        directories,
      });
    },
  );

  test('the start of a program that requests credentials does not open the keyring', async () => {
    const machine = await openLoggedIn();
    await unlock(machine);
    expect(await countsOf(machine, 'auth exec --credentials process -- true')).toEqual({
      derivations: 0,
      frames: [],
      directories: [descriptors, ...configuration],
    });
  });

  test('no key is derived to store a session or an access key', async () => {
    const machine = await openConfiguredMachine();
    await unlock(machine);
    expect(await countsOf(machine, 'auth login')).toEqual({
      derivations: 0,
      frames: ['greeting', 'get', 'get', 'get', 'get', 'set', 'get', 'get'],
      directories: configuration,
    });
    expect(await countsOf(machine, 'auth user configure --stdin', { input: keyOnStdin })).toEqual({
      derivations: 0,
      frames: ['greeting', 'keys', 'get', 'get', 'get', 'set', 'get'],
      directories: configuration,
    });
  });
});

async function openLoggedIn(): Promise<Machine> {
  const machine = await openConfiguredMachine();
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  return machine;
}

/** Starts an agent, which is stopped when the test ends. Later commands have no password. */
async function unlock(machine: Machine): Promise<void> {
  const { stdout } = await machine.atmos('auth keyring unlock -o json');
  const { process_id: id }: { process_id: number } = JSON.parse(stdout);
  onTestFinished(() => void process.kill(id, 'SIGKILL'));
  delete machine.env['ATMOS_KEYRING_PASSWORD'];
}

/** Runs the command. HANDLE in it is replaced by the path of a handle. */
async function countsOf(machine: Machine, command: string, { input = '' } = {}): Promise<Counts> {
  const { home } = machine;
  const handle = command.includes('HANDLE') ? await handleOf(machine) : '';
  const words = command.replace('HANDLE', handle).split(' ');
  const file = join(home, 'counts.json');
  const result = await machine.run(process.execPath, ['--require', hook, builtCli(), ...words], {
    env: { COUNTED_CALLS: file },
    input,
  });
  expect(result).toMatchObject({ exitCode: 0 });
  return JSON.parse(readFileSync(file, 'utf8').replaceAll(home, '~'));
}

async function handleOf(machine: Machine): Promise<string> {
  const { stdout } = await machine.atmos('auth env --format json');
  const { AWS_CONFIG_FILE: file }: { AWS_CONFIG_FILE: string } = JSON.parse(stdout);
  return file.replace(/[.]aws-config$/, '.json');
}
