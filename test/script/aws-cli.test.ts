import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { peer } from '../support/peers.ts';
import {
  openConfiguredMachine,
  password,
  sessionCalls,
  type Machine,
  type Result,
} from './machine.ts';

const aws = peer('awscli')?.path ?? '';
const caller = {
  Account: '123456789012',
  Arn: 'arn:aws:iam::123456789012:user/emergency',
  UserId: expect.stringMatching(/^AIDA/),
};
const callIdentity = ({ sts }: Machine) => [
  'sts',
  'get-caller-identity',
  '--output',
  'json',
  '--endpoint-url',
  sts.url,
];

/** The request used our session, and its signature was valid for the test server. */
function expectCaller(machine: Machine, { exitCode, stdout, stderr }: Result, warning = ''): void {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: warning });
  expect(JSON.parse(stdout)).toEqual(caller);
  expect(machine.sts.calls.at(-1)).toMatchObject({
    action: 'GetCallerIdentity',
    accessKeyId: expect.stringMatching(/^ASIA/),
  });
}

describe.skipIf(!aws)('the AWS CLI', () => {
  test('gets credentials from exec, whatever other AWS settings exist', async () => {
    const machine = await openConfiguredMachine();
    putOthers(machine);
    for (const mode of [[], ['--credentials', 'env']]) {
      expectCaller(
        machine,
        await machine.atmos(['auth', 'exec', ...mode, '--', aws, ...callIdentity(machine)]),
      );
    }
    expect(sessionCalls(machine)).toHaveLength(1);
  });

  test('gets credentials from exec through a profile whose password comes from a file', async () => {
    const machine = await openConfiguredMachine();
    putOthers(machine);
    const file = join(machine.home, 'password');
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    const env = { ATMOS_KEYRING_PASSWORD: undefined, ATMOS_KEYRING_PASSWORD_FILE: file };
    const command = [
      'auth',
      'exec',
      '--credentials',
      'process',
      '--',
      aws,
      ...callIdentity(machine),
    ];
    expectCaller(
      machine,
      await machine.atmos(command, { env }),
      'warning: --credentials process hides AWS files from programs: ~/.aws/config, ~/.aws/credentials\n',
    );
  });

  test('gets credentials from the profile of env in another directory, with an empty PATH and no other variables', async () => {
    const machine = await openConfiguredMachine();
    putOthers(machine);
    const { stdout: lines } = await machine.atmos('auth env');
    const elsewhere = join(machine.home, 'else where');
    mkdirSync(elsewhere);
    const shell = ['-c', 'eval "$1"; shift; exec "$@"', 'sh', lines, aws, ...callIdentity(machine)];
    const bare = ['-i', 'PATH=', `HOME=${machine.home}`, `ATMOS_KEYRING_PASSWORD=${password}`];
    const run = () => machine.run('env', [...bare, '/bin/sh', ...shell], { directory: elsewhere });
    expectCaller(machine, await run());
    expectCaller(machine, await run());
    expect(sessionCalls(machine)).toHaveLength(1);

    const { stdout } = await machine.run('env', [
      '-i',
      'PATH=',
      '/bin/sh',
      '-c',
      'eval "$1"; export',
      'sh',
      lines,
    ]);
    expect(stdout).not.toMatch(/AKIA|ASIA|SECRET_ACCESS|SESSION_TOKEN/);
  });

  test("shows the reason when the profile's credentials are not available", async () => {
    const machine = await openConfiguredMachine();
    const { stdout: lines } = await machine.atmos('auth env');
    const result = await machine.run(
      '/bin/sh',
      ['-c', 'eval "$1"; shift; exec "$@"', 'sh', lines, aws, ...callIdentity(machine)],
      { env: { ATMOS_KEYRING_PASSWORD: 'not the password' } },
    );
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('does not open the keyring');
  });
});

/** Foreign access keys in every place where the AWS CLI looks. The server refuses them all. */
function putOthers(machine: Machine): void {
  const { home, env } = machine;
  const [id, secret] = ['AKIAI44QH8DHBEXAMPLE', 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY'];
  const keys = `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
  mkdirSync(join(home, '.aws'));
  writeFileSync(join(home, '.aws/credentials'), `[default]\n${keys}\n[atmos]\n${keys}`);
  writeFileSync(join(home, '.aws/config'), '[default]\nregion = eu-west-3\n');
  Object.assign(env, {
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_PROFILE: 'atmos',
    AWS_DEFAULT_PROFILE: 'default',
  });
}
