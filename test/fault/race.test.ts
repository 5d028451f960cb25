import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compileProgram } from '../support/compile.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startWriter } from './processes.ts';
import { numberOf, ownKey, sharedKey } from './values.ts';

const processes = 8;
const writes = 50;

test(
  `${processes} processes make ${writes} writes each in a new keyring: none lost, none torn`,
  { timeout: 120_000 },
  async () => {
    const directory = join(temporaryDirectory(), 'keyring');
    const { file, remove } = await compileProgram('test/fault/writer.ts');
    onTestFinished(remove);
    const names = Array.from({ length: processes }, (_, number) => `writer-${number}`);
    const writers = names.map((name) => startWriter(file, ['write', directory, name, `${writes}`]));
    // Each reads the shared entry after every write, and fails for a value that no writer wrote.
    for (const writer of writers) {
      expect(await writer.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
      expect(writer.lines).toHaveLength(1 + writes);
    }

    const keyring = openTestKeyring({ directory });
    expect(await keyring.keys()).toHaveLength(processes * writes + 1);
    for (const name of names) {
      for (let number = 0; number < writes; number++) {
        expect(numberOf(await keyring.get(ownKey(name, number)))).toBe(number);
      }
    }
    expect(numberOf(await keyring.get(sharedKey))).toBe(writes - 1);
    expect(readdirSync(join(directory, '.state', 'temporary'))).toEqual([]);
  },
);
