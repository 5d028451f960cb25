import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { configOf, openConfiguredMachine, openMachine, type Machine } from './machine.ts';

const limitMs = 120_000;
const line =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:TRCE|DEBU|INFO|WARN|ERRO) ([a-z]+\.[a-z]+) pid=\d+(?: [a-z_]+=(?:"(?:[^"\\]|\\.)*"|[^\s"=\\]+))*$/;

/** The events of a log. Each line must be complete. */
function eventsOf(log: string): string[] {
  return log
    .trimEnd()
    .split('\n')
    .map((text) => {
      const event = line.exec(text)?.[1];
      if (event === undefined) throw new Error(`no line of a log: ${text}`);
      return event;
    });
}

function logsIn(machine: Machine, logs: string, config = configOf(machine)): void {
  machine.writeConfig(`logs:\n${logs.replaceAll(/^/gm, '  ')}\n${config}`);
}

test('a log describes a login, starting before the configuration was read', async () => {
  const machine = await openConfiguredMachine();
  const { exitCode, stdout, stderr } = await machine.atmos('auth login --logs-level debug', {
    env: { ATMOS_LOGS_FILE: 'atmos.log' },
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  expect(stderr).toMatch(/^✓ Logged in as /);
  const log = readFileSync(join(machine.project, 'atmos.log'), 'utf8');
  const wanted = [
    'command.started',
    'realm.resolved',
    'keyring.chosen',
    'identity.chosen',
    'session.needed',
    'keyring.password',
    'aws.answered',
    'session.opened',
    'command.ended',
  ];
  expect(eventsOf(log).filter((event) => wanted.includes(event))).toEqual(wanted);
  expect(log).toContain(
    ` DEBU identity.chosen pid=${/pid=(\d+)/.exec(log)?.[1]} identity=emergency-user kind=aws/user source="default (${machine.project}/atmos.yaml:8:16)"\n`,
  );

  const again = await machine.atmos('auth whoami --logs-level info');
  expect(again.stderr).not.toContain('pid=');
});

test('an error shows the preceding events when only flags and variables ask for that', async () => {
  const machine = await openMachine();
  machine.writeConfig('auth: [');
  const { exitCode, stdout, stderr } = await machine.atmos('auth login --logs-level=Debug');
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  const [log = '', error = ''] = stderr.split(/(?=^error: )/m);
  expect(eventsOf(log)[0]).toBe('command.started');
  expect(log).toMatch(/ERRO command\.failed pid=\d+ code=ERR_CONFIG_SYNTAX exit_code=2\n$/);
  expect(error).toMatch(/^error: /);
});

describe('level and file are read from', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['the command line', '--logs-level Debug', { ATMOS_LOGS_LEVEL: 'Off' }, 'level: Off'],
    ['then the environment', '', { ATMOS_LOGS_LEVEL: 'debug' }, 'level: Off'],
    ['then atmos.yaml', '', {}, 'level: Debug'],
  ])('%s', async (_, flags, env, logs) => {
    const machine = await openMachine();
    logsIn(machine, `${logs}\nfile: logs/atmos.log`);
    mkdirSync(join(machine.project, 'logs'));
    const trusted = { ...env, ATMOS_AUTH_TRUST: '1' };
    const command = `auth whoami ${flags}`.trim().split(' ');
    // From another directory: the path of the file is relative to its atmos.yaml.
    const result = await machine.atmos([...command, '--config', `${machine.project}/atmos.yaml`], {
      env: trusted,
      directory: machine.home,
    });
    expect(result).toMatchObject({ exitCode: 4 });
    const log = readFileSync(join(machine.project, 'logs/atmos.log'), 'utf8');
    expect(eventsOf(log)).toContain('command.started');
  });

  test('auth.logs before logs', async () => {
    const machine = await openMachine();
    const config = configOf(machine).replace('auth:\n', 'auth:\n  logs: {level: Debug}\n');
    logsIn(machine, 'level: Off', config);
    const { stderr } = await machine.atmos('auth whoami');
    expect(stderr).toContain(' DEBU command.started ');
  });
});

