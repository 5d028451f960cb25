import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConfiguredMachine, sessionCalls, type Machine } from './machine.ts';

const entry = 'atmos_script_emergency-user';

async function openLoggedIn(): Promise<Machine> {
  const machine = await openConfiguredMachine();
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  // Nothing can read the access key now: neither as plain text nor with any password.
  expect(readdirSync(machine.keyring)).toContain(entry);
  writeFileSync(join(machine.keyring, entry), 'unreadable');
  return machine;
}

test.each([
  ['auth login', ''],
  ['auth whoami', ''],
  ['auth env --credentials env', 'AWS_SESSION_TOKEN'],
  ['auth exec -- printenv AWS_ACCESS_KEY_ID', 'ASIA'],
  ['auth credential-process', '"SessionToken"'],
])('%s uses a stored session without the access key that opened it', async (command, printed) => {
  const machine = await openLoggedIn();
  const result = await machine.atmos(command);
  expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(printed) });
  expect(result.stderr).not.toContain('error');
  expect(sessionCalls(machine)).toHaveLength(1);
});

test('a new session still needs the access key', async () => {
  const machine = await openLoggedIn();
  const { exitCode, stderr } = await machine.atmos('auth login --force');
  expect(exitCode).toBe(3);
  expect(stderr).toContain(entry);
});

test('storing another access key invalidates the session of the previous one', async () => {
  const machine = await openConfiguredMachine();
  await machine.atmos('auth login');
  const input = JSON.stringify({
    access_key_id: 'AKIAIOSFODNN7ANOTHER',
    secret_access_key: 'x'.repeat(40),
  });
  expect(await machine.atmos('auth user configure --stdin --no-verify', { input })).toMatchObject({
    exitCode: 0,
  });
  const { exitCode, stderr } = await machine.atmos('auth whoami');
  expect({ exitCode, stderr: stderr.includes('there is no session') }).toEqual({
    exitCode: 4,
    stderr: true,
  });
});
