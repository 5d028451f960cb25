import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { atTerminal } from './at-terminal.ts';
import { installBrowser, openPortal, type Corp } from './corp.ts';

// A new colleague has what the AWS CLI needs, and edits no file.

const aws = peer('awscli')?.path ?? '';
const callerArguments = ['sts', 'get-caller-identity', '--output', 'json'];
const limitMs = 120_000;
const accounts = Array.from({ length: 12 }, (_, at) => ({
  id: String(100_000_000_001 + at),
  name: `team-${at}`,
  email: `team-${at}@example.com`,
  roles: ['Developer'],
}));

function awsConfig({ center: { startUrl, region } }: Corp): string {
  const session = `[sso-session corp]\nsso_start_url = ${startUrl}\nsso_region = ${region}\nsso_registration_scopes = sso:account:access\n`;
  const profiles = accounts.map(
    ({ id, name }) =>
      `[profile ${name}]\nsso_session = corp\nsso_account_id = ${id}\nsso_role_name = Developer\nregion = ${region}\n`,
  );
  return [session, ...profiles].join('\n');
}

/** A home directory with 12 profiles, of a person who allows what the page asks. */
async function openColleague() {
  const machine = await openPortal({ accounts, pages: 'allow' });
  const { env, home, project, center, sts, run } = machine;
  rmSync(join(project, 'atmos.yaml'));
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/config'), awsConfig(machine));
  env['AWS_ENDPOINT_URL_SSO'] = center.url;
  env['AWS_ENDPOINT_URL_SSO_OIDC'] = center.url;
  env['ATMOS_KEYRING_TYPE'] = 'file';
  env['AWS_EC2_METADATA_DISABLED'] = 'true';
  // The AWS CLI of Debian ignores AWS_ENDPOINT_URL_STS.
  const call = (profile: string) =>
    run(aws, [...callerArguments, '--profile', profile, '--endpoint-url', sts.url]);
  const caller = async (profile: string) => {
    const { exitCode, stdout, stderr } = await call(profile);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  return { ...machine, call, caller, pages: installBrowser(machine) };
}

describe.skipIf(!aws)('a new colleague', { timeout: limitMs }, () => {
  test('signs in once in the browser, uses profiles in the AWS CLI, and signs out', async () => {
    const machine = await openColleague();
    const { center, caller, atmos } = machine;
    expect(await atmos('auth init --yes')).toMatchObject({ exitCode: 0 });
    const session = atTerminal(machine, 'auth login -i team-0');
    await session.waitFor('Logged in as team-0');
    expect(await session.ended).toMatchObject({ exitCode: 0 });

    // The profiles of the AWS CLI already have these names, and the hint says what to do.
    const refused = await atmos('auth aws-config --write');
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain('hint: atmos auth aws-config --write --prefix atmos-\n');
    const written = await atmos('auth aws-config --write --prefix atmos-');
    expect(written).toMatchObject({ exitCode: 0 });
    for (const [at, { id }] of accounts.entries()) {
      if (at % 11 > 0) continue;
      expect(await caller(`atmos-team-${at}`)).toMatchObject({
        Account: id,
        Arn: expect.stringContaining(':assumed-role/AWSReservedSSO_Developer_'),
      });
    }
    expect(machine.pages()).toEqual([expect.stringContaining(`${center.url}/authorize?`)]);
    expect(center.requests()).toEqual({
      RegisterClient: 1,
      Authorize: 1,
      'CreateToken authorization_code': 1,
      GetRoleCredentials: 2,
    });

    expect(await atmos('auth logout --provider corp')).toMatchObject({ exitCode: 0 });
    expect(center.requests()).toMatchObject({ Logout: 1 });
    expect(center.problems()).toEqual([]);
    const after = await machine.call('atmos-team-0');
    expect(after.exitCode).not.toBe(0);
    expect(after.stderr).toContain('atmos auth login --provider corp');
  });

  test('signs in with a code, and allows it on another device', async () => {
    const machine = await openColleague();
    expect(await machine.atmos('auth init --yes')).toMatchObject({ exitCode: 0 });
    const session = atTerminal(machine, 'auth login -i team-11 --device-code --no-browser');
    await session.waitFor('Continue only if the page shows the code ');
    machine.center.approve({ userCode: /[A-Z]{4}-[A-Z]{4}/.exec(session.shown())?.[0] ?? '' });
    await session.waitFor('Logged in as team-11');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(machine.pages()).toEqual([]);
    const written = await machine.atmos('auth aws-config --write --prefix atmos-');
    expect(written).toMatchObject({ exitCode: 0 });
    expect(await machine.caller('atmos-team-11')).toMatchObject({ Account: accounts[11]?.id });
    expect(machine.center.requests()).toMatchObject({
      StartDeviceAuthorization: 1,
      GetRoleCredentials: 1,
    });
  });
});
