import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { builtCli } from '../support/built.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { listeningOn } from '../support/listening.ts';
import { isRoot, strangerId } from '../support/privilege.ts';
import { openPty } from '../support/pty.ts';
import { configOf, openConfiguredMachine, password, type Machine } from './machine.ts';

const limitMs = 60_000;
const isLinux = process.platform === 'linux';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

/**
 * Whether another user of the machine can reach an inspector on the port; the same user if not
 * root.
 */
function isReachable(port: number): boolean {
  const script = `require('node:net').connect(${port}, '127.0.0.1')
    .on('connect', () => process.exit(0)).on('error', () => process.exit(3));`;
  const user = isRoot ? { uid: strangerId, gid: strangerId } : {};
  const { status } = spawnSync(process.execPath, ['-e', script], { ...user, cwd: '/', env: {} });
  expect([0, 3]).toContain(status);
  return status === 0;
}

function startAtmos(machine: Machine, words: readonly string[], env = {}): ChildProcess {
  const child = spawn(process.execPath, [builtCli(), ...words], {
    cwd: machine.project,
    env: { ...machine.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

function until(child: ChildProcess, wanted: string): Promise<void> {
  let text = '';
  return new Promise((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes(wanted)) resolve();
    });
    child.once('exit', () => resolve());
  });
}

test('the check detects an inspector that Node opens', { timeout: limitMs }, async () => {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [`--inspect=${port}`, '-e', 'setInterval(() => {}, 1000)'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stderr, 'data');
  expect(isReachable(port)).toBe(true);
  if (isLinux) expect(listeningOn(child.pid ?? 0)).toHaveLength(1);
});

describe('SIGUSR1 opens no inspector for another user', { timeout: limitMs }, () => {
  test.each([
    'auth user configure',
    'auth login',
    'auth exec -- true',
    'auth keyring unlock',
    'auth keyring rekey',
  ])('while %s waits at its prompt', async (command) => {
    const machine = await openConfiguredMachine();
    const port = await freePort();
    const { ATMOS_KEYRING_PASSWORD: _, ...env } = machine.env;
    const session = openPty(process.execPath, [builtCli(), ...command.split(' ')], {
      env: { ...env, TERM: 'xterm', NODE_OPTIONS: `--inspect-port=${port}` },
      cwd: machine.project,
    });
    await session.waitFor('Password of the keyring');
    process.kill(session.pid, 'SIGUSR1');
    session.type('abc');
    await session.waitFor('***');
    expect(isReachable(port)).toBe(false);
    if (isLinux) expect(listeningOn(session.pid)).toEqual([]);
    expect(session.shown()).not.toContain('Debugger');
  });

  test('while credential-process waits for a password', async () => {
    const machine = await openConfiguredMachine();
    const port = await freePort();
    const [asked, signaled] = ['asked', 'signaled'].map((name) => join(machine.project, name));
    const command = `echo > ${asked}; until [ -e ${signaled} ]; do sleep 0.05; done; echo ${password}`;
    const keyring = `type: file\nspec:\n  password_command: '${command}'`;
    machine.writeConfig(configOf(machine, { keyring }));
    const child = startAtmos(machine, ['auth', 'credential-process'], {
      ATMOS_KEYRING_PASSWORD: undefined,
      ATMOS_AUTH_TRUST: '1',
      NODE_OPTIONS: `--inspect-port=${port}`,
    });
    await vi.waitFor(() => expect(spawnSync('test', ['-e', asked ?? '']).status).toBe(0), limitMs);
    child.kill('SIGUSR1');
    writeFileSync(signaled ?? '', '');
    await until(child, '"Version"');
    expect(isReachable(port)).toBe(false);
  });

  test('while exec runs a program, which receives the signal once', async () => {
    const machine = await openConfiguredMachine();
    const port = await freePort();
    const script = `let count = 0;
      process.on('SIGUSR1', () => console.log('USR1 ' + ++count));
      process.on('SIGUSR2', () => { console.log('USR2 after ' + count + ' USR1'); process.exit(); });
      setInterval(() => {}, 1000); console.log('ready');`;
    const words = ['auth', 'exec', '--', process.execPath, '-e', script];
    const child = startAtmos(machine, words, { NODE_OPTIONS: `--inspect-port=${port}` });
    await until(child, 'ready');
    const [first, last] = [until(child, 'USR1 1'), until(child, 'USR2 after 1 USR1')];
    child.kill('SIGUSR1');
    await first;
    expect(isReachable(port)).toBe(false);
    if (isLinux) expect(listeningOn(child.pid ?? 0)).toEqual([]);
    child.kill('SIGUSR2');
    await last;
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test.skipIf(!isLinux)('while the agent runs', async () => {
    const machine = await openConfiguredMachine();
    const { stdout } = await machine.atmos('auth keyring unlock -o json');
    const { process_id: id } = JSON.parse(stdout);
    onTestFinished(() => void process.kill(id, 'SIGKILL'));
    process.kill(id, 'SIGUSR1');
    await machine.atmos('auth keyring list --long');
    expect(listeningOn(id)).toEqual([]);
  });
});

test.skipIf(!isLinux)(
  'a signal at any time during the start leaves no inspector open',
  { timeout: 2 * limitMs },
  async () => {
    const machine = await openConfiguredMachine();
    // The program ignores this signal, so that it survives the signal that exec forwards.
    const words = [
      'auth',
      'exec',
      '--identity=false',
      '--',
      'sh',
      '-c',
      'trap "" USR1; echo ready; cat',
    ];
    let running = 0;
    for (let delayMs = 0; delayMs <= 200; delayMs += 10) {
      const child = startAtmos(machine, words, { NODE_OPTIONS: '--inspect-port=0' });
      const isReady = until(child, 'ready');
      const timer = setTimeout(() => child.kill('SIGUSR1'), delayMs);
      await isReady;
      clearTimeout(timer);
      // Before Node handles signals, this signal terminates a process. The process had no secret by
      // then.
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGUSR1');
      await vi.waitFor(() => expect(listeningOn(child.pid ?? 0)).toEqual([]), 5_000);
      running += 1;
      child.stdin?.end();
      await once(child, 'exit');
    }
    expect(running).toBeGreaterThan(10);
  },
);

test('an inspector that --inspect opened is closed', { timeout: limitMs }, async () => {
  const machine = await openConfiguredMachine();
  const port = await freePort();
  const child = startAtmos(
    machine,
    ['auth', 'exec', '--identity=false', '--', 'sh', '-c', 'echo ready; cat'],
    {
      NODE_OPTIONS: `--inspect=${port}`,
    },
  );
  await until(child, 'ready');
  expect(isReachable(port)).toBe(false);
});

describe.skipIf(!isLinux)('exec while its program runs', { timeout: limitMs }, () => {
  test.skipIf(!isRoot)(
    'is closed to its own user, and its program is not (as root: it needs a user)',
    async () => {
      // Runs as a user without privileges, because root can inspect every process.
      const user = { uid: strangerId, gid: strangerId };
      const { path: home, remove } = createTemporaryDirectory();
      onTestFinished(remove);
      writeFileSync(join(home, 'atmos.yaml'), 'auth: {}\n');
      for (const path of [home, join(home, 'atmos.yaml')]) chownSync(path, user.uid, user.gid);
      const script = 'echo $PPID $$; cat';
      const child = spawn(
        process.execPath,
        [builtCli(), 'auth', 'exec', '--identity=false', '--', 'sh', '-c', script],
        {
          cwd: home,
          env: { PATH: process.env['PATH'], HOME: home, ATMOS_KEYRING_TYPE: 'memory' },
          ...user,
        },
      );
      onTestFinished(() => void child.kill('SIGKILL'));
      const [line] = await once(child.stdout, 'data');
      const [exec, program] = String(line).trim().split(' ');
      const reads = (id = '') =>
        spawnSync('cat', [`/proc/${id}/environ`], { uid: strangerId, gid: strangerId }).status ===
        0;
      await vi.waitFor(() => expect(reads(exec)).toBe(false), 5_000);
      expect(reads(program)).toBe(true);
      child.stdin.end();
      await once(child, 'exit');
    },
  );

  test('keeps no file descriptor of its caller open, and the program gets those of bash', async () => {
    const machine = await openConfiguredMachine();
    // The reader sees the end of the pipe while exec still runs.
    const atmos = `'${process.execPath}' '${builtCli()}' auth exec --identity=false --`;
    const script = `mkfifo wait; { ${atmos} sh -c 'cat "$1"; exec 1>&-; read line < wait' sh <(echo substituted) 7>&1 >&2 & } | cat; echo ended; echo > wait; wait`;
    const result = await machine.run('bash', ['-c', script]);
    expect(result).toMatchObject({ exitCode: 0, stdout: 'ended\n' });
    expect(result.stderr).toContain('substituted\n');
  });
});
