import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runProgram, runShell } from '../../src/host/processes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const options = { env: {}, timeoutMs: 20_000, maxBytes: 1024 };
const node = (script: string, given = {}) =>
  runProgram(process.execPath, ['-e', script], { ...options, ...given });

test('a program receives its input; both outputs and the exit code are returned', async () => {
  const script = `
    process.stdin.pipe(process.stdout);
    process.stderr.write('said');
    process.exitCode = 7;`;
  expect(await node(script, { input: 'given' })).toEqual({
    exitCode: 7,
    stdout: Buffer.from('given'),
    stderr: Buffer.from('said'),
    timedOut: false,
    wroteTooMuch: false,
  });
});

test('a program that does not read its input succeeds', async () => {
  const input = 'x'.repeat(1024 * 1024);
  expect(await node('process.stdin.destroy()', { input })).toMatchObject({ exitCode: 0 });
});

test('a program that does not exit is killed at the time limit', async () => {
  expect(await node('setInterval(() => {}, 1000)', { timeoutMs: 50 })).toMatchObject({
    exitCode: null,
    timedOut: true,
  });
});

test('a child process of a killed program is killed', async () => {
  const file = join(temporaryDirectory(), 'pid');
  const helper = `
    require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid));
    process.stdout.write('x'.repeat(${2 * options.maxBytes}));
    setInterval(() => {}, 1000);`;
  const script = `
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(helper)}], { stdio: 'inherit' });
    setInterval(() => {}, 1000);`;
  expect(await node(script)).toMatchObject({ exitCode: null, wroteTooMuch: true });
  await isGone(file);
});

describe('a command of a shell', () => {
  const env = { PATH: process.env['PATH'] };

  test.each([
    ['waits for what it started', 'sleep 1000 & echo $! > PID; wait'],
    ['starts one program after another', 'while :; do sleep 1000 & echo $! > PID; wait; done'],
    ['has started a process in another group', 'set -m; sleep 1000 & echo $! > PID; wait'],
  ])('is killed at the time limit with all its processes when it %s', async (_, command) => {
    const file = join(temporaryDirectory(), 'pid');
    const given = { env, timeoutMs: 500, maxBytes: 10 };
    const result = await runShell(command.replace('PID', `'${file}'`), given);
    expect(result).toMatchObject({ exitCode: null, timedOut: true });
    await isGone(file);
  });

  test.skipIf(process.platform !== 'linux')(
    'is killed with processes in other sessions (Linux)',
    async () => {
      const file = join(temporaryDirectory(), 'pid');
      const command = `setsid sh -c 'echo $$ > "${file}"; exec sleep 1000' & exit`;
      const result = await runShell(command, { env, timeoutMs: 500, maxBytes: 10 });
      expect(result).toMatchObject({ exitCode: 0, timedOut: true });
      await isGone(file);
    },
  );

  test('does not wait for a background process that only holds standard error', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const command = `sleep 1000 >&- & echo $! > '${file}'; echo done`;
    const result = await runShell(command, { env, timeoutMs: 20_000, maxBytes: 10 });
    expect(result).toEqual({
      exitCode: 0,
      stdout: Buffer.from('done\n'),
      timedOut: false,
      wroteTooMuch: false,
    });
    // A background process of a password manager keeps running.
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
  });
});

/** Waits until the process whose id is in the file has exited. */
async function isGone(file: string): Promise<void> {
  const id = Number(readFileSync(file, 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(id, 0)).toThrow('ESRCH'), 5_000);
}

test('a program that exceeds the output limit is killed, whichever output it writes to', async () => {
  const script = (stream: string) => `setInterval(() => process.${stream}.write('x'.repeat(600)))`;
  for (const stream of ['stdout', 'stderr']) {
    expect(await node(script(stream))).toMatchObject({ exitCode: null, wroteTooMuch: true });
  }
});

test('a missing program is reported as the error of the system', async () => {
  await expect(runProgram('/nonexistent/program', [], options)).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('arguments are not interpreted by a shell', async () => {
  const args = ['-p', 'process.argv[1]', '$(id) "quoted" `id` ; id'];
  const { stdout } = await runProgram(process.execPath, args, options);
  expect(stdout.toString()).toBe('$(id) "quoted" `id` ; id\n');
});
