import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configOf, openConfiguredMachine, password } from '../script/machine.ts';

/**
 * Tests that a program on an AWS SDK, which calls GetCallerIdentity with the SDK's default credential
 * chain, is the user of an aws/user identity when `auth exec` starts it. The stand-in for AWS STS
 * verifies what the SDK signed.
 *
 * @param command the program and its arguments
 */
export function testAsClient(command: readonly string[]): void {
  test.each(['env', 'process'])('calls AWS with the credentials of exec, mode %s', async (mode) => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(configOf(machine, { identity: 'credentials:\n  region: eu-west-1' }));
    const file = join(machine.home, 'password');
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    // The SDK alone gets the endpoint: atmos has that of the configuration.
    const endpoint = ['/usr/bin/env', `AWS_ENDPOINT_URL=${machine.sts.url}`];
    const exec = ['auth', 'exec', '--credentials', mode, '--', ...endpoint, ...command];
    const { exitCode, stdout, stderr } = await machine.atmos(exec, {
      env: { ATMOS_KEYRING_PASSWORD: undefined, ATMOS_KEYRING_PASSWORD_FILE: file },
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(stdout)).toEqual({
      account: '123456789012',
      arn: 'arn:aws:iam::123456789012:user/emergency',
    });
    expect(machine.sts.requests()).toEqual({ GetSessionToken: 1, GetCallerIdentity: 1 });
    expect(machine.sts.calls.at(-1)?.accessKeyId).toMatch(/^ASIA/);
  });
}
