import { expect, test } from 'vitest';
import { openConfiguredMachine } from './machine.ts';

// A log on standard error appears together with the output of the command.

test.each([
  ['Warning', 0],
  ['Info', 0],
  ['Debug', 1],
])(
  'at level %s a failed command reports its error once, and its log %s times',
  async (level, logged) => {
    const machine = await openConfiguredMachine();
    const env = { ATMOS_LOGS_LEVEL: level, ATMOS_KEYRING_PASSWORD: undefined };
    const { exitCode, stderr } = await machine.atmos('auth credential-process', { env });
    expect(exitCode).toBe(3);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr.match(/command\.failed/g) ?? []).toHaveLength(logged);
  },
);

test('a log file contains every event', async () => {
  const machine = await openConfiguredMachine();
  const file = `${machine.root}/atmos.log`;
  const env = {
    ATMOS_LOGS_LEVEL: 'Info',
    ATMOS_LOGS_FILE: file,
    ATMOS_KEYRING_PASSWORD: undefined,
  };
  await machine.atmos('auth credential-process', { env });
  const { stdout } = await machine.run('cat', [file]);
  expect(stdout).toContain('command.failed');
  expect(stdout).toContain('ERR_KEYRING_PASSWORD_REQUIRED');
});
