import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';
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

test('a program that does not end is killed', async () => {
  expect(await node('setInterval(() => {}, 1000)', { timeoutMs: 50 })).toMatchObject({
    exitCode: null,
    timedOut: true,
  });
});

test('a helper of one that is killed, which holds its output, is not waited for', async () => {
  const file = join(temporaryDirectory(), 'pid');
  const helper = `
    require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid));
    process.stdout.write('x'.repeat(${2 * options.maxBytes}));
    setInterval(() => {}, 1000);`;
  const script = `
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(helper)}], { stdio: 'inherit' });
    setInterval(() => {}, 1000);`;
  expect(await node(script)).toMatchObject({ exitCode: null, wroteTooMuch: true });
  // It would hold the output for ever.
  process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
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
