import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reasonOf } from '../../src/host/denial.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('a missing path is named from its first missing directory', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a'));
  expect(reasonOf('ENOENT', join(directory, 'a/file'))).toBe('it does not exist');
  expect(reasonOf('ENOENT', join(directory, 'b/c/file'))).toBe(`${directory}/b does not exist`);
});

test('the codes of the system are words, for a path and for a stream', () => {
  expect(reasonOf('ENOSPC', '/x')).toBe('no space left on the device');
  expect(reasonOf('ENOSPC')).toBe('no space left on the device');
});

test('a code without words is the reason itself', () => {
  expect(reasonOf('ESTALE', '/x')).toBe('ESTALE');
  expect(reasonOf('ENOENT')).toBe('ENOENT');
});
