import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closedInHome, describeClosed } from '../../src/host/closed-home.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('a home directory that is a link to itself cannot be searched', () => {
  const homeDirectory = join(temporaryDirectory(), 'home');
  symlinkSync(homeDirectory, homeDirectory);
  const closed = closedInHome(join(homeDirectory, '.config/atmos'), { homeDirectory });
  expect(closed).toEqual({ path: homeDirectory, owner: undefined });
  expect(closed && describeClosed(closed)).toBe(`cannot search ${homeDirectory}`);
});

test('a home directory that is a file is treated as empty', () => {
  const directory = '/dev/null/.config/atmos';
  expect(closedInHome(directory, { homeDirectory: '/dev/null' })).toBeUndefined();
});
