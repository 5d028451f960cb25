import { run } from '../core/hint.ts';
import type { PermissionCheck } from './permission-judgement.ts';
import { windows } from './windows/load.ts';

export type { PermissionCheck } from './permission-judgement.ts';

/**
 * The permission check for the current operating system. docs/adr/0016-access-lists.md describes
 * the check on Windows, which has access lists and no numeric users.
 *
 * @param userId undefined on Windows only
 * @throws TypeError for a system that has neither, because it would not protect files from other
 *   users
 */
export function permissionCheckFor(userId: number | undefined): PermissionCheck {
  if (userId !== undefined) return posixPermissionCheck(userId);
  const onWindows = windows();
  if (onWindows === undefined) throw new TypeError('a system without users is not supported');
  return onWindows.windowsPermissionCheck;
}

const writableByOthers = 0o022;
const writableByAll = 0o002;
const visibleToOthers = 0o055;
const sticky = 0o1000;

function posixPermissionCheck(userId: number): PermissionCheck {
  return {
    self: () => `user ${userId}`,
    permissionsOf(path, stats) {
      const { uid, gid, mode } = stats;
      const isDirectory = stats.isDirectory();
      // A link has no mode of its own. In a sticky directory, users cannot replace files of other
      // users.
      const hasMode = !stats.isSymbolicLink();
      const isSticky = (mode & sticky) !== 0;
      const isOwnGroup = gid === 0 || gid === uid;
      const write = hasMode && (mode & writableByOthers) !== 0;
      const outsidersWrite =
        hasMode && (mode & (isOwnGroup ? writableByAll : writableByOthers)) !== 0;
      return {
        isOurs: uid === userId,
        isTrusted: uid === userId || uid === 0,
        owner: `user ${uid}`,
        others: { read: (mode & visibleToOthers) !== 0, write, replace: write && !isSticky },
        outsiders: { write: outsidersWrite, replace: outsidersWrite && !isSticky },
        isShared: isDirectory && isSticky && (mode & writableByAll) !== 0,
        openness: `mode ${(mode & 0o777).toString(8).padStart(4, '0')}`,
        ownCommand: () => run(['sudo', 'chown', String(userId), path]),
        closeCommand: () => run(['chmod', isDirectory ? '700' : '600', path]),
        withdrawCommand: () => run(['chmod', 'go-w', path]),
      };
    },
  };
}
