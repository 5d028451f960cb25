import { expect, test } from 'vitest';
import { createMfaProgram } from '../../../src/clouds/aws/mfa-program.ts';
import { errorOf } from '../../support/error-of.ts';
import { openContext } from '../open-context.ts';

/** A program that prints these outputs, on a machine whose clock only moves while it sleeps. */
function programOf(...outputs: readonly string[]) {
  let now = new Date('2026-01-01T00:00:10Z');
  const sleeps: number[] = [];
  const waits: string[] = [];
  let runs = 0;
  const context = openContext({
    now: () => now,
    async sleep(milliseconds) {
      sleeps.push(milliseconds);
      now = new Date(now.getTime() + milliseconds);
    },
    waiting(what) {
      waits.push(what);
      return undefined;
    },
    runShell: async () => ({
      exitCode: 0,
      stdout: Buffer.from(outputs[runs++] ?? ''),
      timedOut: false,
      wroteTooMuch: false,
    }),
  });
  const program = createMfaProgram({ command: 'code', place: '/p/a.yaml:3:5' }, context);
  return { program, sleeps, waits };
}

test('a code is what the program prints, also in groups', async () => {
  const { program, sleeps } = programOf('123 456\n');
  expect(await program()).toBe('123456');
  expect(sleeps).toEqual([]);
});

test('a second code is requested in the next period of 30 seconds only', async () => {
  const { program, sleeps, waits } = programOf('111111', '222222', '333333');
  expect(await program()).toBe('111111');
  expect(await program()).toBe('222222');
  expect(await program()).toBe('333333');
  expect(sleeps).toEqual([20_000, 30_000]);
  expect(waits).toEqual(['the next MFA code', 'the next MFA code']);
});

test.each(['', 'canary', '12345', '1234567', '123456\n654321'])(
  'an output that is not one code is refused and not quoted: %j',
  async (output) => {
    const error = await errorOf(programOf(output).program());
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(
      'the MFA command (/p/a.yaml:3:5) did not print one code of six digits',
    );
  },
);
