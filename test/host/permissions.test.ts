import { constants, Stats } from 'node:fs';
import { expect, test } from 'vitest';
import { permissionCheckFor } from '../../src/host/permissions.ts';

test.skipIf(process.platform === 'win32')('a system without user ids is not supported', () => {
  expect(() => permissionCheckFor(undefined)).toThrow(
    new TypeError('a system without users is not supported'),
  );
});

const statsOf = (said: Partial<Stats>) =>
  Object.assign(Object.create(Stats.prototype) as Stats, said);

/**
 * Who may write to a file with this mode: `others` are all other users, `outsiders` those outside
 * of the personal group of the owner.
 */
test.skipIf(process.platform === 'win32').each([
  [
    { mode: 0o644, uid: 7, gid: 8 },
    { others: false, outsiders: false },
  ],
  [
    { mode: 0o664, uid: 7, gid: 7 },
    { others: true, outsiders: false },
  ],
  [
    { mode: 0o664, uid: 7, gid: 0 },
    { others: true, outsiders: false },
  ],
  [
    { mode: 0o664, uid: 7, gid: 8 },
    { others: true, outsiders: true },
  ],
  [
    { mode: 0o646, uid: 7, gid: 7 },
    { others: true, outsiders: true },
  ],
])(
  'members of the personal group of the owner are others, but not outsiders: %j',
  (stats, expected) => {
    const path = '/p/file';
    const permissions = permissionCheckFor(7).permissionsOf(path, statsOf(stats));
    expect({
      others: permissions?.others.write,
      outsiders: permissions?.outsiders.write,
    }).toEqual(expected);
  },
);

test.skipIf(process.platform === 'win32')(
  'users cannot replace files of other users in a directory like /tmp',
  () => {
    const of = (type: number, mode: number) =>
      permissionCheckFor(7).permissionsOf('/p', statsOf({ mode: type | mode }));
    const { S_IFDIR, S_IFREG, S_IFLNK } = constants;
    expect(of(S_IFDIR, 0o1777)).toMatchObject({
      isShared: true,
      others: { write: true, replace: false },
      outsiders: { write: true, replace: false },
    });
    expect(of(S_IFDIR, 0o777)).toMatchObject({ isShared: false, outsiders: { replace: true } });
    expect(of(S_IFREG, 0o1777)).toMatchObject({ isShared: false });
    // A link has no mode of its own.
    expect(of(S_IFLNK, 0o777)).toMatchObject({
      others: { write: false, replace: false },
      outsiders: { write: false, replace: false },
    });
  },
);
