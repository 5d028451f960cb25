import { describe, expect, test } from 'vitest';
import {
  formatAuditRecord,
  parseAuditRecord,
  type AuditRecord,
} from '../../src/auth/audit-record.ts';

const record: AuditRecord = {
  time: '2026-01-01T00:00:00.000Z',
  identity: 'dev\u001b[2J\n',
  kind: 'aws/user',
  principal: null,
  account: null,
  access_key_id: 'ASIAIOSFODNN7EXAMPLE',
  command: 'exec',
  pid: 42,
  outcome: 'ok',
};

describe('a record of a use', () => {
  test('is one line, from which the same record is read', () => {
    const line = formatAuditRecord(record);
    expect(line).not.toContain('\n');
    expect(parseAuditRecord(line)).toEqual(record);
  });

  test('has only the fields of this version', () => {
    expect(parseAuditRecord(JSON.stringify({ ...record, more: 1 }))).toEqual(record);
  });

  test.each([
    ['', 'no text'],
    ['{"time":"2026-01-0', 'a line that was cut short'],
    ['[]', 'a list'],
    [JSON.stringify({ ...record, time: 'yesterday' }), 'no time'],
    [JSON.stringify({ ...record, pid: '42' }), 'a text for a number'],
    [JSON.stringify({ ...record, pid: 0.5 }), 'a fraction for a process'],
    [JSON.stringify({ ...record, account: 12 }), 'a number for a text'],
    [JSON.stringify({ ...record, outcome: undefined }), 'a missing field'],
  ])('is not read from %s, which is %s', (line) => {
    expect(parseAuditRecord(line)).toBeUndefined();
  });
});
