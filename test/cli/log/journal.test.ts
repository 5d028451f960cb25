import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createJournal } from '../../../src/cli/log/journal.ts';
import type { LogConfig } from '../../../src/cli/log/settings.ts';
import { changedHost, type Host } from '../../../src/host/host.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { fakeHost } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { captureStream } from '../capture.ts';

const silent = { logsLevel: undefined, logsFile: undefined };
const saying = (level: string): LogConfig => ({
  logs: { level: { value: level, source: 'logs.level (/p/atmos.yaml:2:10)' } },
  environment: {},
});

function openJournal(overrides: Partial<Host> = {}) {
  const [stdout, stderr] = [captureStream(), captureStream()];
  const host = fakeHost({ stdout, stderr, processId: 7, ...overrides });
  return { ...createJournal(host), stdout, stderr };
}

const savedLine = (identity: string) =>
  `2026-01-01T00:00:00.000Z INFO key.saved pid=7 identity=${identity}\n`;

describe('before its settings are known, a log buffers its events', () => {
  test('and writes them when it is started, then each event at once', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const { log, start, stderr } = openJournal({ now: () => now });
    log('key.saved', { identity: 'early' });
    now = new Date('2026-01-01T00:00:05Z');
    expect(stderr.text()).toBe('');
    await start(saying('info'));
    expect(stderr.text()).toBe(savedLine('early'));
    log('key.saved', { identity: 'late' });
    expect(stderr.text()).toBe(
      savedLine('early') + savedLine('late').replace(':00.000', ':05.000'),
    );
  });

  test('and drops them if no log is configured', async () => {
    const { log, start, stderr } = openJournal();
    log('command.failed', { code: 'ERR_IO', exit_code: 1 });
    await start();
    log('command.failed', { code: 'ERR_IO', exit_code: 1 });
    expect(stderr.text()).toBe('');
  });

  test('but only a limited number, and logs how many are missing', async () => {
    const { log, start, stderr } = openJournal({ env: { ATMOS_LOGS_LEVEL: 'Trace' } });
    for (let i = 0; i < 503; i++) log('key.saved', { identity: `${i}` });
    await start();
    const lines = stderr.text().trimEnd().split('\n');
    expect(lines).toHaveLength(501);
    expect(lines[499]).toContain('identity=499');
    expect(lines[500]).toContain('WARN log.dropped pid=7 events=3');
  });
});

test('an event of a lower level is not written', async () => {
  const { log, heed, start, stderr } = openJournal();
  heed({ ...silent, logsLevel: 'info' });
  await start();
  log('store.written', { identity: 'dev', item: 'key' });
  log('session.found', { identity: 'dev', expires_at: undefined });
  log('key.saved', { identity: 'dev' });
  log('log.dropped', { events: 1 });
  expect(stderr.text().match(/(?<=Z )\w+ \S+/g)).toEqual(['INFO key.saved', 'WARN log.dropped']);
});

test.each([
  ['info', []],
  ['debug', ['ERRO command.failed', 'WARN key.refused']],
])(
  'on standard error, messages that the command prints are repeated only from Debug on: %s',
  async (logsLevel, written) => {
    const { log, heed, start, stderr } = openJournal();
    heed({ ...silent, logsLevel });
    await start();
    log('command.failed', { code: 'ERR_AUTH_KEYS_REFUSED', exit_code: 4 });
    log('key.refused', { identity: 'dev' });
    expect(stderr.text().match(/(?<=Z )\w+ \S+/g) ?? []).toEqual(written);
  },
);

test('a log never writes to standard output, which contains the result of the command', async () => {
  const { log, heed, start, stdout, stderr } = openJournal();
  heed({ logsLevel: 'info', logsFile: '/dev/stdout' });
  await start();
  log('key.saved', { identity: 'dev' });
  expect({ stdout: stdout.text(), stderr: stderr.text() }).toEqual({
    stdout: '',
    stderr: savedLine('dev'),
  });
});

test('a log file also gets the warnings by default', async () => {
  const file = join(temporaryDirectory(), 'atmos.log');
  const { log, heed, start, stderr } = openJournal();
  log('key.saved', { identity: 'dev' });
  log('key.refused', { identity: 'dev' });
  heed({ ...silent, logsFile: file });
  await start();
  expect(readFileSync(file, 'utf8')).toBe(
    '2026-01-01T00:00:00.000Z WARN key.refused pid=7 identity=dev\n',
  );
  expect(stderr.text()).toBe('');
});

test('an unknown level is reported once: at once for an option, otherwise at the start', async () => {
  const early = openJournal();
  expect(thrownBy(() => early.heed({ ...silent, logsLevel: 'loud' }))).toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining('unknown log level "loud" (from --logs-level)'),
  });
  await early.start();
  const late = openJournal();
  late.heed(silent);
  expect(await errorOf(late.start(saying('loud')))).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    message: expect.stringContaining('"loud" (from logs.level (/p/atmos.yaml:2:10))'),
  });
  await late.start(saying('Trace'));
  late.log('key.saved', { identity: 'dev' });
  expect(late.stderr.text()).toBe('');
});

test('a source that is slow to find is computed only for a line that is written', async () => {
  let lookedUp = 0;
  const realm = {
    value: 'r',
    get source() {
      return `auth.realm (${++lookedUp})`;
    },
  };
  for (const [level, expected] of [
    ['Off', 0],
    ['Info', 0],
    ['Debug', 2],
  ] as const) {
    const { log, start } = openJournal({ env: { ATMOS_LOGS_LEVEL: level } });
    log('realm.resolved', { realm: 'r', source: realm });
    await start();
    log('realm.resolved', { realm: 'r', source: realm });
    expect({ level, lookedUp }).toEqual({ level, lookedUp: expected });
  }
});

test('logging does not change the machine that the command uses', () => {
  const seen: string[] = [];
  const stdin = fakeHost().stdin;
  let reads = 0;
  const machine = Object.defineProperty(fakeHost(), 'stdin', {
    enumerable: true,
    get: () => {
      reads++;
      return stdin;
    },
  });
  const host = changedHost(machine, { log: (event) => void seen.push(event) });
  expect(reads).toBe(0);
  expect(host.stdin).toBe(stdin);
  expect(Object.keys(host).toSorted()).toEqual(Object.keys(machine).toSorted());
  host.log('key.saved', { identity: 'dev' });
  machine.log('key.saved', { identity: 'dev' });
  expect(seen).toEqual(['key.saved']);
});
