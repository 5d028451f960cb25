import { join, sep } from 'node:path';

/** A path in which `~` stands for the home directory, for where no shell has put it in. */
export function fromHome(path: string, homeDirectory: string): string {
  const isHome = path === '~' || path.startsWith('~/') || path.startsWith(`~${sep}`);
  return isHome ? join(homeDirectory, path.slice(1)) : path;
}
