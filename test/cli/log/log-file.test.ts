import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLogFile } from '../../../src/cli/log/log-file.ts';
import type { LogFile } from '../../../src/cli/log/settings.ts';
import { canMount, mountTmpfs } from '../../support/mount.ts';
import { asStranger, isRoot } from '../../support/privilege.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { captureStream } from '../capture.ts';

const logFile = (path: string, fault: LogFile['fault'] = 'ERR_USAGE'): LogFile => ({
  path,
  said: { value: path, source: '--logs-file' },
  fault,
});
const host = fakeHost();

test('lines are appended to a file, which only its owner can read if it is new', () => {
  const path = join(temporaryDirectory(), 'atmos.log');
  openLogFile(logFile(path), host)('one\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const write = openLogFile(logFile(path), host);
  write('two\n');
  write('three\n');
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
});

describe('a log that is not a regular file is refused, without waiting or writing', () => {
  const expectRefusal = (path: string, why: string) => {
    for (const fault of ['ERR_USAGE', 'ERR_CONFIG_INVALID'] as const)
      expect(thrownBy(() => openLogFile(logFile(path, fault), host))).toMatchObject({
        code: fault,
        message: `cannot log to ${path} (from --logs-file): ${why}`,
        hints: ['use a separate file, or /dev/stderr'],
      });
  };

  test('a directory', () => {
    expectRefusal(temporaryDirectory(), 'it is a directory');
  });

  test('a symbolic link, to a file or to nothing', () => {
    const directory = temporaryDirectory();
    const [file, link, dangling] = ['file', 'link', 'dangling'].map((name) =>
      join(directory, name),
    );
    if (!file || !link || !dangling) throw new Error('three names');
    writeFileSync(file, '');
    symlinkSync(file, link);
    symlinkSync(join(directory, 'new'), dangling);
    expectRefusal(link, 'it is a symbolic link');
    expectRefusal(dangling, 'it is a symbolic link');
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(existsSync(join(directory, 'new'))).toBe(false);
  });

  test.skipIf(process.platform === 'win32')('a FIFO, with or without a reader', () => {
    const path = join(temporaryDirectory(), 'fifo');
    execFileSync('mkfifo', [path]);
    expectRefusal(path, 'it is not a regular file');
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    expectRefusal(path, 'it is not a regular file');
  });

  test.skipIf(process.platform === 'win32')('a device, a socket', async () => {
    const path = join(temporaryDirectory(), 's');
    const server = createServer().listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    expectRefusal(path, 'it is not a regular file');
    expectRefusal('/dev/zero', 'it is not a regular file');
  });
});

describe('a system error is reported', () => {
  test('for a missing directory', () => {
    const path = join(temporaryDirectory(), 'no/atmos.log');
    expect(thrownBy(() => openLogFile(logFile(path), host))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot log to ${path} (from --logs-file): ${dirname(path)} does not exist`,
    });
  });

  test('for a directory that cannot be written', async () => {
    const directory = join(temporaryDirectory(), 'closed');
    mkdirSync(directory);
    chmodSync(join(directory, '..'), 0o755);
    chmodSync(directory, 0o555);
    const open = async () => openLogFile(logFile(join(directory, 'atmos.log')), host);
    expect(await errorOf(isRoot ? asStranger(open) : open())).toMatchObject({
      code: 'ERR_IO',
      message: `cannot log to ${directory}/atmos.log (from --logs-file): permission denied (${directory} ${isRoot ? 'belongs to user 0' : 'has mode 0555'})`,
    });
  });

  test.skipIf(!canMount())('for a full disk once, and the program continues', () => {
    const path = join(mountTmpfs('size=4k'), 'atmos.log');
    const stderr = captureStream();
    const write = openLogFile(logFile(path), fakeHost({ stderr }));
    for (let i = 0; i < 10; i++) write(`${'x'.repeat(999)}\n`);
    expect(readFileSync(path, 'utf8').slice(0, 4000)).toBe(`${'x'.repeat(999)}\n`.repeat(4));
    expect(stderr.text()).toBe(
      `warning: logging stopped: cannot write to ${path} (from --logs-file): no space left on the device\n`,
    );
  });
});
