import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { builtCli } from '../support/built.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { isRoot } from '../support/privilege.ts';
import { openPty } from '../support/pty.ts';
import { secretsIn, textsUnder } from './canary.ts';
import {
  accessKey,
  keyOnStdin,
  openConfiguredMachine,
  openMachine,
  password,
  shown,
  type Machine,
  type Result,
} from './machine.ts';
import { expectError } from './stored.ts';

const limitMs = 60_000;
const withoutPassword = { env: { ATMOS_KEYRING_PASSWORD: undefined } };
const listed = 'auth keyring list --long -o json';
const runDirectory = ({ home }: Machine) => join(home, '.local/state/atmos/run');

function socketsOf(directory: string): string[] {
  return existsSync(directory)
    ? readdirSync(directory).filter((name) => name.endsWith('.sock'))
    : [];
}

/** Unlocks the machine's keyring. The agent is stopped when the test ends. */
async function unlock(machine: Machine, options = '', env = {}) {
  const words = ['auth', 'keyring', 'unlock', '-o', 'json', ...options.split(' ').filter(Boolean)];
  const { exitCode, stdout, stderr } = await machine.atmos(words, { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const said = JSON.parse(stdout);
  onTestFinished(() => end(said.process_id));
  return said;
}

function end(processId: number): void {
  if (isRunning(processId)) process.kill(processId, 'SIGKILL');
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

/** The agent is not a child process of the test, so the test cannot wait for its exit. */
async function hasEnded(processId: number): Promise<void> {
  await vi.waitFor(() => expect(isRunning(processId)).toBe(false), { timeout: 20_000 });
}

const ofProcess = (processId: number, name: string) =>
  readFileSync(`/proc/${processId}/${name}`, 'utf8');

describe('a keyring that is unlocked', { timeout: limitMs }, () => {
  test('opens for every command until it is locked', async () => {
    const machine = await openConfiguredMachine();
    const { atmos, keyring } = machine;
    const closed = await atmos('auth credential-process', withoutPassword);
    expect(closed).toMatchObject({ exitCode: 3, stdout: '' });

    const unlocked = await atmos('auth keyring unlock --ttl 2h --idle 90m');
    expect(unlocked).toMatchObject({ exitCode: 0, stdout: '' });
    expect(unlocked.stderr).toMatch(
      /^unlocked the keyring \S+ until .* \(in 2h\), or until it has been idle for 1h 30m\n$/,
    );
    const again = await unlock(machine, '--ttl 1h --idle 1h');
    expect(again).toMatchObject({ location: keyring, renewed: true, new_keyring: false });
    expect(again.idle_expires_at).toBe(again.expires_at);
    const leftMs = Date.parse(again.expires_at) - Date.now();
    expect(leftMs).toBeGreaterThan(3_500_000);
    expect(leftMs).toBeLessThanOrEqual(3_600_000);
    expect(socketsOf(runDirectory(machine))).toHaveLength(1);

    const status = await atmos('auth keyring status -o json', withoutPassword);
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: 'ready',
      agent: { running: true, process_id: again.process_id, expires_at: again.expires_at },
    });
    expect(await atmos(listed, withoutPassword)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await atmos('auth login', withoutPassword)).toMatchObject({ exitCode: 0 });
    const credentials = await atmos('auth credential-process', withoutPassword);
    expect(credentials).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(credentials.stdout)).toMatchObject({ Version: 1 });
    // Programs also find the keyring unlocked, so no hint suggests storing the password anywhere.
    expect(await atmos('auth env', withoutPassword)).toMatchObject({ exitCode: 0, stderr: '' });
    const program = ['auth', 'exec', '--credentials', 'process', '--', 'true'];
    expect(await atmos(program, withoutPassword)).toMatchObject({ exitCode: 0, stderr: '' });

    const locked = await atmos('auth keyring lock', withoutPassword);
    expect(locked).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `locked the keyring ${shown(keyring, machine)}\n`,
    });
    await hasEnded(again.process_id);
    expect(socketsOf(runDirectory(machine))).toEqual([]);
    expect(await atmos('auth keyring lock')).toMatchObject({
      exitCode: 0,
      stderr: `the keyring ${shown(keyring, machine)} was not unlocked\n`,
    });
    const lockedJson = await atmos('auth keyring lock -o json');
    expect(JSON.parse(lockedJson.stdout)).toEqual({
      location: keyring,
      was_unlocked: false,
      process_id: null,
      others: [],
    });
    expect(await atmos('auth credential-process', withoutPassword)).toMatchObject({ exitCode: 3 });
  });

  test('is created by the first write when it did not exist at unlock', async () => {
    const machine = await openMachine();
    const { atmos, keyring } = machine;
    expect(await unlock(machine)).toMatchObject({ renewed: false, new_keyring: true });
    expect(readdirSync(keyring)).toEqual([]);
    const stored = await atmos('auth user configure --stdin', {
      ...withoutPassword,
      input: keyOnStdin,
    });
    expect(stored).toMatchObject({ exitCode: 0 });
    await atmos('auth keyring lock');
    expect(await atmos(listed)).toMatchObject({ exitCode: 0 });
  });

  test('has one agent when two commands unlock it at the same time', async () => {
    const machine = await openConfiguredMachine();
    const both = await Promise.all([unlock(machine), unlock(machine), unlock(machine)]);
    expect(new Set(both.map(({ process_id }) => process_id)).size).toBe(1);
    expect(both.filter(({ renewed }) => renewed === false)).toHaveLength(1);
  });

  test.each([
    ['locks the keyring', 'auth keyring lock'],
    ['changes its password', 'auth keyring rekey --new-password-file next-password'],
  ])(
    'returns the entry or a reason to each of thirty processes while another one %s',
    async (_, other) => {
      const machine = await openConfiguredMachine();
      writeFileSync(join(machine.project, 'next-password'), 'the next password', { mode: 0o600 });
      const { process_id: id } = await unlock(machine);
      await machine.atmos('auth login');
      const whole = await machine.atmos('auth credential-process', withoutPassword);
      const thirty = Array.from({ length: 30 }, (__, number) =>
        number === 15
          ? machine.atmos(other).then(({ exitCode }) => expect(exitCode).toBe(0))
          : machine.atmos('auth credential-process', withoutPassword).then((result) => {
              if (result.exitCode === 0) expect(result).toEqual(whole);
              else expectNoPassword(result);
            }),
      );
      await Promise.all(thirty);
      await hasEnded(id);
    },
  );
});

