import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyFileReader } from '../../src/app/key-files.ts';
import { thrownBy } from '../support/error-of.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const read = keyFileReader({ fileTitle: 'the AWS file' });

test('reads the text of a file', () => {
  const path = join(temporaryDirectory(), 'credentials');
  writeFileSync(path, '[default]\n');
  expect(read(path)).toBe('[default]\n');
});

test('reads a missing file and /dev/null as empty', () => {
  expect(read(join(temporaryDirectory(), 'missing'))).toBe('');
  expect(read('/dev/null')).toBe('');
});

test('refuses a directory', () => {
  const path = temporaryDirectory();
  expect(thrownBy(() => read(path))).toMatchObject({
    code: 'ERR_IO',
    message: `cannot read the AWS file ${path}: it is a directory`,
    hints: [`ls -ld ${path}`],
  });
});

test('refuses a named pipe without waiting for a writer', () => {
  const path = join(temporaryDirectory(), 'pipe');
  execFileSync('mkfifo', ['-m', '600', path]);
  expect(thrownBy(() => read(path))).toMatchObject({
    code: 'ERR_IO',
    message: `cannot read the AWS file ${path}: it is a named pipe`,
    hints: [`ls -ld ${path}`],
  });
});

test('does not treat a file that cannot be read as missing', () => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  const path = join(file, 'below');
  expect(thrownBy(() => read(path))).toMatchObject({
    code: 'ERR_IO',
    message: `cannot read the AWS file ${path}: a part of the path is not a directory`,
  });
});
