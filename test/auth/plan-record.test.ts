import fc from 'fast-check';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPlanRecord, writePlanRecord } from '../../src/auth/plan-record.ts';
import { statOf } from '../../src/host/read-files.ts';
import { recordReads } from '../../src/host/read-recorder.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const recorded = {
  identity: 'dev',
  realm: 'r',
  keyring: { type: { value: 'system', source: 'default' } },
  chainFingerprint: 'f'.repeat(64),
  rivals: [{ realm: 'other', alias: 'dev' }],
};

/** A handle with a record that names it, the program and one more file. */
async function openRecord() {
  const root = temporaryDirectory();
  const [file, scriptPath, config] = ['h.json', 'main.cjs', 'atmos.yaml'].map((name) =>
    join(root, name),
  ) as [string, string, string];
  for (const path of [file, scriptPath, config]) writeFileSync(path, '', { mode: 0o600 });
  const host = fakeHost({ scriptPath, homeDirectory: root, env: { AWS_REGION: 'eu-west-1' } });
  const later = new Date(Date.now() + 60_000);
  const { reads } = await recordReads(
    async () => void [file, scriptPath, config].map(statOf),
    later,
  );
  const seen = 'seen' in reads ? reads.seen : [];
  writePlanRecord(file, recorded, seen, host);
  return { root, file, scriptPath, config, host, seen, record: join(root, 'h.plan') };
}

describe('a recorded plan', () => {
  test('is read back, from a file that only the user can read', async () => {
    const { file, host, record } = await openRecord();
    expect(readPlanRecord(file, host)).toEqual(recorded);
    expect(statSync(record).mode & 0o777).toBe(0o600);
  });

  test('is not written again if it is the same', async () => {
    const { file, host, record, seen } = await openRecord();
    const { ino } = statSync(record);
    writePlanRecord(file, recorded, seen, host);
    expect(statSync(record).ino).toBe(ino);
    writePlanRecord(file, { ...recorded, rivals: [] }, seen, host);
    expect(readPlanRecord(file, host)).toEqual({ ...recorded, rivals: [] });
  });

  test('contains no secret of a variable', async () => {
    const { file, host, record, seen } = await openRecord();
    const env = {
      ATMOS_KEYRING_PASSWORD: 'canary-1',
      ATMOS_PRO_TOKEN: 'canary-2',
      ATMOS_TEAM_PW: 'canary-5',
      AWS_VAULT_FILE_PASSPHRASE: 'canary-6',
      AWS_SECRET_ACCESS_KEY: 'canary-3',
    };
    writePlanRecord(file, recorded, seen, { ...host, env });
    const text = readFileSync(record, 'utf8');
    expect(text).not.toContain('canary');
    expect(readPlanRecord(file, { ...host, env })).toEqual(recorded);
  });

  test('is not used if it does not name the handle and the program', async () => {
    const { file, host, seen } = await openRecord();
    for (const left of [0, 1]) {
      writePlanRecord(file, recorded, seen.toSpliced(left, 1), host);
      expect(readPlanRecord(file, host)).toBeUndefined();
    }
    writePlanRecord(file, recorded, seen.toSpliced(2, 1), host);
    expect(readPlanRecord(file, host)).toEqual(recorded);
  });

  test('is not used if it is a directory, or too large', async () => {
    const { file, host, record, root } = await openRecord();
    writeFileSync(record, ' '.repeat(1024 * 1024), { flag: 'a' });
    expect(readPlanRecord(file, host)).toBeUndefined();
    const other = join(root, 'other.json');
    mkdirSync(join(root, 'other.plan'));
    expect(readPlanRecord(other, host)).toBeUndefined();
    writePlanRecord(other, recorded, [], host);
    expect(readPlanRecord(other, host)).toBeUndefined();
  });

  test('is used as it was written or not at all, whatever is in the file', async () => {
    const { file, host, record } = await openRecord();
    const text = readFileSync(record, 'utf8');
    const content: Record<string, unknown> = JSON.parse(text);
    const other = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    const changed = fc.oneof(
      other.map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.constantFrom(...Object.keys(content)), other)
        .map(([name, value]) => JSON.stringify({ ...content, [name]: value })),
      fc
        .tuple(fc.constantFrom(...Object.keys(recorded)), other)
        .map(([name, value]) =>
          JSON.stringify({ ...content, result: { ...recorded, [name]: value } }),
        ),
      fc.nat(text.length).map((length) => text.slice(0, length)),
      other.map((value) => JSON.stringify({ ...content, more: value })),
    );
    fc.assert(
      fc.property(changed, (written) => {
        writeFileSync(record, written);
        const read = readPlanRecord(file, host);
        if (read === undefined) return;
        expect(read).toEqual(JSON.parse(written).result);
        expect(typeof read.chainFingerprint).toBe('string');
      }),
    );
  });
});
