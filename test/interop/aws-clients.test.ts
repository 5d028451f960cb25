import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { configOf, keyOnStdin, openConfiguredMachine } from '../script/machine.ts';
import { builtCli } from '../support/built.ts';
import { peer } from '../support/peers.ts';
import { testAsClient } from './aws-clients.ts';

// The AWS CLI is in test/script/aws-cli.test.ts.
const [python, go] = [peer('aws-python'), peer('go-sdk')];
const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('the AWS SDK for JavaScript', () => {
  testAsClient([process.execPath, pathOf('js-sdk-program.mjs')]);
});

describe.skipIf(!python)('boto3', () => {
  testAsClient([python?.path ?? '', pathOf('python/caller.py')]);
});

describe.skipIf(!go)('the AWS SDK for Go', () => {
  testAsClient([go?.path ?? '']);

  test('calls AWS with three profiles in one process, of which one has no credentials', async () => {
    const machine = await openConfiguredMachine();
    const others = ['second', 'third'].map((name) => identityOf(name, machine.sts.url));
    machine.writeConfig(configOf(machine) + others.join(''));
    const stored = await machine.atmos('auth user configure --stdin -i second', {
      input: keyOnStdin,
    });
    expect(stored.exitCode).toBe(0);
    const file = join(machine.home, 'aws-config');
    const names = ['emergency-user', 'second', 'third'];
    writeFileSync(file, names.map(profileOf).join(''));
    const { stdout, stderr } = await machine.run(go?.path ?? '', names, {
      env: { AWS_CONFIG_FILE: file, AWS_ENDPOINT_URL: machine.sts.url },
    });
    expect(stderr).toContain('atmos auth user configure --identity third');
    const callers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const caller = {
      account: '123456789012',
      arn: 'arn:aws:iam::123456789012:user/emergency',
    };
    expect(callers).toEqual([caller, caller, { error: expect.stringContaining('exit status') }]);
  });
});

function identityOf(name: string, endpoint: string): string {
  return `    ${name}:\n      kind: aws/user\n      spec:\n        endpoint_url: ${endpoint}\n`;
}

function profileOf(name: string): string {
  const command = `${process.execPath} ${builtCli()} auth credential-process -i ${name}`;
  return `[profile ${name}]\nregion = eu-west-1\ncredential_process = ${command}\n`;
}
