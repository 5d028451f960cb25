import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runProgram, runShell } from '../../src/host/processes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const options = { env: {}, timeoutMs: 20_000, maxBytes: 1024 };
const node = (script: string, given = {}) =>
  runProgram(process.execPath, ['-e', script], { ...options, ...given });

test('a program gets its input and gives both its outputs and its exit code', async () => {
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

test('one that takes no input is none the worse for it', async () => {
  const input = 'x'.repeat(1024 * 1024);
  expect(await node('process.stdin.destroy()', { input })).toMatchObject({ exitCode: 0 });
});

test('a program that does not end is killed', async () => {
  expect(await node('setInterval(() => {}, 1000)', { timeoutMs: 50 })).toMatchObject({
    exitCode: null,
    timedOut: true,
  });
});

test('a helper of one that is killed is killed too', async () => {
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
  ])('is killed with all of it at its limit when it %s', async (_, command) => {
    const file = join(temporaryDirectory(), 'pid');
    const given = { env, timeoutMs: 500, maxBytes: 10 };
    const result = await runShell(command.replace('PID', `'${file}'`), given);
    expect(result).toMatchObject({ exitCode: null, timedOut: true });
    await isGone(file);
  });

  test.skipIf(process.platform !== 'linux')(
    'is killed with what has left it, in a session of its own (Linux)',
    async () => {
      const file = join(temporaryDirectory(), 'pid');
      const command = `setsid sh -c 'echo $$ > "${file}"; exec sleep 1000' & exit`;
      const result = await runShell(command, { env, timeoutMs: 500, maxBytes: 10 });
      expect(result).toMatchObject({ exitCode: 0, timedOut: true });
      await isGone(file);
    },
  );

  test('is not waited for by what it leaves, when that holds standard error alone', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const command = `sleep 1000 >&- & echo $! > '${file}'; echo done`;
    const result = await runShell(command, { env, timeoutMs: 20_000, maxBytes: 10 });
    expect(result).toEqual({
      exitCode: 0,
      stdout: Buffer.from('done\n'),
      timedOut: false,
      wroteTooMuch: false,
    });
    // A daemon that a password manager has started stays.
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
  });
});

/** Of a process that has written its number to the file. */
async function isGone(file: string): Promise<void> {
  const id = Number(readFileSync(file, 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(id, 0)).toThrow('ESRCH'), 5_000);
}

test('one that writes too much is killed, whichever output it writes to', async () => {
  const script = (stream: string) => `setInterval(() => process.${stream}.write('x'.repeat(600)))`;
  for (const stream of ['stdout', 'stderr']) {
    expect(await node(script(stream))).toMatchObject({ exitCode: null, wroteTooMuch: true });
  }
});

test('one that is not there is an error of the system', async () => {
  await expect(runProgram('/nonexistent/program', [], options)).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('no shell reads the arguments', async () => {
  const args = ['-p', 'process.argv[1]', '$(id) "quoted" `id` ; id'];
  const { stdout } = await runProgram(process.execPath, args, options);
  expect(stdout.toString()).toBe('$(id) "quoted" `id` ; id\n');
});
