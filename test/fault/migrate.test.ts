import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedKeyring } from '../keyring/file/seed.ts';
import { contentsOf } from '../store/mixed-entries.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { copyKilled, entries, finish, kills } from './migrating.ts';

const timeout = 300_000;

let program: Program;

beforeAll(async () => {
  program = await compileProgram('test/fault/migrate-program.ts');
});

afterAll(() => program.remove());

test(
  `500 mixed entries come from another file keyring, killed ${kills} times`,
  { timeout },
  async () => {
    const from = await seedKeyring(entries);
    const to = join(temporaryDirectory(), 'keyring');
    const migration = {
      program: program.file,
      from,
      to,
      source: openTestKeyring({ directory: from }),
      target: openTestKeyring({ directory: to }),
    };
    await copyKilled(migration, kills, []);
    expect(await finish(migration, [])).toBe('ended copied false, present false');
    expect(await contentsOf(migration.target)).toEqual(entries);
    expect(await contentsOf(migration.source)).toEqual(entries);
  },
);
