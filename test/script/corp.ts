import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { startIdentityCenter } from '../support/aws/identity-center.mjs';
import type {
  IdentityCenter,
  IdentityCenterOptions,
} from '../support/aws/identity-center-types.ts';
import type { PtySession } from '../support/pty.ts';
import { openMachine, type Machine } from './machine.ts';

/** A machine whose users sign in at a portal of IAM Identity Center. */
export interface Corp extends Machine {
  readonly center: IdentityCenter;
}

/** A machine with a stand-in for the portal, whose sessions the stand-in for AWS STS knows. */
export async function openPortal(options: IdentityCenterOptions = {}): Promise<Corp> {
  const machine = await openMachine();
  const center = await startIdentityCenter({ onCredentials: machine.sts.addSession, ...options });
  onTestFinished(() => center.close());
  machine.env['AWS_ENDPOINT_URL_STS'] = machine.sts.url;
  return { ...machine, center };
}

/** A machine with the provider `corp`, which is trusted, and the identity `dev`. */
export async function openCorp(spec = '', options: IdentityCenterOptions = {}): Promise<Corp> {
  const machine = await openPortal(options);
  machine.env['ATMOS_AUTH_TRUST'] = '1';
  machine.writeConfig(corpConfig(machine, { spec }));
  return machine;
}

/** An atmos.yaml with the provider `corp` and the identity `dev`. `spec` is a line of YAML. */
export function corpConfig(
  { center }: Pick<Corp, 'center'>,
  { spec = '', region = center.region, account = center.accounts[0]?.id, role = 'ReadOnly' } = {},
): string {
  return `auth:
  realm: r
  keyring: { type: file }
  providers:
    corp:
      kind: aws/iam-identity-center
      start_url: ${center.startUrl}
      region: ${region}
      spec:
        endpoint_url: ${center.url}
        ${spec}
  identities:
    dev:
      kind: aws/permission-set
      default: true
      via: { provider: corp }
      principal: { name: ${role}, account: { id: "${account}" } }
`;
}

/** The address that the terminal shows, as a person would open it on any machine. */
export async function shownPage(session: PtySession): Promise<string> {
  await session.waitFor('Sign in for provider corp on this page until ');
  await session.waitFor('\r\n');
  await session.waitFor('\r\n');
  return /https?:[!-~]+/.exec(session.shown())?.[0] ?? '';
}

/** Where the page leads that the person allows. */
export async function lastPage(address: string): Promise<string> {
  const response = await fetch(address, { redirect: 'manual' });
  return response.headers.get('location') ?? '';
}

/**
 * Gives the machine's user a browser that can reach the programs of the machine, wherever the tests
 * run: it is the only one for a person who is signed in by SSH with a display.
 *
 * @returns the addresses that were opened
 */
export function installBrowser({ env, root }: Machine): () => readonly string[] {
  const record = join(root, 'opened-pages');
  const program = fileURLToPath(new URL('browser.mjs', import.meta.url));
  env['BROWSER'] = `${process.execPath} ${program} ${record}`;
  env['SSH_CONNECTION'] = '192.0.2.1 50000 192.0.2.2 22';
  env['DISPLAY'] = ':0';
  return () => {
    try {
      return readFileSync(record, 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  };
}
