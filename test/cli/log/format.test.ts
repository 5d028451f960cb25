import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedaction, formatEntry, maxFieldLength } from '../../../src/cli/log/format.ts';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { logVocabulary, type LogEntry, type LogEvent } from '../../../src/core/log-events.ts';
import { testStart } from '../../support/fake-host.ts';

const options = { processId: 4711, redact: createRedaction({}) };

function lineOf(event: LogEvent, fields: LogEntry['fields']): string {
  return formatEntry({ at: testStart, event, fields }, options);
}

describe('a line', () => {
  test('has time, level, event, process, and the fields in the order of the vocabulary', () => {
    const fields = {
      clock_offset_ms: 2.4,
      expires_at: new Date('2026-01-01T12:00:00Z'),
      region: 'eu-west-1',
      identity: 'dev',
    };
    expect(lineOf('session.opened', fields)).toBe(
      '2026-01-01T00:00:00.000Z INFO session.opened pid=4711 identity=dev region=eu-west-1 expires_at=2026-01-01T12:00:00.000Z clock_offset_ms=2\n',
    );
  });

  test('omits unknown values', () => {
    expect(lineOf('login.waiting', { holder: undefined })).toBe(
      '2026-01-01T00:00:00.000Z DEBU login.waiting pid=4711\n',
    );
  });

  test.each([
    ['dev', 'dev'],
    ['', '""'],
    ['two words', '"two words"'],
    ['a=b', '"a=b"'],
    ['say "no"', String.raw`"say \"no\""`],
    ['back\\slash', String.raw`"back\\slash"`],
    ['/p/atmos.yaml:3:10', '/p/atmos.yaml:3:10'],
    ['Käfig', 'Käfig'],
    ['two\nlines', 'two�lines'],
  ])('quotes %j if necessary', (identity, written) => {
    expect(lineOf('key.saved', { identity })).toContain(` identity=${written}\n`);
  });

  test('contains the source of a setting', () => {
    const realm = { value: 'secret', source: 'auth.realm (/p/atmos.yaml:3:10)' };
    expect(lineOf('realm.resolved', { realm: 'r', source: realm })).toContain(
      ' realm=r source="auth.realm (/p/atmos.yaml:3:10)"\n',
    );
  });
});

const bare = '2026-01-01T00:00:00.000Z ERRO command.failed pid=4711\n';

test('a field that is not in the vocabulary is not written', () => {
  const credentials = awsCredentials({ accessKeyId: 'AKIA', secretAccessKey: 'canary' });
  expect(lineOf('command.failed', { ...credentials })).toBe(bare);
  for (const value of [
    'what the server said',
    'lower',
    new Error('canary'),
    credentials,
    ['ERR_IO'],
    null,
    7,
  ])
    expect(lineOf('command.failed', { code: value })).toBe(bare);
  expect(lineOf('session.needed', { because: 'canary' })).not.toContain('canary');
  expect(lineOf('session.found', { expires_at: new Date(Number.NaN) })).not.toContain('=NaN');
});

test('no field breaks the line or is longer than its limit', () => {
  const events = Object.keys(logVocabulary) as LogEvent[];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 500 }),
    fc.string({ unit: fc.constantFrom('\n', '\r', '\u2028', '\u001b', '\ud83d', '"', '\\', '=') }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...events), text, (event, value) => {
      const { fields } = logVocabulary[event];
      const given = Object.fromEntries(Object.keys(fields).map((name) => [name, value]));
      const line = lineOf(event, given);
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(line.endsWith('\n') && line.isWellFormed()).toBe(true);
      for (const [, written = ''] of line.matchAll(/=("(?:[^"\\]|\\.)*"|[^\s"]+)/g)) {
        const shown: string = written.startsWith('"') ? JSON.parse(written) : written;
        expect(shown.length).toBeLessThanOrEqual(maxFieldLength);
      }
    }),
  );
});
