import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { configOf, keyOnStdin, openConfiguredMachine } from './machine.ts';

/**
 * A machine whose user has logged in, and the handle of the identity.
 *
 * @param options the keyring, with the bus of a Secret Service if it is that of the system
 */
export async function openHandleMachine({ keyring = 'type: file', bus = '' } = {}) {
  const machine = await openConfiguredMachine();
  if (bus !== '') {
    machine.env['DBUS_SESSION_BUS_ADDRESS'] = bus;
    machine.writeConfig(configOf(machine, { keyring }));
    const stored = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
    expect(stored).toMatchObject({ exitCode: 0 });
  }
  const { stdout } = await machine.atmos('auth env -f json');
  const config = readFileSync(JSON.parse(stdout).AWS_CONFIG_FILE, 'utf8');
  const handle = /--handle (\S+)$/m.exec(config)?.[1] ?? '';
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  return { ...machine, handle, record: handle.replace('.json', '.plan') };
}

export type HandleMachine = Awaited<ReturnType<typeof openHandleMachine>>;

/**
 * Runs the program an hour ahead of its files, so that it records its plan.
 *
 * @param script the program
 */
export async function recordPlan(
  { run, root, handle, record }: HandleMachine,
  script: string,
): Promise<void> {
  const words = [
    '--require',
    writeAhead(root),
    script,
    'auth',
    'credential-process',
    '--handle',
    handle,
  ];
  expect(await run(process.execPath, words)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(statSync(record).mode & 0o777).toBe(0o600);
}

/**
 * A module that sets the clock of a program an hour ahead, so that nothing has changed within the last two
 * seconds: then the program records what it has read.
 *
 * @returns its path
 */
export function writeAhead(root: string): string {
  const path = join(root, 'ahead.cjs');
  writeFileSync(
    path,
    'const { now } = Date; class Ahead extends Date { constructor(...args) { super(...(args.length ? args : [now() + 3600e3])); } } globalThis.Date = Ahead;',
  );
  return path;
}
