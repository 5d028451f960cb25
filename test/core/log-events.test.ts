import { expect, expectTypeOf, test } from 'vitest';
import { awsCredentials } from '../../src/core/credentials.ts';
import { AtmosError } from '../../src/core/errors.ts';
import { logVocabulary, type Log, type LogEvents } from '../../src/core/log-events.ts';
import { logLevels } from '../../src/core/log-level.ts';

test('every event has a level, a name of two words, and fields of a known type', () => {
  const kinds = ['name', 'place', 'code', 'number', 'flag', 'time'];
  for (const [event, { level, fields }] of Object.entries(logVocabulary)) {
    expect(event).toMatch(/^[a-z]+\.[a-z]+$/);
    expect(logLevels.slice(0, -1)).toContain(level);
    for (const [name, kind] of Object.entries(fields)) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      const words: readonly string[] = Array.isArray(kind) ? kind : [];
      expect(kinds.includes(String(kind)) || words.length > 1).toBe(true);
      for (const word of words) expect(word).toMatch(/^[a-z_]+$/);
    }
  }
});

test('no field accepts credentials, an error or free text', () => {
  const log: Log = () => {};
  const credentials = awsCredentials({ accessKeyId: 'a', secretAccessKey: 'b' });
  const error = new AtmosError('ERR_IO', 'text');
  // @ts-expect-error credentials are not a name
  log('session.found', { identity: credentials, expires_at: undefined });
  // @ts-expect-error an error is not a code
  log('command.failed', { code: error, exit_code: 1 });
  // @ts-expect-error a field with a list of words accepts no other word
  log('session.needed', { identity: 'dev', because: 'of what the server said' });
  // @ts-expect-error an event accepts only its own fields
  log('key.saved', { identity: 'dev', secret: 'b' });
  // @ts-expect-error no event has a free text
  log('message', { text: 'b' });
  expectTypeOf<LogEvents['key.saved']>().toEqualTypeOf<{ readonly identity: string | undefined }>();
});
