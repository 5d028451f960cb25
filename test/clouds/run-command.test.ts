import { expect, test } from 'vitest';
import { runConfiguredCommand } from '../../src/clouds/run-command.ts';
import type { RunOptions, RunResult } from '../../src/host/host.ts';
import { errorOf } from '../support/error-of.ts';
import { openContext } from './open-context.ts';

const command = { command: 'print canary', title: 'the token command', place: '/p/a.yaml:3:5' };
const limits = { timeoutMs: 20_000, maxBytes: 100 };

/** Runs the command, which behaves as given. */
function run(result: Partial<RunResult> | Error, commandEnv = {}, asked: RunOptions[] = []) {
  const context = openContext(
    {
      async runShell(_, options) {
        asked.push(options);
        if (result instanceof Error) throw result;
        const nothing = { stdout: Buffer.from('canary output'), timedOut: false };
        return { exitCode: 0, wroteTooMuch: false, ...nothing, ...result };
      },
    },
    { commandEnv },
  );
  return runConfiguredCommand(command, context, limits);
}

test('the output of a command is returned as it is', async () => {
  expect(await run({ stdout: Buffer.from(' a\n\n') })).toBe(' a\n\n');
});

test('a command gets the environment for commands and the limits of the caller', async () => {
  const asked: RunOptions[] = [];
  await run({}, { PATH: '/bin' }, asked);
  expect(asked).toEqual([
    { ...limits, env: { PATH: '/bin', ATMOS_AUTH_COMMANDS_RUNNING: '/p/a.yaml:3:5' } },
  ]);
});

test.each([
  [{ exitCode: 3 }, 'failed with exit code 3'],
  [{ exitCode: null }, 'was killed'],
  [{ exitCode: null, timedOut: true }, 'did not exit within 20 seconds'],
  [{ exitCode: null, wroteTooMuch: true }, 'printed more than 100 bytes'],
  [Object.assign(new Error('spawn canary'), { code: 'EAGAIN' }), 'could not be started (EAGAIN)'],
])('a failure is reported without the command and its output: %#', async (result, message) => {
  const error = await errorOf(run(result));
  expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
  expect(error.message).toBe(`the token command (/p/a.yaml:3:5) ${message}`);
});

test('a command that runs atmos, which needs the same command, fails at once', async () => {
  const running = { ATMOS_AUTH_COMMANDS_RUNNING: '/p/b.yaml:1:1\n/p/a.yaml:3:5' };
  const error = await errorOf(run({}, running));
  expect(error.message).toBe(
    'the token command (/p/a.yaml:3:5) runs atmos, which would run the same command again',
  );
});

test('a command may run atmos for another command', async () => {
  const asked: RunOptions[] = [];
  await run({}, { ATMOS_AUTH_COMMANDS_RUNNING: '/p/b.yaml:1:1' }, asked);
  expect(asked[0]?.env['ATMOS_AUTH_COMMANDS_RUNNING']).toBe('/p/b.yaml:1:1\n/p/a.yaml:3:5');
});
