import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is the directory, or in it. Both absolute; links are not followed. */
export function isBelow(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
}
