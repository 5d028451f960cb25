import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { version } from '../../src/core/version.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { captureStream } from './capture.ts';

async function run(line: string, overrides: Partial<Host> = {}) {
  const [stdout, stderr] = [captureStream(), captureStream()];
  const programArguments = line.split(' ').filter(Boolean);
  const exitCode = await runCli(fakeHost({ stdout, stderr, programArguments, ...overrides }));
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

test('version goes to standard output, as text and as JSON', async () => {
  expect(await run('version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  expect(await run('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  const { stdout } = await run('version -o json');
  expect(JSON.parse(stdout)).toEqual({ version });
});

test('help goes to standard output with exit code 0, at every level', async () => {
  for (const line of ['', '-h', '--help', 'help', 'version --help', 'version -h', 'help version']) {
    const { exitCode, stdout, stderr } = await run(line);
    expect({ line, exitCode, stderr, isHelp: stdout.includes('\nUsage: atmos ') }).toEqual({
      line,
      exitCode: 0,
      stderr: '',
      isHelp: true,
    });
  }
});

test('a mistake is printed on standard error with exit code 2', async () => {
  expect(await run('version --frobnicate')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'error: unknown option "--frobnicate" for "atmos version"\nhint: atmos version --help\n',
  });
});

test('errors are red at a terminal, but not with --no-color', async () => {
  const terminal = () => Object.assign(captureStream(), { isTTY: true });
  const [coloured, plain] = [terminal(), terminal()];
  await run('version x', { stderr: coloured });
  await run('version x --no-color', { stderr: plain });
  expect(coloured.text()).toContain('\u001b[31merror:\u001b[0m');
  expect(plain.text()).not.toContain('\u001b');
});

test('--chdir is applied before everything else, and a wrong directory is reported', async () => {
  const visited: string[] = [];
  const changeDirectory = (directory: string) => void visited.push(directory);
  expect(await run('-C /somewhere version', { changeDirectory })).toMatchObject({ exitCode: 0 });
  expect(visited).toEqual(['/somewhere']);
  const fail = () => {
    throw Object.assign(new Error('ENOENT: chdir'), { code: 'ENOENT' });
  };
  expect(await run('--chdir=/nowhere version', { changeDirectory: fail })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'error: the directory "/nowhere" (from --chdir) does not exist\n',
  });
  expect(await run('--chdir=a\0b version', { changeDirectory })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'error: the path from --chdir contains a NUL character\n',
  });
});

test('ATMOS_CHDIR does the same, and --chdir takes precedence', async () => {
  const visited: string[] = [];
  const changeDirectory = (directory: string) => void visited.push(directory);
  const env = { ATMOS_CHDIR: '/of-the-environment' };
  await run('version', { env, changeDirectory });
  await run('-C /given version', { env, changeDirectory });
  await run('version', { env: { ATMOS_CHDIR: '' }, changeDirectory });
  expect(visited).toEqual(['/of-the-environment', '/given']);
  const fail = () => {
    throw Object.assign(new Error('ENOENT: chdir'), { code: 'ENOENT' });
  };
  expect(await run('version', { env, changeDirectory: fail })).toMatchObject({
    exitCode: 2,
    stderr: 'error: the directory "/of-the-environment" (from ATMOS_CHDIR) does not exist\n',
  });
});

test('internal commands are in no help', async () => {
  expect((await run('--help')).stdout).toContain('completion');
  expect((await run('--help')).stdout).not.toContain('__complete');
  expect((await run('completion')).stderr).toBe(
    'error: "atmos completion" needs a shell: one of bash, zsh, fish, powershell\n' +
      'hint: atmos completion --help\n',
  );
  expect((await run('completion bsh')).stderr).toBe(
    'error: invalid shell "bsh" for "atmos completion": expected one of bash, zsh, fish, powershell\n' +
      'hint: did you mean bash?\nhint: atmos completion --help\n',
  );
});

test('an unknown command is delegated, or reported if no other atmos exists', async () => {
  expect(await run('terraform plan', { env: { PATH: '' } })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(
      'error: "terraform" is not a command of atmos-auth, and there is no other atmos on PATH',
    ),
  });
});
