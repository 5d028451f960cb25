import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configOf, openConfiguredMachine } from './machine.ts';

describe('ATMOS_AUTH_TRUST', () => {
  test.each(['true', 'yes', '0', ' 1'])('%s is ignored, and the error says so', async (value) => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(`${configOf(machine)}env: { STAGE: prod }\n`);
    const env = { ATMOS_AUTH_TRUST: value };
    const note = `; ATMOS_AUTH_TRUST is ${JSON.stringify(value)}, but only the value 1 is accepted\n`;
    const ofProject = await machine.atmos('auth exec -i off -- true', { env });
    expect(ofProject.exitCode).toBe(2);
    expect(ofProject.stderr).toContain(
      `is not trusted: it sets STAGE to "prod" for programs (set by env.STAGE (${machine.project}/atmos.yaml:`,
    );
    expect(ofProject.stderr).toContain(note);

    chmodSync(`${machine.project}/atmos.yaml`, 0o666);
    const ofFile = await machine.atmos('auth exec -i off -- true', { env });
    expect(ofFile.exitCode).toBe(2);
    expect(ofFile.stderr).toContain(
      `error: ${machine.project}/atmos.yaml can be written by other users, so it is not used${note}`,
    );
  });

  test.each(['', undefined])('%j is not mentioned', async (value) => {
    const machine = await openConfiguredMachine();
    machine.writeConfig(`${configOf(machine)}env: { STAGE: prod }\n`);
    const { exitCode, stderr } = await machine.atmos('auth exec -i off -- true', {
      env: { ATMOS_AUTH_TRUST: value },
    });
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain('only 1 counts');
  });
});

test('trust in a command covers its output in the env of an identity', async () => {
  const machine = await openConfiguredMachine();
  const identity = 'env: [{ key: STAGE, value: !exec echo swordfish }]';
  machine.writeConfig(configOf(machine, { identity }));
  const refused = await machine.atmos('auth env -f json');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('is not trusted: it runs echo swordfish (set by ');
  expect(await machine.atmos('auth trust --yes')).toMatchObject({ exitCode: 0 });
  const { stdout, stderr } = await machine.atmos('auth env -f json');
  expect(JSON.parse(stdout)).toMatchObject({ STAGE: 'swordfish' });
  expect(stderr).toBe('');
});
