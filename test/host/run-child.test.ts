import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { runChild } from '../../src/host/run-child.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { fakeHost } from '../support/fake-host.ts';
import { openPty } from '../support/pty.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const subject = fileURLToPath(new URL('signal-counter.mjs', import.meta.url));
const hangUpCounter = fileURLToPath(new URL('../cli/hang-up.mjs', import.meta.url));
const path = process.env['PATH'] ?? '';

let program: Program;
beforeAll(async () => {
  program = await compileProgram('test/host/run-child-program.ts');
});
afterAll(() => program.remove());

function run(words: readonly string[], searchPath = path) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program.file, ...words], {
    env: { PATH: searchPath },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the exit code', () => {
  test('is the exit code of the child', () => {
    expect(run(['sh', '-c', 'echo out; echo err >&2; exit 42'])).toEqual({
      status: 42,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(run(['true']).status).toBe(0);
  });

  test('is 128 + n if signal n terminated the child', () => {
    expect(run(['sh', '-c', 'kill -KILL $$']).status).toBe(137);
    expect(run(['sh', '-c', 'kill -TERM $$']).status).toBe(143);
  });

  test('is 127 for a missing command, and a hint suggests a similar name', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'terraform'), '', { mode: 0o755 });
    expect(run(['terrafrom'], `${directory}:/nonexistent`)).toEqual({
      status: 127,
      stdout: '',
      stderr: 'error: command "terrafrom" was not found on PATH\nhint: did you mean terraform?\n',
    });
    expect(run(['./not-there'])).toMatchObject({
      status: 127,
      stderr: 'error: "./not-there" or the interpreter in its first line does not exist\n',
    });
  });

  test('is 126 for a command that cannot be run', () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'data');
    writeFileSync(file, '', { mode: 0o644 });
    expect(run([file])).toMatchObject({
      status: 126,
      stderr: `error: cannot run ${JSON.stringify(file)}: EACCES\nhint: chmod +x ${file}\n`,
    });
    mkdirSync(join(directory, 'folder'));
    const folder = join(directory, 'folder');
    expect(run([folder])).toMatchObject({
      status: 126,
      stderr: `error: cannot run ${JSON.stringify(folder)}: it is a directory\nhint: name a program, or a file in the directory that is one\n`,
    });
  });
});

describe('without a terminal', () => {
  function start() {
    // `detached` starts a new session, which has no terminal.
    const child = spawn(process.execPath, [program.file, process.execPath, subject], {
      env: { PATH: path },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    let wake = () => {};
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      wake();
    });
    const until = async (wanted: string) => {
      while (!text.includes(wanted)) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { child, until, text: () => text };
  }

  test('SIGTERM is forwarded and the child is waited for', async () => {
    const { child, until } = start();
    await until('ready');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('every signal is forwarded once', async () => {
    const { child, until } = start();
    await until('ready');
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
      child.kill(signal);
      await until(`${signal} 1`);
    }
    child.stdin.write('leave\n');
    await until('leaving after {"SIGINT":1,"SIGQUIT":1,"SIGHUP":1,"SIGUSR1":1,"SIGUSR2":1}');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('in the foreground of a terminal', () => {
  test('Ctrl-C reaches the child once, and the child is waited for', async () => {
    const session = openPty(process.execPath, [program.file, process.execPath, subject], {
      env: { PATH: path },
    });
    await session.waitFor('ready');
    session.type('\u0003');
    await session.waitFor('SIGINT 1');
    session.type('\u001c');
    await session.waitFor('SIGQUIT 1');
    session.type('leave\r');
    await session.waitFor('leaving after {"SIGINT":1,"SIGQUIT":1}');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
  });

  test.each([
    // The kernel sends SIGHUP to the whole foreground group when the session leader exits.
    ['its terminal ends', (shell: number) => process.kill(shell, 'SIGKILL')],
    ['only the parent receives it', (_: number, ours: number) => process.kill(ours, 'SIGHUP')],
  ])('SIGHUP reaches the child once when %s', async (_, hangUp) => {
    const file = join(temporaryDirectory(), 'signals');
    const session = openPty('bash', ['--norc', '--noprofile', '-i'], {
      env: { PATH: path, PS1: 'prompt> ', TERM: 'dumb' },
    });
    await session.waitFor('prompt> ');
    const words = [process.execPath, program.file, process.execPath, hangUpCounter, file];
    session.type(`${words.map((word) => `'${word}'`).join(' ')}\r`);
    const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
    await vi.waitFor(() => expect(lines()[0]).toMatch(/^ready \d+$/), 20_000);
    hangUp(session.pid, Number(lines()[0]?.slice('ready '.length)));
    await vi.waitFor(() => expect(lines()).toContain('end'), 20_000);
    expect(lines().filter((line) => line === 'HUP')).toHaveLength(1);
  });

  test('Ctrl-Z stops both processes and returns to the shell; fg continues both', async () => {
    const session = openPty('bash', ['--norc', '--noprofile', '-i'], {
      env: { PATH: path, PS1: 'prompt> ', TERM: 'dumb' },
    });
    await session.waitFor('prompt> ');
    session.type(`'${process.execPath}' '${program.file}' '${process.execPath}' '${subject}'\r`);
    await session.waitFor('ready');
    session.type('\u001a');
    await session.waitFor('Stopped');
    await session.waitFor('prompt> ');
    session.type('fg\r');
    await session.waitFor('SIGCONT 1');
    session.type('leave\r');
    await session.waitFor('leaving after');
    await session.waitFor('prompt> ');
    session.type('exit 5\r');
    expect(await session.ended).toMatchObject({ exitCode: 5 });
  });
});

describe('on Windows', () => {
  test('no signal is forwarded, because the console sends them to the child itself', async () => {
    const listeners = new Map<string, (signal: NodeJS.Signals) => void>();
    const killed: string[] = [];
    const host = fakeHost({
      platform: 'win32',
      onSignals(signals, listener) {
        for (const signal of signals) listeners.set(signal, listener);
        return () => listeners.clear();
      },
      spawn: () => ({
        ended: Promise.resolve().then(() => {
          for (const [signal, listener] of listeners) listener(signal as NodeJS.Signals);
          return { exitCode: 0xc000013a, signal: null };
        }),
        kill: (signal) => void killed.push(signal),
      }),
    });
    const [exitCode, heard] = [runChild(host, ['x'], {}), [...listeners.keys()]];
    expect(await exitCode).toBe(0xc000013a);
    expect(heard).toEqual(['SIGINT', 'SIGBREAK', 'SIGHUP']);
    expect(killed).toEqual([]);
    expect(listeners.size).toBe(0);
  });
});
