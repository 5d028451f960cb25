import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { statIfVisible } from '../host/read-files.ts';

/**
 * The root of the git repository that the directory is in: the nearest directory from it upwards
 * with a `.git` directory or, in worktrees and submodules, a `.git` file.
 *
 * @param directory absolute
 */
export function findGitRoot(directory: string): string | undefined {
  const dotGit = statIfVisible(join(directory, '.git'));
  if (dotGit?.isDirectory() || dotGit?.isFile()) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : findGitRoot(parent);
}

/** Whether a path is the directory, or in it. Both absolute; links are not followed. */
export function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}
