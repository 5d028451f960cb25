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

test('a mount point and the mounted volume are two objects', () => {
  expect(partsAt(statsOf(5), opening)).toEqual([
    { kind: 'root of a volume', descriptor: descriptor('of the volume') },
    { kind: 'mount point', descriptor: descriptor('of the mount point') },
  ]);
});

test('any other path is one object, also a link', () => {
  expect(partsAt(statsOf(5), () => volume)).toMatchObject([{ kind: 'itself' }]);
  expect(partsAt(statsOf(7, false), opening)).toMatchObject([{ kind: 'itself' }]);
});

test('a path that was replaced is undefined', () => {
  expect(partsAt(statsOf(6), () => volume)).toBeUndefined();
  expect(partsAt(statsOf(6), opening)).toBeUndefined();
  expect(partsAt(statsOf(5, false), opening)).toBeUndefined();
});
