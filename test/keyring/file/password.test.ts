import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addOptions } from '../../../src/core/hint.ts';
import { AtmosError, NoTerminalError } from '../../../src/core/errors.ts';
import { realHost } from '../../../src/host/real.ts';
import type { NewPasswordSource } from '../../../src/keyring/contract.ts';
import {
  passwordSource,
  readNewPassword,
  resolvePassword,
} from '../../../src/keyring/file/password.ts';
import { createTestContext, type FileKeyringOptions } from '../../support/file-keyring.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { expectError, rejectionOf } from './rejection.ts';

const directory = '/home/somebody/keyring';
const password = 'correct horse';

type Options = Omit<FileKeyringOptions, 'directory'>;

const contextOf = (options: Options) =>
  createTestContext({ directory, password: null, ...options });

const resolve = async (options: Options, isNew = false) =>
  (await resolvePassword(contextOf(options), isNew)).password.toString();

const fromFile = (value: string): Options => ({
  settings: { passwordFile: { value, source: 'ATMOS_KEYRING_PASSWORD_FILE' } },
});

const fromCommand = (value: string, options: Options = {}): Options => ({
  settings: { passwordCommand: { value, source: 'auth.keyring.spec.password_command' } },
  ...options,
});

function passwordFile(text: string | Buffer): string {
  const path = join(temporaryDirectory(), 'password');
  writeFileSync(path, text);
  return path;
}

describe('the order of password sources', () => {
  const everything: Options = {
    password: 'from the variable',
    settings: {
      passwordFile: { value: '/absent', source: 'options.passwordFile' },
      passwordCommand: { value: 'echo from the command', source: 'options.passwordCommand' },
    },
    promptPassword: async () => 'from the person',
  };

  test('is variable, file, command, prompt', async () => {
    const { passwordCommand = { value: '', source: '' } } = everything.settings ?? {};
    expect(passwordSource(contextOf(everything))).toBe('variable');
    expect(passwordSource(contextOf({ ...everything, password: null }))).toBe('file');
    const withCommand = { ...everything, password: null, settings: { passwordCommand } };
    expect(passwordSource(contextOf(withCommand))).toBe('command');
    const withPerson = { ...everything, password: null, settings: {} };
    expect(passwordSource(contextOf(withPerson))).toBe('prompt');
    expect(passwordSource(contextOf({}))).toBe('none');

    expect(await resolve(everything)).toBe('from the variable');
    expect(await resolve(withCommand)).toBe('from the command');
    expect(await resolve(withPerson)).toBe('from the person');
  });

  test('does not continue after a configured source without a password', async () => {
    expect((await rejectionOf(resolve({ ...everything, password: '' }))).message).toContain(
      'is empty',
    );
    expect((await rejectionOf(resolve({ ...everything, password: null }))).message).toContain(
      'does not exist',
    );
  });
});

