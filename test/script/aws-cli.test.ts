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

/** It asked with a session of ours, signed so that the stand-in took it. */
function expectCaller(machine: Machine, { exitCode, stdout, stderr }: Result, warning = ''): void {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: warning });
  expect(JSON.parse(stdout)).toEqual(caller);
  expect(machine.sts.calls.at(-1)).toMatchObject({
    action: 'GetCallerIdentity',
    accessKeyId: expect.stringMatching(/^ASIA/),
  });
}

describe.skipIf(!aws)('the AWS CLI', () => {
  test('has its credentials from exec, whatever else of AWS is about', async () => {
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

  test('has them from exec through a profile, where the password comes from a file', async () => {
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

  test('has them from the profile of env: another directory, an empty PATH, nothing else set', async () => {
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

  test('says why, where the profile cannot be served', async () => {
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

/** Keys of somebody else wherever the AWS CLI looks: any of them would be refused. */
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
