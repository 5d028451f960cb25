import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compileProgram, type Program } from '../support/compile.ts';

let program: Program;

beforeAll(async () => {
  program = await compileProgram('test/host/end-process-program.ts');
});

afterAll(() => program.remove());

/** Runs the program, and sends the signal once it is ready. */
async function run(how: string, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, [program.file, how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    if (signal !== undefined && data.includes('ready')) child.kill(signal);
  });
  const [exitCode, by] = (await once(child, 'close')) as [number | null, string | null];
  return { exitCode, by, lines: stdout.split('\n').filter((line) => line !== '') };
}

describe('clean-ups that are still registered run once', () => {
  test.each([
    ['exit', 5, ['cleaned up']],
    ['return', 0, ['ready', 'cleaned up']],
  ])('at the end of a process: %s', async (how, exitCode, lines) => {
    expect(await run(how)).toEqual({ exitCode, by: null, lines });
  });

  test
    .skipIf(process.platform === 'win32')
    .each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    'at %s, which then terminates the process',
    async (signal) => {
      const lines = ['ready', 'cleaned up'];
      expect(await run('wait', signal)).toEqual({ exitCode: null, by: signal, lines });
    },
  );

  test.skipIf(process.platform === 'win32')(
    'at a signal that another listener handles, when the process exits',
    async () => {
      const lines = ['ready', 'cleaned up'];
      expect(await run('listen', 'SIGTERM')).toEqual({ exitCode: 3, by: null, lines });
    },
  );
});
