import { statSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/**
 * The root of the git repository that the directory is in: the nearest directory from it upwards
 * with a `.git`, be that a directory or, in worktrees and submodules, a file.
 *
 * @param directory absolute
 */
export function findGitRoot(directory: string): string | undefined {
  const dotGit = statOf(join(directory, '.git'));
  if (dotGit?.isDirectory() || dotGit?.isFile()) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : findGitRoot(parent);
}

/** Undefined for what is not there or may not be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether a path is the directory, or in it. Both absolute; links are not followed. */
export function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}
