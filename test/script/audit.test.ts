import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accessKey, openConfiguredMachine, type Machine } from './machine.ts';

/** The user's own configuration, which needs no trust, names the file. */
function auditOf(machine: Machine) {
  const directory = join(machine.home, '.atmos');
  mkdirSync(directory, { mode: 0o700 });
  const config = 'auth: { audit: { file: audit.jsonl } }\n';
  writeFileSync(join(directory, 'atmos.yaml'), config, { mode: 0o600 });
  const path = join(directory, 'audit.jsonl');
  const uses = (end = '') =>
    readFileSync(`${path}${end}`, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { path, uses };
}

test('each command that uses an identity has a line, without a secret', async () => {
  const machine = await openConfiguredMachine();
  const { path, uses } = auditOf(machine);
  const commands = [
    'auth env --credentials env',
    'auth exec -- true',
    'auth shell --shell true',
    'auth credential-process',
  ];
  for (const command of commands)
    expect(await machine.atmos(command)).toMatchObject({ exitCode: 0 });
  const env = { ATMOS_KEYRING_PASSWORD: undefined };
  expect(await machine.atmos('auth login --force', { env })).toMatchObject({ exitCode: 3 });
  expect(uses().map(({ command, outcome, pid }) => [command, outcome, pid])).toEqual([
    ['env', 'ok', process.pid],
    ['exec', 'ok', process.pid],
    ['shell', 'ok', process.pid],
    ['credential-process', 'ok', process.pid],
    ['login', 'ERR_KEYRING_PASSWORD_REQUIRED', process.pid],
  ]);
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain(accessKey.secretAccessKey);
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  const { stdout } = await machine.atmos('auth log -o json');
  expect(JSON.parse(stdout)).toEqual(uses());
});

test('each call of a credential process by its handle has a line', async () => {
  const machine = await openConfiguredMachine();
  const { uses } = auditOf(machine);
  const { stdout } = await machine.atmos('auth env -f json');
  const profile = readFileSync(JSON.parse(stdout).AWS_CONFIG_FILE, 'utf8');
  const handle = /--handle (\S+)$/m.exec(profile)?.[1] ?? '';
  for (let count = 0; count < 3; count++) {
    const { exitCode, stderr } = await machine.atmos(`auth credential-process --handle ${handle}`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  }
  expect(uses().map(({ command }) => command)).toEqual(Array(3).fill('credential-process'));
});

test('commands that run at once each have a line, and the full file is rotated once', async () => {
  const machine = await openConfiguredMachine();
  const { path, uses } = auditOf(machine);
  await machine.atmos('auth login');
  const fullBytes = 10 * 1024 * 1024;
  writeFileSync(path, `${'x'.repeat(fullBytes)}\n`, { mode: 0o600 });
  const runs = Array.from({ length: 6 }, () => machine.atmos('auth exec -- true'));
  for (const { exitCode } of await Promise.all(runs)) expect(exitCode).toBe(0);
  expect(statSync(`${path}.1`).size).toBeGreaterThan(fullBytes);
  expect(existsSync(`${path}.2`)).toBe(false);
  expect(uses().map(({ command, outcome }) => [command, outcome])).toEqual(
    Array.from({ length: 6 }, () => ['exec', 'ok']),
  );
  const { stdout, stderr } = await machine.atmos('auth log -o json');
  expect(JSON.parse(stdout)).toHaveLength(6);
  expect(stderr).toBe('warning: skipped 1 damaged line of the audit file\n');
});
