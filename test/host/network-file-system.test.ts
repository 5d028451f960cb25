import { expect, test } from 'vitest';
import { networkFileSystem } from '../../src/host/network-file-system.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('a local directory is on no network file system', () => {
  expect(networkFileSystem(temporaryDirectory())).toBeUndefined();
  expect(networkFileSystem('/absent')).toBeUndefined();
});
