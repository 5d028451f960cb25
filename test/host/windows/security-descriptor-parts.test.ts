import { expect, test } from 'vitest';
import { partsAt } from '../../../src/host/windows/security-descriptor.ts';

const descriptor = (owner: string) => ({ owner, grants: [] });
const mountPoint = {
  ino: 7,
  isReparsePoint: true,
  descriptor: descriptor('of the mount point'),
};
const volume = {
  ino: 5,
  isReparsePoint: false,
  descriptor: descriptor('of the volume'),
};
const opening = ({ follows }: { follows: boolean }) => (follows ? volume : mountPoint);
const statsOf = (ino: number, isDirectory = true) => ({
  ino,
  isDirectory: () => isDirectory,
});

test('a volume that is mounted in a directory is found with the directory', () => {
  expect(partsAt(statsOf(5), opening)).toEqual([
    { kind: 'root of a volume', descriptor: descriptor('of the volume') },
    { kind: 'mount point', descriptor: descriptor('of the mount point') },
  ]);
});

test('anything else is one thing, a link too', () => {
  expect(partsAt(statsOf(5), () => volume)).toMatchObject([{ kind: 'itself' }]);
  expect(partsAt(statsOf(7, false), opening)).toMatchObject([{ kind: 'itself' }]);
});

test('what is another one by now is not there', () => {
  expect(partsAt(statsOf(6), () => volume)).toBeUndefined();
  expect(partsAt(statsOf(6), opening)).toBeUndefined();
  expect(partsAt(statsOf(5, false), opening)).toBeUndefined();
});