describe('a variable', () => {
  test.each([
    [' pässwört ', ' pässwört '],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['two\nlines\n', 'two\nlines'],
  ])('with %j provides %j without one newline at the end', async (value, expected) => {
    expect(await resolve({ password: value })).toBe(expected);
  });

  test('is an error with its name if it is empty', async () => {
    expectError(
      await rejectionOf(resolve({ password: '' })),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      "the variable ATMOS_KEYRING_PASSWORD, which should contain the keyring's password, is empty",
      'unset ATMOS_KEYRING_PASSWORD',
    );
  });

  test('may have another name, and the error contains where it was configured', async () => {
    const passwordEnv = { value: 'MY_SECRET', source: 'ATMOS_KEYRING_PASSWORD_ENV' };
    const env = (value: string) => ({
      settings: { passwordEnv },
      host: { env: { MY_SECRET: value } },
    });
    expect(await resolve(env(password))).toBe(password);
    expectError(
      await rejectionOf(resolve(env(''))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      "the variable MY_SECRET (named by ATMOS_KEYRING_PASSWORD_ENV), which should contain the keyring's password, is empty",
      'unset MY_SECRET',
    );
  });
});

describe('a file', () => {
  test.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret ', ' secret '],
    ['two\nlines\n', 'two\nlines'],
  ])('with %j provides %j without one newline at the end', async (text, expected) => {
    expect(await resolve(fromFile(passwordFile(text)))).toBe(expected);
  });

  test('may be a symbolic link to a link, as in Kubernetes', async () => {
    const directoryOfSecret = temporaryDirectory();
    mkdirSync(join(directoryOfSecret, '..2026'));
    writeFileSync(join(directoryOfSecret, '..2026', 'password'), password);
    symlinkSync('..2026', join(directoryOfSecret, '..data'));
    symlinkSync('..data/password', join(directoryOfSecret, 'password'));
    expect(await resolve(fromFile(join(directoryOfSecret, 'password')))).toBe(password);
  });

  test.each([
    ['nothing', '', 'is empty'],
    ['a newline', '\n', 'is empty'],
    ['a newline of Windows', '\r\n', 'is empty'],
    ['64 KiB and one byte', 'x'.repeat(64 * 1024 + 1), 'is too large for a password'],
  ])('with %s is an error', async (_, text, complaint) => {
    const path = passwordFile(text);
    expectError(
      await rejectionOf(resolve(fromFile(path))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) ${complaint}`,
    );
  });

  test('is an error if it does not exist', async () => {
    const path = join(temporaryDirectory(), 'absent');
    const error = await rejectionOf(resolve(fromFile(path)));
    expectError(
      error,
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) does not exist`,
    );
    expect(error.hints).toEqual([]);
  });

  test('is an error if it is a directory', async () => {
    const path = temporaryDirectory();
    expectError(
      await rejectionOf(resolve(fromFile(path))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) is a directory`,
    );
  });

  test('is an error if it is a socket', async () => {
    const path = join(temporaryDirectory(), 'socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    expectError(
      await rejectionOf(resolve(fromFile(path))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) is a socket`,
      `ls -l ${path}`,
    );
  });

  test('may be a named pipe without a writer for up to 5 seconds', async () => {
    const path = makePipe();
    const host = { ...contextOf({}).host, ...standingClock() };
    expectError(
      await rejectionOf(resolve({ ...fromFile(path), host })),
      'ERR_KEYRING_TIMEOUT',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) is a pipe that sent no password for 5 seconds`,
    );
  });

  test('may be a named pipe whose writer opens it later', async () => {
    const path = makePipe();
    let writer = -1;
    const sleeps = [
      () => {},
      () => (writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)),
      () => writeSync(writer, 'correct\n'),
      () => closeSync(writer),
    ];
    const sleep = async () => {
      sleeps.shift()?.();
    };
    const host = { ...contextOf({}).host, sleep };
    expect(await resolve({ ...fromFile(path), host })).toBe('correct');
    expect(sleeps).toEqual([]);
  });

  test('may be a named pipe whose writer opens and closes it between two reads', async () => {
    const path = makePipe();
    const sleep = async () => writeFileSync(path, 'correct\n');
    const host = { ...contextOf({}).host, sleep };
    expect(await resolve({ ...fromFile(path), host })).toBe('correct');
  });

  test('is empty if it is a named pipe whose writer writes nothing', async () => {
    const path = makePipe();
    let writer = -1;
    const sleeps = [
      () => (writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)),
      () => closeSync(writer),
    ];
    const sleep = async () => {
      sleeps.shift()?.();
    };
    const host = { ...contextOf({}).host, sleep };
    expectError(
      await rejectionOf(resolve({ ...fromFile(path), host })),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) is empty`,
    );
  });

  test('times out if it is a pipe whose writer writes nothing', async () => {
    const { path } = openPipe();
    const host = { ...contextOf({}).host, ...standingClock() };
    expectError(
      await rejectionOf(resolve({ ...fromFile(path), host })),
      'ERR_KEYRING_TIMEOUT',
      `the password file ${path} (from ATMOS_KEYRING_PASSWORD_FILE) is a pipe that sent no password for 5 seconds`,
    );
  });

  test('may be a pipe with a slow writer', async () => {
    const { path, writer } = openPipe();
    const sleeps = [
      () => writeSync(writer, 'corr'),
      () => writeSync(writer, 'ect\n'),
      () => closeSync(writer),
    ];
    const sleep = async () => {
      sleeps.shift()?.();
    };
    const host = { ...contextOf({}).host, sleep };
    expect(await resolve({ ...fromFile(path), host })).toBe('correct');
  });

  function makePipe(): string {
    const path = join(temporaryDirectory(), 'pipe');
    execFileSync('mkfifo', ['-m', '600', path]);
    return path;
  }

  /** A clock that advances only in `sleep`. */
  function standingClock() {
    let clockMs = 0;
    return {
      monotonicMs: () => clockMs,
      sleep: async (milliseconds: number) => {
        clockMs += milliseconds;
      },
    };
  }

  /** A pipe with a writer, which the test closes itself or leaves open. */
  function openPipe() {
    const path = makePipe();
    // Linux opens a pipe for reading and writing without waiting for the other end.
    const writer = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => {
      try {
        closeSync(writer);
      } catch {
        return;
      }
    });
    return { path, writer };
  }
});

