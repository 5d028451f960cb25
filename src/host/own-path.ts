import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { followPath, type Passed } from './follow-path.ts';
import type { Permissions } from './permission-judgement.ts';
import { permissionCheckFor } from './permissions.ts';

/** Why the way to a path is not followed: mostly by whom something on it could be replaced. */
export interface PathFault {
  /** What is on the way, or what the path is of. */
  readonly at: string;
  /**
   * It should be a directory, and is something else; it belongs to another user; others can write to it;
   * it was replaced while it was looked at.
   */
  readonly kind: 'no-directory' | 'owner' | 'writable' | 'replaced';
  /** Undefined for what was replaced, and for what should be a directory. */
  readonly permissions: Permissions | undefined;
}

/**
 * The real path of what only we and the system can replace, or undefined where the way ends. Every
 * directory and link on the way must belong to us or root and be writable by nobody else (sticky
 * directories excepted), or another user could put something else in its place.
 *
 * @param of what the path should be of
 * @param refuse throws for what is not so
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

/**
 * {@link followOwnPath} of several paths, which looks once at each directory that they have in common.
 *
 * @param refuse also gets the path that is followed
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

/** @param isLast whether it is what the path is of, unless it is a link */
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
