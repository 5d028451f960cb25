import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { singleFlight, type FlightOptions } from '../../src/auth/single-flight.ts';
import { AtmosError, type ErrorCode } from '../../src/core/errors.ts';
import { run, say } from '../../src/core/hint.ts';
import type { Host } from '../../src/host/host.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { errorOf } from '../support/error-of.ts';
import { fakeHost } from '../support/fake-host.ts';
import { isRoot } from '../support/privilege.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startProgram } from './processes.ts';

const hint = run(['aws', 'iam', 'get-user'], 'to ask for it');
const denied = (message = 'AWS denies it') =>
  new AtmosError('ERR_AUTH_DENIED', message, { hints: [hint] });

function makeFlight(overrides: Partial<Host> = {}) {
  const root = temporaryDirectory();
  const warnings: string[] = [];
  const options: FlightOptions = {
    subject: ['identity', 'r', 'dev'],
    named: 'identity dev',
    timeoutMs: 120_000,
    host: fakeHost({
      env: { XDG_STATE_HOME: root },
      processId: 4242,
      monotonicMs: () => performance.now(),
      sleep: (milliseconds) => sleep(milliseconds),
      ...overrides,
    }),
    isLockNeeded: true,
    isShared: (code: ErrorCode) => code === 'ERR_AUTH_DENIED',
    warn: (message) => void warnings.push(message),
  };
  return { options, warnings, locks: join(root, 'atmos', 'locks') };
}

/** A task that runs until the test settles it. */
function openTask<T>() {
  let end: { resolve(value: T): void; reject(error: Error): void } | undefined;
  const ended = new Promise<T>((resolve, reject) => {
    end = { resolve, reject };
  });
  let began = () => {};
  const started = new Promise<void>((resolve) => {
    began = resolve;
  });
  const runTask = () => {
    began();
    return ended;
  };
  return {
    run: runTask,
    started,
    succeed: (value: T) => end?.resolve(value),
    fail: (error: Error) => end?.reject(error),
  };
}

const notRun = () => Promise.reject(new Error('it was run'));

describe('in one process', () => {
  test('tasks of one subject run one after another', async () => {
    const { options, warnings } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    await first.started;
    let hasRun = false;
    const two = singleFlight(options, async () => {
      hasRun = true;
      return 'two';
    });
    await sleep(20);
    expect(hasRun).toBe(false);
    first.succeed('one');
    expect(await Promise.all([one, two])).toEqual(['one', 'two']);
    expect(warnings).toEqual([]);
  });

  test('tasks of two subjects run at the same time', async () => {
    const { options } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    const other = { ...options, subject: ['identity', 'r_dev'] };
    expect(await singleFlight(other, async () => 'other')).toBe('other');
    first.succeed('one');
    await one;
  });

  test('all waiting callers get the failure, and later callers try again', async () => {
    const { options } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    await first.started;
    const waiting = [singleFlight(options, notRun), singleFlight(options, notRun)];
    first.fail(denied());
    const errors = await Promise.all([one, ...waiting].map(errorOf));
    for (const { code, message, hintValues: hints } of errors) {
      expect({ code, message, hints }).toEqual({
        code: 'ERR_AUTH_DENIED',
        message: 'AWS denies it',
        hints: [hint],
      });
    }
    expect(await singleFlight(options, async () => 'later')).toBe('later');
  });

  test('a failure with the same text as the previous one is a new failure', async () => {
    const { options } = makeFlight();
    await errorOf(singleFlight(options, () => Promise.reject(denied())));
    const second = openTask<string>();
    const failing = errorOf(singleFlight(options, second.run));
    await second.started;
    const waiting = errorOf(singleFlight(options, notRun));
    second.fail(denied());
    expect((await failing).code).toBe('ERR_AUTH_DENIED');
    expect((await waiting).code).toBe('ERR_AUTH_DENIED');
  });

  test('later callers try again although the clock was set back', async () => {
    let now = new Date('2026-01-01T12:00:00Z');
    const { options } = makeFlight({ now: () => now });
    await errorOf(singleFlight(options, () => Promise.reject(denied())));
    now = new Date('2026-01-01T10:00:00Z');
    expect(await singleFlight(options, async () => 'later')).toBe('later');
  });

  test.each<[string, Error]>([
    ['would not be the same for them', new AtmosError('ERR_KEYRING_BUSY', 'busy')],
    ['is none of ours', new Error('a bug')],
  ])('a caller that waited for a failure tries if it %s', async (_, failure) => {
    const { options, locks } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    await first.started;
    const two = singleFlight(options, async () => 'two');
    first.fail(failure);
    await expect(one).rejects.toBe(failure);
    expect(await two).toBe('two');
    expect(readdirSync(locks)).toHaveLength(1);
  });

  test('a caller that waited for a success tries, because the result may not be its own', async () => {
    const { options } = makeFlight();
    await errorOf(singleFlight(options, () => Promise.reject(denied())));
    const second = openTask<string>();
    const two = singleFlight(options, second.run);
    await second.started;
    const three = singleFlight(options, async () => 'three');
    second.succeed('two');
    expect(await Promise.all([two, three])).toEqual(['two', 'three']);
  });

  const noteWith = (...hints: readonly unknown[]) =>
    JSON.stringify({ id: 'x', code: 'ERR_AUTH_DENIED', message: 'x', hints });

  test('a note of another process is reported as its failure', async () => {
    const { options, locks } = makeFlight();
    const first = openTask<string>();
    const one = errorOf(singleFlight(options, first.run));
    await first.started;
    const two = errorOf(singleFlight(options, notRun));
    writeFileSync(join(locks, `${readdirSync(locks)[0]}.failed`), noteWith(hint));
    first.fail(new AtmosError('ERR_KEYRING_BUSY', 'busy'));
    expect((await one).code).toBe('ERR_KEYRING_BUSY');
    expect(await two).toMatchObject({ code: 'ERR_AUTH_DENIED', hintValues: [hint] });
  });

  test.each([
    '',
    'text',
    '[]',
    '{"code":5}',
    '{"code":"ERR_AUTH_DENIED","message":"x"}',
    noteWith('as an older version wrote it'),
    noteWith(say('ask\u001b[2K')),
    noteWith(hint, run(['aws', 'iam\nid'])),
    noteWith({ kind: 'set', variable: 'A=$(id)', value: 'x' }),
  ])('an unreadable note does not prevent an attempt: %j', async (content) => {
    const { options, locks } = makeFlight();
    const first = openTask<string>();
    const one = errorOf(singleFlight(options, first.run));
    await first.started;
    const two = singleFlight(options, async () => 'two');
    writeFileSync(join(locks, `${readdirSync(locks)[0]}.failed`), content);
    first.fail(new AtmosError('ERR_KEYRING_BUSY', 'busy'));
    expect((await one).code).toBe('ERR_KEYRING_BUSY');
    expect(await two).toBe('two');
  });
});

