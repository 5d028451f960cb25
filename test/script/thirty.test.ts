import { expect, test } from 'vitest';
import {
  configOf,
  mfaDevice,
  openConfiguredMachine,
  sessionCalls,
  type Machine,
  type Result,
} from './machine.ts';

const limitMs = 120_000;

test(
  'thirty programs that need credentials at once share one login',
  { timeout: limitMs },
  async () => {
    const machine = await openConfiguredMachine();
    const answers = await askThirtyTimes(machine);
    for (const { exitCode, stdout } of answers) {
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        Version: 1,
        AccessKeyId: expect.stringMatching(/^ASIA/),
      });
    }
    expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
    expect(sessionCalls(machine)).toHaveLength(1);
  },
);

test(
  'thirty programs with the same MFA code send it once when it is refused',
  { timeout: limitMs },
  async () => {
    const machine = await openConfiguredMachine({ mfaCodes: [] });
    machine.writeConfig(configOf(machine, { identity: `credentials:\n  mfa_arn: ${mfaDevice}` }));
    machine.env['ATMOS_MFA_TOKEN'] = '123456';
    for (const { exitCode, stdout, stderr } of await askThirtyTimes(machine)) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toContain(
        `AWS refused the MFA code of ${mfaDevice}: wrong, expired, or used before`,
      );
    }
    expect(sessionCalls(machine)).toHaveLength(1);
  },
);

/**
 * Thirty processes at once. AWS answers the first one after all others report that they wait for
 * it.
 */
async function askThirtyTimes(machine: Machine): Promise<Result[]> {
  let waiting = 0;
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  machine.sts.script({ until });
  const onStderr = (text: string) => {
    if (text.includes('waiting for process') && ++waiting === 29) release();
  };
  const ask = () => machine.atmos('auth credential-process', { onStderr });
  return Promise.all(Array.from({ length: 30 }, ask));
}
