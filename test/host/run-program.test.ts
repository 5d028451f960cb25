import { expect, test } from 'vitest';
import { runProgram } from '../../src/host/run-program.ts';

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

test('a program that does not end is killed, and its helpers are not waited for', async () => {
  const script = `
    require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3000)'], { stdio: 'inherit' });
    setInterval(() => {}, 1000);`;
  expect(await node(script, { timeoutMs: 50 })).toMatchObject({ exitCode: null, timedOut: true });
});

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