describe('the note on the disk', () => {
  test('is readable only by the user and contains only the error', async () => {
    const { options, locks } = makeFlight();
    await errorOf(singleFlight(options, () => Promise.reject(denied())));
    expect(statSync(locks).mode & 0o777).toBe(0o700);
    const files = readdirSync(locks).sort();
    expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), `${files[0]}.failed`]);
    for (const file of files) expect(statSync(join(locks, file)).mode & 0o777).toBe(0o600);
    const [lock = '', note = ''] = files.map((file) => readFileSync(join(locks, file), 'utf8'));
    expect(lock).toBe('4242\n');
    expect(JSON.parse(note)).toEqual({
      id: expect.any(String),
      code: 'ERR_AUTH_DENIED',
      message: 'AWS denies it',
      hints: [hint],
    });
  });

  test('has no hint that a reader would reject', async () => {
    const { options, locks } = makeFlight();
    const error = new AtmosError('ERR_AUTH_DENIED', 'x', { hints: [say('a\nb'), hint] });
    await errorOf(singleFlight(options, () => Promise.reject(error)));
    const [, note = ''] = readdirSync(locks).sort();
    expect(JSON.parse(readFileSync(join(locks, note), 'utf8'))).toMatchObject({ hints: [hint] });
  });

  test('does not exist after a success, unlike the lock', async () => {
    const { options, locks } = makeFlight();
    await errorOf(singleFlight(options, () => Promise.reject(denied())));
    await singleFlight(options, async () => 'done');
    expect(readdirSync(locks)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });
});

describe('a wait', () => {
  /** A clock that advances only during a sleep. */
  function fakeTime(onSleep: (nowMs: number) => void = () => {}) {
    let nowMs = 0;
    return {
      monotonicMs: () => nowMs,
      async sleep(milliseconds: number) {
        nowMs += milliseconds;
        onSleep(nowMs);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      },
    };
  }

  test('stops after its limit and names the holder', async () => {
    const { options, warnings } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    await first.started;
    const host = { ...options.host, ...fakeTime(), processId: 5151 };
    const error = await errorOf(singleFlight({ ...options, host }, notRun));
    expect(error.code).toBe('ERR_LOGIN_BUSY');
    expect(error.message).toBe(
      'process 4242 has been opening a session for identity dev for 120 seconds',
    );
    expect(error.hints).toEqual(['ps -p 4242 -o pid,etime,args']);
    expect(warnings).toEqual([
      'waiting for process 4242, which is opening a session for identity dev',
    ]);
    first.succeed('one');
    expect(await one).toBe('one');
  });

  test('is no warning where it is shown while it lasts', async () => {
    const { options, warnings } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    await first.started;
    const shown: string[] = [];
    const waiting = (what: string, limitMs: number, startMs?: number) => {
      shown.push(`${what}: ${limitMs} from ${startMs}`);
      return () => void shown.push('over');
    };
    const host = { ...options.host, ...fakeTime(), waiting };
    await errorOf(singleFlight({ ...options, host }, notRun));
    expect(shown).toEqual([
      'process 4242, which is opening a session for identity dev: 120000 from 0',
      'over',
    ]);
    expect(warnings).toEqual([]);
    first.succeed('one');
    await one;
  });

  test('is not reported if it is short', async () => {
    const { options, warnings } = makeFlight();
    const first = openTask<string>();
    const one = singleFlight(options, first.run);
    await first.started;
    const time = fakeTime((nowMs) => {
      if (nowMs > 500) first.succeed('one');
    });
    const host = { ...options.host, ...time };
    expect(await singleFlight({ ...options, host }, async () => 'two')).toBe('two');
    expect(await one).toBe('one');
    expect(warnings).toEqual([]);
  });
});

