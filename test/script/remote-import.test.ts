import { expect, test } from 'vitest';
import { openMachine } from './machine.ts';

const config = `import:
  - https://me:hunter2@example.com/central/atmos.yaml?token=hunter2
auth:
  realm: central
  keyring: { type: file }
  identities:
    me: { kind: aws/user, default: true }
    stub: { default: false }
`;

test('a remote import fails only the commands that depend on it, and shows no password', async () => {
  const machine = await openMachine();
  machine.writeConfig(config);
  const at = `import.0 (${machine.project}/atmos.yaml:2:5)`;
  const warning = `warning: ${at} is a remote import, which is not fetched: download it into the project and import that file\n`;
  const note = `; ${at} is a remote import, which is not fetched`;
  const hint = 'hint: download it into the project and import that file\n';

  for (const command of ['auth keyring list', 'auth keyring status', 'auth logout --all']) {
    const { exitCode, stderr } = await machine.atmos(command);
    expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
    expect(stderr).toContain(warning);
    expect(stderr).not.toContain('error:');
  }
  const own = await machine.atmos('auth whoami');
  expect(own).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('identity me') });

  expect(await machine.atmos('auth login -i other')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `${warning}error: unknown identity "other": expected one of me, stub in ${machine.project}/atmos.yaml${note}\n${hint}`,
  });
  expect(await machine.atmos('auth login -i stub')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `${warning}error: identity "stub" (${machine.project}/atmos.yaml:8:5) has no kind${note}\n${hint}hint: add kind: aws/user (${machine.project}/atmos.yaml:8:5)\n`,
  });
  const profile = await machine.atmos('auth login --profile gone');
  expect(profile.exitCode).toBe(2);
  expect(profile.stderr).toMatch(/^error: unknown profile "gone" .*: no profiles exist in /);
  expect(profile.stderr).toContain(`${note}\n${hint}`);
  expect(await machine.atmos('profile show gone')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`${note}\n${hint}`),
  });

  machine.writeConfig('import: git::https://example.com/x.git//atmos.yaml\n');
  expect(await machine.atmos('auth login')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(
      `error: no identities are configured; import (${machine.project}/atmos.yaml:1:9) is a remote import, which is not fetched\n${hint}`,
    ),
  });
});

test('validate warns about a missing provider, because a remote import may define it', async () => {
  const machine = await openMachine();
  machine.writeConfig(`import: https://example.com/atmos.yaml
auth:
  identities:
    ci: { kind: gcp/project    , via: { provider: oidc } }
    ops: { kind: gcp/project    , via: { identity: base } }
`);
  const { exitCode, stderr } = await machine.atmos('auth validate');
  const note = `; import (${machine.project}/atmos.yaml:1:9) is a remote import, which is not fetched`;
  expect(exitCode).toBe(0);
  expect(stderr).toContain(
    `warning: auth.identities.ci.via.provider (${machine.project}/atmos.yaml:4:51) is not a provider: "oidc"${note}\n`,
  );
  expect(stderr).toContain(
    `warning: auth.identities.ops.via.identity (${machine.project}/atmos.yaml:5:52) is not an identity: "base"${note}\n`,
  );
});
