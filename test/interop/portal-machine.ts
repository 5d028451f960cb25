import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openMachine, type Machine, type Result } from '../script/machine.ts';
import { startIdentityCenter } from '../support/aws/identity-center.mjs';
import type {
  CachedToken,
  IdentityCenter,
  IdentityCenterOptions,
} from '../support/aws/identity-center-types.ts';

/** A machine with a profile for a role of the portal, and the file of tokens that all clients share. */
export interface PortalMachine extends Machine {
  readonly identityCenter: IdentityCenter;
  readToken(): CachedToken;
  writeToken(token: CachedToken): void;
}

/** Its programs are sent to the stand-ins. They stop when the test ends. */
export async function openPortalMachine(options?: IdentityCenterOptions): Promise<PortalMachine> {
  const machine = await openMachine();
  const { home, sts, run } = machine;
  const identityCenter = await startIdentityCenter({
    onCredentials: sts.addSession,
    ...options,
  });
  onTestFinished(identityCenter.close);
  const directory = join(home, '.aws/sso/cache');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(home, '.aws/config'), configOf(identityCenter));
  const file = join(directory, `${createHash('sha1').update('corp').digest('hex')}.json`);
  const env = {
    AWS_PROFILE: 'dev',
    AWS_ENDPOINT_URL_SSO: identityCenter.url,
    AWS_ENDPOINT_URL_SSO_OIDC: identityCenter.url,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The SDK for JavaScript warns of Node 20.
    NODE_NO_WARNINGS: '1',
  };
  return {
    ...machine,
    identityCenter,
    run: (program, args, given) => run(program, args, { ...given, env: { ...env, ...given?.env } }),
    readToken: () => JSON.parse(readFileSync(file, 'utf8')) as CachedToken,
    writeToken: (token) => writeFileSync(file, JSON.stringify(token), { mode: 0o600 }),
  };
}

function configOf({ startUrl, region }: IdentityCenter): string {
  return `[profile dev]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = ReadOnly
region = ${region}
output = json

[sso-session corp]
sso_start_url = ${startUrl}
sso_region = ${region}
sso_registration_scopes = sso:account:access
`;
}

/** The program called GetCallerIdentity with credentials of the role. */
export function expectCaller({ exitCode, stdout, stderr }: Result): void {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const arn = /"arn": ?"([^"]+)"/i.exec(stdout)?.[1];
  expect(arn).toMatch(
    /^arn:aws:sts::111111111111:assumed-role\/AWSReservedSSO_ReadOnly_[0-9a-f]{16}\/ada$/,
  );
}
