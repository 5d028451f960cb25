import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { IdentityCenterOptions } from '../support/aws/identity-center-types.ts';
import { atTerminal } from './at-terminal.ts';
import { openPortal, type Corp } from './corp.ts';

/** A machine whose provider `corp` lists identities, and whose users are signed in without a page. */
export async function openProvisioning(
  options: IdentityCenterOptions = {},
  { spec = '', identities = '{}', session = '' } = {},
): Promise<Corp> {
  const machine = await openPortal({ isPreauthorized: true, pollIntervalSeconds: 0, ...options });
  machine.env['ATMOS_AUTH_TRUST'] = '1';
  machine.writeConfig(`auth:
  realm: r
  keyring: { type: file }
  ${session}
  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: ${machine.center.startUrl}
      region: ${machine.center.region}
      auto_provision_identities: true
      spec: { endpoint_url: "${machine.center.url}", flow: device ${spec && `, ${spec}`} }
  identities: ${identities}
`);
  return machine;
}

/** Runs a command in a terminal, where the person signs in at once. */
export async function inTerminal(
  machine: Corp,
  command: string,
): Promise<{ exitCode: number | null; shown: string }> {
  const session = atTerminal(machine, command);
  const { exitCode } = await session.ended;
  return { exitCode, shown: session.shown() };
}

export async function signIn(machine: Corp): Promise<void> {
  const { exitCode, shown } = await inTerminal(machine, 'auth login --provider corp');
  expect({ exitCode, shown }).toEqual({ exitCode: 0, shown: expect.anything() });
}

/** The file with the list. */
export function listFile({ home }: Corp): string {
  const directory = join(home, '.local/state/atmos/provisioned');
  return join(directory, readdirSync(directory)[0] ?? '');
}

export function editList(machine: Corp, edit: (text: string) => string): string {
  const path = listFile(machine);
  writeFileSync(path, edit(readFileSync(path, 'utf8')), { mode: 0o600 });
  return path;
}

/** The names that `auth list` shows. */
export async function listedNames(machine: Corp): Promise<readonly string[]> {
  const { stdout } = await machine.atmos('auth list -o json');
  return Object.keys(JSON.parse(stdout).identities);
}
