import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { followPath, type Passed } from './follow-path.ts';
import type { Permissions } from './permission-judgement.ts';
import { permissionCheckFor } from './permissions.ts';
import { noteLook } from './read-recorder.ts';

/** Why a path is not followed: usually because another user could replace a part of it. */
export interface PathFault {
  /** The part of the path with the fault. */
  readonly at: string;
  /**
   * In order: the part should be a directory and is not; it belongs to another user; other users
   * can write to it; it was replaced during the check.
   */
  readonly kind: 'no-directory' | 'owner' | 'writable' | 'replaced';
  /** Undefined for the kinds `replaced` and `no-directory`. */
  readonly permissions: Permissions | undefined;
}

/**
 * Resolves a path that only the current user and the system can replace. Every directory and link
 * on it must belong to the current user or root and be writable by no other user (sticky
 * directories excepted); otherwise another user could replace it.
 *
 * @param of the expected type of the final component
 * @param refuse throws an error for a path with a fault
 * @returns the real path, or undefined if a part does not exist
 * @throws what `refuse` throws, and the system's errors
 */
export function followOwnPath(
  path: string,
  userId: number | undefined,
  of: 'directory' | 'file',
  refuse: (fault: PathFault) => never,
): string | undefined {
  return followOwnPaths([path], userId, of, refuse)[0];
}

/** Whether {@link followOwnPath} leads to something, and finds no fault. Never throws. */
export function isOwnPath(
  path: string,
  userId: number | undefined,
  of: 'directory' | 'file',
): boolean {
  const refuse = () => {
    throw new RangeError('another user can replace it');
  };
  try {
    return followOwnPath(path, userId, of, refuse) !== undefined;
  } catch {
    return false;
  }
}

/**
 * {@link followOwnPath} for several paths. Checks each directory that they share only once.
 *
 * @param refuse also receives the path that is followed
 */
export function followOwnPaths(
  paths: readonly string[],
  userId: number | undefined,
  of: 'directory' | 'file',
  refuse: (fault: PathFault, path: string) => never,
): (string | undefined)[] {
  const check = permissionCheckFor(userId);
  const passed = new Map<string, Passed>();
  return paths.map((path) =>
    followPath(path, (at, isLast) => {
      const known = isLast ? undefined : passed.get(at);
      if (known !== undefined) return known;
      noteLook('lstat', at);
      const stats = lstatSync(at, { throwIfNoEntry: false });
      if (stats === undefined) return undefined;
      const isStep = !isLast || of === 'directory';
      if (isStep && !stats.isDirectory() && !stats.isSymbolicLink())
        refuse({ at, kind: 'no-directory', permissions: undefined }, path);
      const permissions = check.permissionsOf(at, stats);
      const kind = faultOf(permissions, stats, isLast);
      if (kind !== undefined) refuse({ at, kind, permissions }, path);
      const step = stats.isSymbolicLink() ? { leadsTo: readlinkSync(at) } : {};
      if (!isLast) passed.set(at, step);
      return step;
    }),
  );
}

/** @param isLast whether this is the final component, unless it is a link */
function faultOf(
  permissions: Permissions | undefined,
  stats: Stats,
  isLast: boolean,
): PathFault['kind'] | undefined {
  if (permissions === undefined) return 'replaced';
  if (!permissions.isTrusted) return 'owner';
  const { write, replace } = permissions.others;
  return replace || (isLast && write && !stats.isSymbolicLink()) ? 'writable' : undefined;
}
