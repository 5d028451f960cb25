import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOnStdin, openMachine } from './machine.ts';

test('an error about the only access key, whose identity has a slash in its name, says which password to use', async () => {
  const machine = await openMachine();
  machine.writeConfig(`auth:
  realm: script
  keyring: {type: file}
  identities:
    team/dev: {kind: aws/user, spec: {endpoint_url: ${machine.sts.url}}}
`);
  const configure = (env = {}) =>
    machine.atmos('auth user configure --stdin --no-verify -i team/dev', {
      input: keyOnStdin,
      env,
    });
  expect(await configure()).toMatchObject({ exitCode: 0 });
  rmSync(join(machine.keyring, '.state'), { recursive: true });
  const second = { ATMOS_KEYRING_PASSWORD: 'a second password' };
  const refused = await configure(second);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain(
    `the password (from ATMOS_KEYRING_PASSWORD) does not open the keyring ${machine.keyring}`,
  );
  const rekey = await machine.atmos('auth keyring rekey --stdin', {
    input: 'x'.repeat(9),
    env: second,
  });
  expect(rekey).toMatchObject({ exitCode: 3 });
  expect(await machine.atmos('auth keyring unlock', { env: second })).toMatchObject({
    exitCode: 3,
  });
  const listed = await machine.atmos('auth keyring list --long');
  expect(listed.exitCode).toBe(0);
  expect(listed.stdout).toContain('team/dev');
});
