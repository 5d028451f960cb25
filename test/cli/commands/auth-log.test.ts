import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatAuditRecord, type AuditRecord } from '../../../src/auth/audit-record.ts';
import { testStart } from '../../support/fake-host.ts';
import { openDesk, yamlOf } from './desk.ts';

const hourMs = 3_600_000;

function useAt(hours: number, fields: Partial<AuditRecord> = {}): AuditRecord {
  return {
    time: new Date(testStart.getTime() + hours * hourMs).toISOString(),
    identity: 'dev',
    kind: 'aws/user',
    principal: null,
    account: null,
    access_key_id: 'ASIAIOSFODNN7EXAMPLE',
    command: 'exec',
    pid: 42,
    outcome: 'ok',
    ...fields,
  };
}

const role = {
  identity: 'deploy',
  kind: 'aws/assume-role',
  principal: 'arn:aws:iam::123456789012:role/deploy',
  account: '123456789012',
};
const old = useAt(-48, { outcome: 'ERR_AUTH_DENIED', access_key_id: null });
const [first, second] = [useAt(-2), useAt(-1, { ...role, command: 'credential-process' })];

/** A trusted desk with an audit file and a rotated one. */
async function openLogDesk({ line = '' } = {}) {
  const desk = await openDesk();
  desk.env['ATMOS_AUTH_TRUST'] = '1';
  desk.configure(`${yamlOf(desk)}  audit: { file: ~/audit.jsonl }\n`);
  const write = (end: string, text: string) =>
    writeFileSync(join(desk.root, `audit.jsonl${end}`), text, { mode: 0o600 });
  write('.1', `${formatAuditRecord(old)}\n`);
  write('', `${formatAuditRecord(first)}\n${line}${formatAuditRecord(second)}\n`);
  return desk;
}

describe('auth log', () => {
  test('lists the uses of all files, the oldest first', async () => {
    const desk = await openLogDesk();
    expect(await desk.run('auth log')).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `TIME               IDENTITY  COMMAND             PRINCIPAL                              ACCESS KEY            OUTCOME          CALLER
Dec 30 2025 00:00  dev       exec                -                                      -                     ERR_AUTH_DENIED  pid 42
Dec 31 2025 22:00  dev       exec                -                                      ASIAIOSFODNN7EXAMPLE  ok               pid 42
Dec 31 2025 23:00  deploy    credential-process  arn:aws:iam::123456789012:role/deploy  ASIAIOSFODNN7EXAMPLE  ok               pid 42
`,
    });
  });

  test.each([
    ['', [old, first, second]],
    ['-i DEPLOY', [second]],
    ['-i gone', []],
    ['--since 12h', [first, second]],
    ['--since 2025-12-31T23:00:00Z', [second]],
    ['--since 1h -i dev', []],
    ['--since 2025-12-31', [first, second]],
  ])('lists as JSON the records that %s selects', async (words, uses) => {
    const desk = await openLogDesk();
    const { stdout, stderr } = await desk.run(`auth log -o json ${words}`);
    expect(JSON.parse(stdout)).toEqual(uses);
    expect(stderr).toBe('');
  });

  test.each([
    ['-i nosuch', 'no uses of identity nosuch are recorded\n'],
    ['--since 2027-01-01', 'no uses since Jan 1 2027 00:00 are recorded\n'],
    ['-i dev --since 2027-01-01', 'no uses of identity dev since Jan 1 2027 00:00 are recorded\n'],
  ])('says what it has looked for: %s', async (words, stderr) => {
    const desk = await openLogDesk();
    expect(await desk.run(`auth log ${words}`)).toEqual({ exitCode: 0, stdout: '', stderr });
  });

  test('skips and counts damaged lines', async () => {
    const desk = await openLogDesk({ line: '{"time":"2025-\n\nx\n' });
    const { stdout, stderr } = await desk.run('auth log -o json');
    expect(JSON.parse(stdout)).toEqual([old, first, second]);
    expect(stderr).toBe('warning: skipped 2 damaged lines of the audit file\n');
  });

  test('shows control characters of a line as escapes', async () => {
    const line = `${formatAuditRecord(useAt(-1, { identity: 'a\u001b[2J' }))}\n`;
    const desk = await openLogDesk({ line });
    for (const words of ['auth log', 'auth log -o json']) {
      const { stdout } = await desk.run(words);
      expect(stdout).toContain(String.raw`a\u001b[2J`);
      expect(stdout).not.toContain('\u001b');
    }
  });

  test('says that nothing is recorded yet', async () => {
    const desk = await openDesk();
    desk.env['ATMOS_AUTH_TRUST'] = '1';
    desk.configure(`${yamlOf(desk)}  audit: { file: ~/audit.jsonl }\n`);
    expect(await desk.run('auth log')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'no uses are recorded\n',
    });
    expect((await desk.run('auth log -o json')).stdout).toBe('[]\n');
  });
});

describe('auth log fails', () => {
  test('without auth.audit, and shows the setting', async () => {
    const desk = await openDesk();
    expect(await desk.run('auth log')).toMatchObject({
      code: 'ERR_USAGE',
      stderr:
        'error: uses of identities are not recorded: auth.audit is not set\n' +
        'hint: to record them, set auth: { audit: { file: ~/.local/state/atmos/audit.jsonl } }\n',
    });
  });

  test.each([
    ['--since yesterday', '--since "yesterday" is neither a duration nor a time'],
    ['--since 7', '--since "7" has no unit'],
    ['-i', '-i needs the name of an identity here'],
  ])('for %s', async (words, message) => {
    const desk = await openLogDesk();
    const { code, stderr } = await desk.run(`auth log ${words}`);
    expect(code).toBe('ERR_USAGE');
    expect(stderr).toContain(message);
  });

  test('for a file of a project that is not trusted', async () => {
    const desk = await openLogDesk();
    const { code } = await desk.run('auth log', { env: { ATMOS_AUTH_TRUST: undefined } });
    expect(code).toBe('ERR_CONFIG_UNTRUSTED');
  });

  test('for a file that is a directory', async () => {
    const desk = await openLogDesk();
    mkdirSync(join(desk.root, 'audit.jsonl.2'), { mode: 0o700 });
    const { code, stderr } = await desk.run('auth log');
    expect(code).toBe('ERR_IO');
    expect(stderr).toContain('cannot read the audit file');
  });
});
