import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { replacePrivately } from '../../src/host/files.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// Interrupted writes, crashes and full disks are tested in test/keyring/file/atomic-write.test.ts.
describe('replacing a file privately', () => {
  test('makes it readable by its owner only and leaves no temporary file', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'file');
    writeFileSync(path, 'old', { mode: 0o644 });
    replacePrivately(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('replaces a link, not its target', () => {
    const directory = temporaryDirectory();
    const [target, link] = [join(directory, 'target'), join(directory, 'link')];
    writeFileSync(target, 'old');
    symlinkSync(target, link);
    replacePrivately(link, 'new');
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readFileSync(link, 'utf8')).toBe('new');
  });

  test('leaves no temporary file after a failure', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'taken');
    mkdirSync(path);
    expect(() => replacePrivately(path, 'new')).toThrow('EISDIR');
    expect(() => replacePrivately(path, 'new', { isNew: true })).toThrow('EEXIST');
    expect(readdirSync(directory)).toEqual(['taken']);
  });
});