/** The error is the same as without an agent. */
function expectNoPassword({ exitCode, stdout, stderr }: Result): void {
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  expect(stderr).toMatch(
    /^error: the file keyring \S+ is locked: ATMOS_KEYRING_PASSWORD is not set, /,
  );
}

describe('keyring unlock', { timeout: limitMs }, () => {
  test.each([
    [
      '--ttl 0',
      '--ttl "0" is not a duration',
      'write it like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ],
    [
      '--idle soon',
      '--idle "soon" is not a duration',
      'write it like 12h, 1h30m, 900s, 2d or 900 (seconds)',
    ],
    ['--ttl 25h', '--ttl "25h" is longer than 24h', 'write a time of at most 24h'],
    ['--idle 2d', '--idle "2d" is longer than 24h', 'write a time of at most 24h'],
  ])('refuses %s', async (option, message, hint) => {
    const machine = await openMachine();
    const result = await machine.atmos(`auth keyring unlock ${option}`);
    expectError(result, { exitCode: 2, message, hints: [hint] });
  });

  test('starts no agent with a wrong password', async () => {
    const machine = await openConfiguredMachine();
    const env = { ATMOS_KEYRING_PASSWORD: 'not the password' };
    expectError(await machine.atmos('auth keyring unlock', { env }), {
      exitCode: 3,
      message: /^error: the password \(from ATMOS_KEYRING_PASSWORD\) does not open the keyring /,
      hints: ['check the password: it was set with the first entry or by the last keyring rekey'],
    });
    expect(socketsOf(runDirectory(machine))).toEqual([]);
  });

  test('refuses a keyring that is not a file keyring, or whose agent is disabled', async () => {
    const machine = await openMachine();
    const system = { env: { ATMOS_KEYRING_TYPE: 'memory' } };
    expectError(await machine.atmos('auth keyring unlock', system), {
      exitCode: 2,
      message:
        'the keyring type is memory (from ATMOS_KEYRING_TYPE), but only a file keyring can be unlocked',
      hints: ['export ATMOS_KEYRING_TYPE=file'],
    });
    const off = { env: { ATMOS_KEYRING_AGENT: 'off' } };
    expectError(await machine.atmos('auth keyring unlock', off), {
      exitCode: 2,
      message: 'ATMOS_KEYRING_AGENT is off, so no command would use the agent',
      hints: ['unset ATMOS_KEYRING_AGENT'],
    });
    const no = { env: { ATMOS_KEYRING_AGENT: 'no' } };
    expectError(await machine.atmos('auth keyring list', no), {
      exitCode: 2,
      message: 'ATMOS_KEYRING_AGENT is "no": expected on or off',
      hints: ['unset ATMOS_KEYRING_AGENT', 'export ATMOS_KEYRING_AGENT=off'],
    });
  });

  test('refuses a socket path that is too long', async () => {
    const machine = await openConfiguredMachine();
    const env = { XDG_STATE_HOME: join(machine.home, 'd'.repeat(100)) };
    expectError(await machine.atmos('auth keyring unlock', { env }), {
      exitCode: 3,
      message:
        /^error: the agent's socket \S+ has a path of \d+ bytes, and at most 10\d can be used$/,
      hints: ['export XDG_RUNTIME_DIR=<a private directory with a short path>'],
    });
  });

  test('prompts at the terminal, and prompts again after a wrong password', async () => {
    const machine = await openConfiguredMachine();
    const { ATMOS_KEYRING_PASSWORD: _, ...env } = machine.env;
    const session = openPty(process.execPath, [builtCli(), 'auth', 'keyring', 'unlock'], {
      env: { ...env, TERM: 'xterm' },
      cwd: machine.project,
    });
    await session.waitFor('Password of the keyring');
    session.type('not the password\r');
    await session.waitFor('does not open the keyring');
    await session.waitFor('Password of the keyring');
    session.type(`${password}\r`);
    await session.waitFor('unlocked the keyring');
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    // The terminal is closed, but the agent still runs.
    expect(await unlock(machine)).toMatchObject({ renewed: true });
    expect(await machine.atmos(listed, withoutPassword)).toMatchObject({ exitCode: 0 });
  });

  test('holds no pipe of its caller open', async () => {
    const machine = await openConfiguredMachine();
    const script = `"${process.execPath}" "${builtCli()}" auth keyring unlock 7>&1 | cat`;
    const { exitCode } = await machine.run('sh', ['-c', script]);
    expect(exitCode).toBe(0);
    await unlock(machine);
  });
});

describe.skipIf(process.platform !== 'linux')(
  "the agent's process (reads /proc: skipped without it)",
  () => {
    test(
      'inherits nothing from the process that started it, and exposes nothing',
      { timeout: limitMs },
      async () => {
        const machine = await openConfiguredMachine();
        const env = { NODE_OPTIONS: '--no-warnings', CANARY: password };
        const { process_id: id } = await unlock(machine, '', env);
        expect(ofProcess(id, 'environ')).toBe('');
        const words = ofProcess(id, 'cmdline').split('\0');
        expect(words.slice(-3)).toEqual([builtCli(), '__keyring-agent', '']);
        expect(readlinkSync(`/proc/${id}/cwd`)).toBe('/');
        const [, , group, session, terminal] = ofProcess(id, 'stat')
          .replace(/^.*\) /, '')
          .split(' ');
        expect([group, session, terminal]).toEqual([`${id}`, `${id}`, '0']);
        expect(ofProcess(id, 'limits')).toMatch(/^Max core file size +0 +0 +bytes/m);
        expect(ofProcess(id, 'status')).toMatch(/^Umask:\s+0077$/m);
        for (const descriptor of [0, 1, 2])
          expect(readlinkSync(`/proc/${id}/fd/${descriptor}`)).toBe('/dev/null');

        expect(await machine.atmos(listed, withoutPassword)).toMatchObject({ exitCode: 0 });
        const secrets = { password, secret: accessKey.secretAccessKey };
        for (const text of Object.values(textsUnder(machine.root)))
          expect(secretsIn(text, secrets)).toEqual([]);
      },
    );

    test(
      'opens no inspector and writes no core dump on a signal',
      { timeout: limitMs },
      async () => {
        const machine = await openConfiguredMachine();
        const { process_id: id } = await unlock(machine);
        const socketsBefore = readdirSync(`/proc/${id}/fd`).length;
        process.kill(id, 'SIGUSR1');
        expect(await machine.atmos(listed, withoutPassword)).toMatchObject({ exitCode: 0 });
        expect(readdirSync(`/proc/${id}/fd`).length).toBeLessThanOrEqual(socketsBefore + 1);
        expect(isRunning(id)).toBe(true);
      },
    );

    test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const)(
      'exits on %s and removes its socket',
      { timeout: limitMs },
      async (signal) => {
        const machine = await openConfiguredMachine();
        const { process_id: id } = await unlock(machine);
        process.kill(id, signal);
        await hasEnded(id);
        expect(socketsOf(runDirectory(machine))).toEqual([]);
      },
    );

    test('is treated as missing after it was killed', { timeout: limitMs }, async () => {
      const machine = await openConfiguredMachine();
      const { process_id: id } = await unlock(machine);
      process.kill(id, 'SIGKILL');
      await hasEnded(id);
      expect(socketsOf(runDirectory(machine))).toHaveLength(1);
      expect(await machine.atmos(listed)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await unlock(machine)).toMatchObject({ renewed: false });
    });

    test(
      'is skipped while it hangs, and lock terminates it with a signal',
      { timeout: limitMs },
      async () => {
        const machine = await openConfiguredMachine();
        const { process_id: id } = await unlock(machine);
        process.kill(id, 'SIGSTOP');
        const passedOver = await machine.atmos(listed);
        expect(passedOver).toMatchObject({
          exitCode: 0,
          stderr: `warning: the unlock agent of the keyring ${machine.keyring} (process ${id}) is not used: it did not answer within 5 seconds\nhint: atmos auth keyring lock\n`,
        });
        expectError(await machine.atmos('auth keyring unlock'), {
          exitCode: 3,
          message: `the unlock agent of the keyring ${machine.keyring} (process ${id}) cannot be used: it did not answer within 5 seconds`,
          hints: ['atmos auth keyring lock', `kill -KILL ${id}`],
        });
        const status = await machine.atmos('auth keyring status -o json');
        expect(status).toMatchObject({ exitCode: 0 });
        expect(JSON.parse(status.stdout)).toMatchObject({
          state: 'ready',
          agent: {
            running: false,
            process_id: id,
            reason: 'it did not answer within 2 seconds',
          },
        });
        expect(await machine.atmos('auth keyring lock')).toEqual({
          exitCode: 0,
          stdout: '',
          stderr: `locked the keyring ${shown(machine.keyring, machine)}: its agent (process ${id}) did not respond and was terminated\n`,
        });
        await hasEnded(id);
        expect(socketsOf(runDirectory(machine))).toEqual([]);
      },
    );

    test(
      'exits when its directory is removed, as happens at the last logout',
      { timeout: limitMs },
      async () => {
        const machine = await openConfiguredMachine();
        const runtime = join(machine.root, 'run');
        mkdirSync(runtime, { mode: 0o700 });
        const env = { XDG_RUNTIME_DIR: runtime };
        const { process_id: id } = await unlock(machine, '', env);
        expect(socketsOf(join(runtime, 'atmos'))).toHaveLength(1);
        expect(statSync(join(runtime, 'atmos')).mode & 0o777).toBe(0o700);
        rmSync(runtime, { recursive: true });
        await hasEnded(id);
      },
    );
  },
);