describe('an invalid log setting stops a command', () => {
  const all = 'expected one of Trace, Debug, Info, Warning, Error, Off';

  test.each([
    [['version', '--logs-level', 'debgu'], {}, '--logs-level'],
    [['version'], { ATMOS_LOGS_LEVEL: 'debgu' }, 'ATMOS_LOGS_LEVEL'],
    [['auth', 'login'], { ATMOS_LOGS_LEVEL: 'debgu' }, 'ATMOS_LOGS_LEVEL'],
  ])('an unknown level: %j %j', async (command, env, source) => {
    const machine = await openMachine();
    expect(await machine.atmos(command, { env })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `error: unknown log level "debgu" (from ${source}): ${all}\nhint: did you mean Debug?\n`,
    });
  });

  test('an unknown level in atmos.yaml is reported with its position', async () => {
    const machine = await openMachine();
    logsIn(machine, 'level: debgu');
    const { exitCode, stderr } = await machine.atmos('auth login');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('"debgu"');
    expect(stderr).toContain(`${machine.project}/atmos.yaml:2:10`);
    expect(stderr).toContain('did you mean Debug?');
  });

  test.each<[string, (path: string) => unknown, number, string | ((machine: Machine) => string)]>([
    ['a directory', (path) => mkdirSync(path), 2, 'it is a directory'],
    ['a link', (path) => symlinkSync('/dev/null', path), 2, 'it is a symbolic link'],
    ['a FIFO', (path) => execFileSync('mkfifo', [path]), 2, 'it is not a regular file'],
    ['in no directory', () => {}, 1, ({ project }) => `${project}/x does not exist`],
  ])('a log file that is %s is refused', async (name, make, exitCode, why) => {
    const machine = await openMachine();
    const path = join(machine.project, name === 'in no directory' ? 'x/log' : 'log');
    make(path);
    expect(await machine.atmos('auth whoami', { env: { ATMOS_LOGS_FILE: path } })).toMatchObject({
      exitCode,
      stdout: '',
      stderr: expect.stringContaining(
        `error: cannot log to ${path} (from ATMOS_LOGS_FILE): ${typeof why === 'string' ? why : why(machine)}\n`,
      ),
    });
  });
});

test('log settings of a command for another atmos are passed on without a check', async () => {
  const machine = await openMachine();
  const bin = join(machine.home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'atmos'), '#!/bin/sh\necho "$@"; exit 7\n', { mode: 0o755 });
  const env = { PATH: `${bin}:${machine.env['PATH']}`, ATMOS_LOGS_LEVEL: 'theirs' };
  expect(await machine.atmos('--logs-level Debug terraform plan', { env })).toEqual({
    exitCode: 7,
    stdout: '--logs-level Debug terraform plan\n',
    stderr: '',
  });
});

test('a log on standard output is not mixed with the output that a shell evaluates', async () => {
  const machine = await openMachine();
  const env = { ATMOS_LOGS_LEVEL: 'Trace', ATMOS_LOGS_FILE: '/dev/stdout' };
  const { stdout, stderr } = await machine.atmos('version', { env });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(eventsOf(stderr)).toEqual(['command.started', 'command.ended']);
});

test('the lines of thirty processes stay complete in one file', { timeout: limitMs }, async () => {
  const machine = await openMachine();
  const env = { ATMOS_LOGS_LEVEL: 'Trace', ATMOS_LOGS_FILE: join(machine.root, 'atmos.log') };
  const command = 'auth keyring status';
  await Promise.all(Array.from({ length: 30 }, () => machine.atmos(command, { env })));
  const events = eventsOf(readFileSync(env.ATMOS_LOGS_FILE, 'utf8'));
  expect(events.filter((event) => event === 'command.started')).toHaveLength(30);
  expect(events.filter((event) => event === 'command.ended')).toHaveLength(30);
});

describe('the log module is loaded', () => {
  test.each([
    ['not for messages that standard error shows anyway', {}, false],
    ['not for a log that is off', { ATMOS_LOGS_LEVEL: 'Off', ATMOS_LOGS_FILE: '/no/x' }, false],
    ['for a lower level', { ATMOS_LOGS_LEVEL: 'Info' }, true],
  ])('%s', async (_, env, isLoaded) => {
    const machine = await openMachine();
    for (const command of ['version', 'auth keyring status']) {
      const loaded = await loadedBy(machine, command, env);
      expect(loaded.some((name) => name.startsWith('open-log-'))).toBe(isLoaded);
    }
  });
});

/** The names of the modules that a command has loaded when it exits. */
async function loadedBy(machine: Machine, command: string, env: Record<string, string>) {
  const [hook, list] = [join(machine.home, 'loaded.cjs'), join(machine.home, 'loaded.json')];
  const keep = `require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache)))`;
  writeFileSync(hook, `process.once('exit', () => ${keep});`);
  await machine.run(process.execPath, ['--require', hook, builtCli(), ...command.split(' ')], {
    env,
  });
  if (!existsSync(list)) throw new Error('it loaded nothing');
  const loaded: string[] = JSON.parse(readFileSync(list, 'utf8'));
  return loaded.map((path) => basename(path));
}
