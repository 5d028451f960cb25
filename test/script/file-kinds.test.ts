import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { builtCli } from '../support/built.ts';
import { keyOnStdin, openConfiguredMachine, openMachine, password } from './machine.ts';
import { expectError, expectRefusal } from './stored.ts';

/** Creates a special file in the place of a file. */
async function put(kind: string, path: string): Promise<void> {
  rmSync(path, { force: true });
  if (kind === 'a directory') mkdirSync(path, { mode: 0o700 });
  if (kind === 'a named pipe') execFileSync('mkfifo', ['-m', '600', path]);
  if (kind !== 'a socket') return;
  const server = createServer().listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

const passwordFrom = (path: string) => ({
  env: { ATMOS_KEYRING_PASSWORD: undefined, ATMOS_KEYRING_PASSWORD_FILE: path },
});

describe.each(['a directory', 'a socket', 'a named pipe'])('%s', (kind) => {
  test.each(['atmos_script_emergency-user', '.state/verifier', '.state/version'])(
    'in the place of %s is reported without waiting for it',
    async (name) => {
      const machine = await openConfiguredMachine();
      const path = join(machine.keyring, name);
      await put(kind, path);
      await expectRefusal(
        machine,
        'auth user configure --stdin',
        { input: keyOnStdin },
        { exitCode: 3, message: `the entry ${path} is ${kind}`, hints: [`ls -ld ${path}`] },
      );
    },
  );
});

describe.each(['a directory', 'a socket'])('%s', (kind) => {
  test('in the place of the password file is reported', async () => {
    const machine = await openConfiguredMachine();
    const path = join(machine.root, 'password');
    await put(kind, path);
    await expectRefusal(machine, 'auth login', passwordFrom(path), {
      exitCode: 3,
      message: `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) is ${kind}`,
      hints: [`ls -l ${path}`],
    });
  });
});

test('a socket in the place of atmos.yaml is reported', async () => {
  const machine = await openConfiguredMachine();
  const path = join(machine.project, 'atmos.yaml');
  await put('a socket', path);
  const { exitCode, stderr } = await machine.atmos(`auth whoami --config ${path}`);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`${path} (from --config): it is a socket`),
  });
});

test('a pipe as password file is read, even if its writer starts later', async () => {
  const machine = await openConfiguredMachine();
  const path = join(machine.root, 'password');
  await put('a named pipe', path);
  const listing = machine.atmos('auth keyring list --long', passwordFrom(path));
  // Fails with ENXIO until the program has opened the other end.
  const writer = await vi.waitFor(
    () => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK),
    20_000,
  );
  writeSync(writer, `${password}\n`);
  closeSync(writer);
  const { exitCode, stdout, stderr } = await listing;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('emergency-user');
});

test('a shell pipe without data is treated as empty at once', async () => {
  const machine = await openConfiguredMachine();
  const { env } = passwordFrom('/dev/stdin');
  const args = ['-c', ': | "$0" "$@"', process.execPath, builtCli(), 'auth', 'login'];
  expectError(await machine.run('sh', args, { env }), {
    exitCode: 3,
    message: 'the password file /dev/stdin (from ATMOS_KEYRING_PASSWORD_FILE) is empty',
    hints: ['ls -l /dev/stdin'],
  });
});

describe('1,000 malformed files', () => {
  test('let every command finish', async () => {
    const machine = await openMachine();
    mkdirSync(machine.keyring, { recursive: true, mode: 0o700 });
    for (let number = 0; number < 1000; number++) {
      const path = join(machine.keyring, `atmos_0_${number}`);
      writeFileSync(path, `no entry ${number}`, { mode: 0o600 });
    }
    const configured = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
    expect(configured).toMatchObject({ exitCode: 0 });
    const codes: Record<string, number | null> = {};
    const commands = ['login', 'keyring list --long', 'keyring doctor', 'keyring rekey --upgrade'];
    for (const command of commands) {
      codes[command] = (await machine.atmos(`auth ${command}`)).exitCode;
    }
    // A file that cannot be opened is an error that names the file.
    expect(codes).toEqual({
      login: 0,
      'keyring list --long': 3,
      'keyring doctor': 3,
      'keyring rekey --upgrade': 3,
    });
  }, 120_000);
});
