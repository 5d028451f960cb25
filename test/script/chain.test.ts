import { expect, test } from 'vitest';
import { keyOnStdin, openMachine, type Machine } from './machine.ts';

// A role that is opened with a role that is opened with a user, with the built program.

const arnOf = (role: string) => `arn:aws:iam::123456789012:role/${role}`;
const sts = {
  roles: [
    { arn: arnOf('hub'), trust: [{ principal: 'arn:aws:iam::123456789012:user/emergency' }] },
    { arn: arnOf('team/spoke'), trust: [{ principal: arnOf('hub'), externalId: 'partner-7' }] },
  ],
};

const configOf = ({ sts: { url } }: Machine, spoke = "external_id: 'partner-7'") => `auth:
  realm: chains
  keyring: { type: file }
  identities:
    emergency: { kind: aws/user, spec: { endpoint_url: '${url}' } }
    hub:
      kind: aws/assume-role
      via: { identity: emergency }
      spec: { endpoint_url: '${url}' }
      principal: { assume_role: '${arnOf('hub')}', region: eu-west-1 }
    spoke:
      kind: aws/assume-role
      default: true
      via: { identity: hub }
      spec: { endpoint_url: '${url}' }
      principal: { assume_role: '${arnOf('team/spoke')}', ${spoke} }
`;

async function openChain(): Promise<Machine> {
  const machine = await openMachine({ sts });
  machine.writeConfig(configOf(machine));
  const configured = await machine.atmos(
    'auth user configure --identity emergency --stdin --no-verify',
    { input: keyOnStdin },
  );
  expect(configured).toMatchObject({ exitCode: 0 });
  return machine;
}

test('one login opens every link, and a program gets the session of the last one', async () => {
  const machine = await openChain();
  expect(await machine.atmos('auth validate')).toMatchObject({ exitCode: 0 });
  expect(await machine.atmos('auth login')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^✓ Logged in as spoke until /),
  });
  expect(machine.sts.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 2 });
  const { stdout } = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(stdout)).toMatchObject({
    identity: 'spoke',
    provider: 'hub',
    region: 'eu-west-1',
    principal: expect.stringContaining(':assumed-role/spoke/atmos-spoke-'),
  });
  const program = `process.stdout.write(process.env.AWS_REGION + ' ' + process.env.AWS_ACCESS_KEY_ID.slice(0, 4))`;
  expect(
    await machine.atmos(['auth', 'exec', '--', process.execPath, '-e', program]),
  ).toMatchObject({ exitCode: 0, stdout: 'eu-west-1 ASIA' });
  expect(machine.sts.requests()).toEqual({
    GetSessionToken: 1,
    AssumeRole: 2,
    GetCallerIdentity: 1,
  });
});

test('a profile of auth env gives the session of the chain from another directory', async () => {
  const machine = await openChain();
  const { stdout } = await machine.atmos('auth env --format json');
  const { AWS_CONFIG_FILE: file } = JSON.parse(stdout) as Record<string, string>;
  const handle = file?.replace(/\.aws-config$/, '.json') ?? '';
  const answer = await machine.atmos(['auth', 'credential-process', '--handle', handle], {
    directory: machine.home,
  });
  expect(answer).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(answer.stdout)).toMatchObject({
    Version: 1,
    AccessKeyId: expect.stringMatching(/^ASIA/),
  });
  expect(machine.sts.requests()).toEqual({ GetSessionToken: 1, AssumeRole: 2 });
});

test('a role that may not be opened is an error that names the link and both causes', async () => {
  const machine = await openChain();
  machine.writeConfig(configOf(machine, "external_id: 'wrong'"));
  const { exitCode, stdout, stderr } = await machine.atmos('auth login');
  expect(exitCode).toBe(4);
  expect(stdout).toBe('');
  expect(stderr).toContain(
    'error: no session for identity spoke (identity emergency → identity hub → identity spoke): link 3 of 3, identity spoke (aws/assume-role): AWS denies sts:AssumeRole of arn:aws:iam::123456789012:role/team/spoke: ',
  );
  expect(stderr).toContain('hint: the trust policy of the role may not allow it');
  expect(stderr).toContain(
    'hint: the caller may have no permission for sts:AssumeRole on this role',
  );
});

test('every wrong setting of a role is reported with its place, and nothing is opened', async () => {
  const machine = await openChain();
  const wrong = `external_id: 'x', duration: 13h, region: cn-north-1, session_tags: { Team: a, team: b }, transitive_tags: [none], policy_arns: [ReadOnly], source_identity: 'aws:me'`;
  machine.writeConfig(configOf(machine, wrong).replace('role/team/spoke', 'user/spoke'));
  const { exitCode, stderr } = await machine.atmos('auth validate');
  expect(exitCode).toBe(2);
  const at = `auth.identities.spoke.principal`;
  for (const finding of [
    `${at}.assume_role`,
    `${at}.duration`,
    `${at}.external_id`,
    `${at}.source_identity`,
    `${at}.session_tags.team`,
    `${at}.transitive_tags.0`,
    `${at}.policy_arns.0`,
  ]) {
    expect(stderr).toContain(`error: ${finding} (`);
  }
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 2 });
  expect(machine.sts.calls).toEqual([]);
});
