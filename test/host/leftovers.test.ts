import { chmodSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomId } from '../../src/host/files.ts';
import { leftoversOf, removeLeftovers, removeOldFiles } from '../../src/host/leftovers.ts';
import { fakeHost, testStart } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const host = fakeHost({ userId: process.getuid?.() });

/** @returns the name of a temporary file of this age beside `file` */
function put(directory: string, ageSeconds: number, name = `file.${randomId()}`): string {
  const path = join(directory, name);
  writeFileSync(path, 'x');
  const at = new Date(testStart.getTime() - ageSeconds * 1000);
  utimesSync(path, at, at);
  return name;
}

test('what a killed process left is removed, and what another one may be writing is not', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'file');
  put(directory, 61);
  const kept = [put(directory, 59), put(directory, 61, 'file'), put(directory, 61, 'file.backup')];
  kept.push(put(directory, 61, `other.${randomId()}`));
  removeLeftovers(file, host);
  expect(readdirSync(directory).sort()).toEqual(kept.sort());
  removeLeftovers(file, host, true);
  expect(readdirSync(directory)).toHaveLength(3);
});

test('only regular files of the current user are removed', () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'file');
  put(directory, 61);
  symlinkSync('file', join(directory, `file.${randomId()}`));
  mkdirSync(join(directory, `file.${randomId()}`));
  expect(leftoversOf(file, { ...host, userId: 12_345 }, true)).toEqual([]);
  expect(leftoversOf(file, host, true)).toHaveLength(1);
});

test('of old files, only those with a name that is meant are removed', () => {
  const directory = temporaryDirectory();
  put(directory, 61, 'a.json');
  const kept = [put(directory, 59, 'b.json'), put(directory, 61, 'c.txt')];
  removeOldFiles(directory, (name) => name.endsWith('.json'), 60_000, host);
  expect(readdirSync(directory).sort()).toEqual(kept);
  if (process.platform === 'win32') return;
  chmodSync(directory, 0o777);
  put(directory, 61, 'a.json');
  removeOldFiles(directory, (name) => name.endsWith('.json'), 60_000, host);
  expect(readdirSync(directory)).toContain('a.json');
});