describe('a state directory that cannot be used', () => {
  const hints = ['export XDG_STATE_HOME=<a directory that can be written>'];

  test('is named: another kind of file in its place', async () => {
    const { options, locks } = makeFlight();
    writeFileSync(join(locks, '..', '..', 'atmos'), 'a file');
    const error = await errorOf(singleFlight(options, notRun));
    expect(error.code).toBe('ERR_IO');
    expect(error.message).toMatch(
      /^cannot create the directory for locks .*\/locks: (a part of the path is not a directory|something else is there)$/,
    );
    expect(error.hints).toEqual(hints);
  });

  test.skipIf(process.platform === 'win32')('is refused if other users can change it', async () => {
    const { options, locks } = makeFlight();
    mkdirSync(locks, { recursive: true });
    chmodSync(locks, 0o777);
    expect(await errorOf(singleFlight(options, notRun))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot use the directory for locks ${locks}: it can be changed by other users (mode 0777)`,
      hints: [`chmod go-w ${locks}`],
    });
  });

  test.skipIf(!isRoot)('is refused if it belongs to another user', async () => {
    const { options, locks } = makeFlight();
    mkdirSync(locks, { recursive: true, mode: 0o700 });
    chownSync(locks, 12_345, 12_345);
    expect(await errorOf(singleFlight(options, notRun))).toMatchObject({
      code: 'ERR_IO',
      message: `cannot use the directory for locks ${locks}: it belongs to user 12345`,
    });
  });

  test('does not matter to a caller that needs no lock', async () => {
    const { options, locks } = makeFlight();
    writeFileSync(join(locks, '..', '..', 'atmos'), 'a file');
    const alone = { ...options, isLockNeeded: false };
    expect(await singleFlight(alone, async () => 'done')).toBe('done');
  });

  test('is named: a lock that is not a file', async () => {
    const { options, locks } = makeFlight();
    await singleFlight(options, async () => 'done');
    const [file = ''] = readdirSync(locks);
    const other = makeFlight();
    mkdirSync(join(other.locks, file), { recursive: true });
    const error = await errorOf(singleFlight(other.options, notRun));
    expect(error.code).toBe('ERR_IO');
    expect(error.message).toBe(`cannot lock ${join(other.locks, file)}: it is a directory`);
    expect(error.hints).toEqual(hints);
  });
});

describe('across processes', () => {
  let program: Program | undefined;

  beforeAll(async () => {
    program = await compileProgram('test/auth/flight-program.ts');
  });
  afterAll(() => program?.remove());

  function setUp() {
    const root = temporaryDirectory();
    const file = program?.file ?? '';
    const start = () => startProgram(file, [join(root, 'made')], { XDG_STATE_HOME: root });
    return { start };
  }

  test('one of thirty processes runs the task', async () => {
    const { start } = setUp();
    const all = Array.from({ length: 30 }, start);
    await Promise.all(all.map((one) => one.heard('arrived')));
    const runner = await Promise.any(
      all.map(async (one) => {
        await one.heard('running');
        return one;
      }),
    );
    runner.tell('succeed');
    const ends = await Promise.all(all.map((one) => one.heard('ended')));
    expect(ends.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      ...Array.from({ length: 29 }, () => 'found'),
      'made',
    ]);
    expect(all.filter(({ said }) => said.some(({ event }) => event === 'running'))).toEqual([
      runner,
    ]);
  });

  test('all waiting processes get the failure, and a later process tries again', async () => {
    const { start } = setUp();
    const holder = start();
    await holder.heard('running');
    const waiting = Array.from({ length: 5 }, start);
    const messages = await Promise.all(waiting.map((one) => one.heard('waiting')));
    expect(new Set(messages)).toEqual(
      new Set([
        `waiting for process ${holder.processId}, which is opening a session for identity dev`,
      ]),
    );
    holder.tell('fail');
    const all = [holder, ...waiting];
    const failures = await Promise.all(all.map((one) => one.heard('failed')));
    expect(new Set(failures)).toEqual(new Set(['ERR_AUTH_DENIED: AWS denies it']));
    expect(waiting.flatMap(({ said }) => said).filter(({ event }) => event === 'running')).toEqual(
      [],
    );

    const later = start();
    await later.heard('running');
    later.tell('succeed');
    expect(await later.heard('ended')).toBe('made');
  });

  test('a process that waits for a killed process continues', async () => {
    const { start } = setUp();
    const holder = start();
    await holder.heard('running');
    const waiter = start();
    await waiter.heard('waiting');
    await holder.killNow();
    await waiter.heard('running');
    waiter.tell('succeed');
    expect(await waiter.heard('ended')).toBe('made');
  });
});