describe('a command', () => {
  const named = 'the password command (from auth.keyring.spec.password_command)';

  test('runs in a shell and provides its output without the newline', async () => {
    expect(await resolve(fromCommand('printf "%s\\n" "correct $((6 * 7))"'))).toBe('correct 42');
  });

  test.each([
    ['printf "secret\\nuser: ada\\nurl: https://example.com\\n"', 'secret'],
    ['printf "secret\\r\\nnote\\r\\n"', 'secret'],
    ['printf " secret "', ' secret '],
  ])(
    'that is %j provides its first line, since pass show prints notes below it',
    async (line, expected) => {
      expect(await resolve(fromCommand(line))).toBe(expected);
      expect(await resolve(fromCommand(line.replaceAll('secret', 'secret word')), true)).toBe(
        expected.replace('secret', 'secret word'),
      );
    },
  );

  test.each([
    ['printf "\\nsecret"', `${named} printed an empty first line`],
    ['exit 3', `${named} failed with exit code 3`],
    ['echo secret; exit 1', `${named} failed with exit code 1`],
    ['kill -9 $$', `${named} was killed`],
    ['true', `${named} printed nothing`],
    ['echo', `${named} printed nothing`],
    ['/absent/program 2>/dev/null', `${named} failed with exit code 127`],
  ])('%j is an error without the output of the command', async (command, message) => {
    expectError(
      await rejectionOf(resolve(fromCommand(command))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      message,
    );
  });

  test('is an error if it prints endlessly', async () => {
    expectError(
      await rejectionOf(resolve(fromCommand('yes 2>/dev/null'))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `${named} printed too much for a password`,
    );
  });

  test('is killed at its time limit, even if its child keeps the pipe open', async () => {
    const limits: number[] = [];
    const { runShell } = realHost();
    const host = {
      ...contextOf({}).host,
      runShell: (command: string, options: Parameters<typeof runShell>[1]) => {
        limits.push(options.timeoutMs);
        return runShell(command, { ...options, timeoutMs: 50 });
      },
    };
    const pidFile = join(temporaryDirectory(), 'pid');
    onTestFinished(() => void process.kill(Number(readFileSync(pidFile, 'utf8'))));
    expectError(
      await rejectionOf(resolve(fromCommand(`sleep 60 & echo $! > ${pidFile}; wait`, { host }))),
      'ERR_KEYRING_TIMEOUT',
      `${named} did not exit within 30 seconds`,
    );
    expect(limits).toEqual([30_000]);
  });

  test('fails if it runs atmos, instead of looping', async () => {
    const guard = await resolve(fromCommand('echo "$ATMOS_KEYRING_PASSWORD_COMMAND_RUNS"'));
    const host = { env: { ATMOS_KEYRING_PASSWORD_COMMAND_RUNS: guard } };
    expectError(
      await rejectionOf(resolve(fromCommand('echo secret', { host }))),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `${named} runs atmos, which would run the password command again`,
    );
  });
});

describe('a prompt', () => {
  test('receives the location of the keyring and whether it is new', async () => {
    const requests: unknown[] = [];
    const promptPassword = async (request: unknown) => {
      requests.push(request);
      return password;
    };
    expect(await resolve({ promptPassword })).toBe(password);
    expect(await resolve({ promptPassword }, true)).toBe(password);
    expect(requests).toEqual([
      { location: directory, isNew: false },
      { location: directory, isNew: true },
    ]);
  });

  test('is an error if the typed password is empty', async () => {
    expectError(
      await rejectionOf(resolve({ promptPassword: async () => '' })),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      'the password that was typed is empty',
    );
  });

  test('is canceled with the error of the caller', async () => {
    const canceled = new AtmosError('ERR_CANCELLED', 'canceled');
    const promptPassword = async () => Promise.reject(canceled);
    await expect(resolve({ promptPassword })).rejects.toBe(canceled);
  });
});

describe('without any source', () => {
  const fileHint = 'export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>';

  test('the error contains the keyring and the variable, and the first hint unlocks it', async () => {
    const context = { ...contextOf({}), canUnlock: true };
    const error = await rejectionOf(resolvePassword(context, false));
    expectError(
      error,
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the file keyring ${directory} is locked: ATMOS_KEYRING_PASSWORD is not set, and this program never prompts`,
    );
    expect(error.hints).toEqual(['atmos auth keyring unlock', fileHint]);
  });

  test('no hint proposes to unlock if no agent can open the keyring', async () => {
    expect((await rejectionOf(resolve({}))).hints).toEqual([fileHint]);
  });

  test.each([
    [false, 'is locked'],
    [true, 'needs a password'],
  ])('the error contains why there is no prompt (new keyring: %s)', async (isNew, state) => {
    const noTerminal = new NoTerminalError('cannot ask', { reason: 'CI is set' });
    const promptPassword = async () => Promise.reject(noTerminal);
    expectError(
      await rejectionOf(resolve({ promptPassword }, isNew)),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the file keyring ${directory} ${state}: ATMOS_KEYRING_PASSWORD is not set, and no one can be prompted (CI is set)`,
    );
  });

  test('a caller that cannot prompt gets the same error', async () => {
    const promptPassword = async () =>
      Promise.reject(new AtmosError('ERR_NO_TERMINAL', 'nobody is there'));
    expectError(
      await rejectionOf(resolve({ promptPassword })),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the file keyring ${directory} is locked: ATMOS_KEYRING_PASSWORD is not set, and no one can be prompted (nobody is there)`,
    );
  });

  test('a new password is missing if no one can be prompted', async () => {
    const hints = [addOptions(['--stdin'])];
    const ask = async () =>
      Promise.reject(new NoTerminalError('cannot ask', { reason: 'there is no terminal', hints }));
    const error = await rejectionOf(readNewPassword(contextOf({}), { ask }));
    expectError(
      error,
      'ERR_KEYRING_PASSWORD_REQUIRED',
      'the new password is missing, and no one can be prompted (there is no terminal)',
    );
    expect(error.hintValues).toEqual(hints);
  });
});

describe('the password of a new keyring', () => {
  test.each(['x', '1234567', 'ééé'])('%j is too short, and is not in the error', async (short) => {
    const error = await rejectionOf(resolve({ password: short }, true));
    expectError(
      error,
      'ERR_KEYRING_PASSWORD_TOO_SHORT',
      `the password for the new keyring ${directory} has ${Buffer.byteLength(short)} bytes, and at least 8 are needed`,
    );
    expect(error.hints.join(' ')).not.toContain(short === 'x' ? 'x ' : short);
  });

  test.each(['12345678', 'éééé', '🔑🔑'])('%j is long enough, since bytes count', async (long) => {
    expect(await resolve({ password: long }, true)).toBe(long);
  });

  test.each<[string, () => Options]>([
    ['a variable', () => ({ password: 'correct\nhorse' })],
    ['a variable with a carriage return', () => ({ password: 'correct\rhorse' })],
    ['a file', () => fromFile(passwordFile('correct\nhorse\n'))],
    ['a prompt', () => ({ promptPassword: async () => 'correct\nhorse' })],
  ])('from %s must be one line; an existing keyring opens with several', async (_, options) => {
    const given = options();
    expectError(
      await rejectionOf(resolve(given, true)),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      `the password for the new keyring ${directory} has several lines; a password must be one line`,
      'to generate one: openssl rand -base64 24',
    );
    expect(await resolve(given)).toMatch(/^correct[\r\n]horse$/);
  });

  test.each<[string, () => NewPasswordSource]>([
    ['standard input', () => ({ ask: async () => 'correct\nhorse' })],
    ['a file', () => ({ file: { value: passwordFile('correct\nhorse\n'), source: 'x' } })],
  ])('from %s for rekey must be one line as well', async (_, source) => {
    expectError(
      await rejectionOf(readNewPassword(contextOf({}), source())),
      'ERR_KEYRING_PASSWORD_REQUIRED',
      'the new password has several lines; a password must be one line',
    );
  });

  test('is counted without the newline of a file', async () => {
    const error = await rejectionOf(resolve(fromFile(passwordFile('1234567\n')), true));
    expect(error.code).toBe('ERR_KEYRING_PASSWORD_TOO_SHORT');
  });

  test('may be shorter for an existing keyring', async () => {
    expect(await resolve({ password: 'x' }, false)).toBe('x');
  });
});