test.skipIf(!isRoot)(
  'serves a user without a passwd entry, as in containers (as root: it needs a user)',
  { timeout: limitMs },
  () => {
    const { path: home, remove } = createTemporaryDirectory();
    onTestFinished(remove);
    const id = 61_999;
    chownSync(home, id, id);
    const atmos = (words: string, env = {}) => {
      const args = [builtCli(), ...words.split(' ')];
      const options = { uid: id, gid: id, cwd: home, encoding: 'utf8', input: keyOnStdin } as const;
      return spawnSync(process.execPath, args, { ...options, env });
    };
    expect(atmos('version')).toMatchObject({ status: 0, stderr: '' });

    const env = { HOME: home, ATMOS_KEYRING_TYPE: 'file', ATMOS_KEYRING_PASSWORD: password };
    writeFileSync(join(home, 'atmos.yaml'), 'auth: { identities: { dev: { kind: aws/user } } }');
    chownSync(join(home, 'atmos.yaml'), id, id);
    expect(atmos('auth user configure -i dev --stdin', env)).toMatchObject({ status: 0 });
    const { status, stdout, stderr } = atmos('auth keyring unlock -o json', env);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    onTestFinished(() => end(JSON.parse(stdout).process_id));
    expect(atmos('auth keyring lock', env)).toMatchObject({ status: 0 });
  },
);
