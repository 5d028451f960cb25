import nodePath, { type PlatformPath } from 'node:path';

const maxLinks = 40;

/** One file, directory or link that a path passes through. */
export interface Passed {
  /** The target of the link, if this is a link. */
  readonly leadsTo?: string;
}

/**
 * Resolves a path name by name, including links, as the system does. Returns the real path, or
 * undefined if a name does not exist.
 *
 * @param look called for each step; `isLast` is true for the final component, unless it is a link
 * @throws an error with the code ELOOP for too many links, and errors thrown by `look`
 */
export function followPath(
  path: string,
  look: (at: string, isLast: boolean) => Passed | undefined,
  paths: PlatformPath = nodePath,
): string | undefined {
  const { dirname, isAbsolute, join, parse, resolve } = paths;
  const names = namesOf(path, paths);
  let at = parse(path).root;
  for (let links = 0; ;) {
    const passed = look(at, names.length === 0);
    if (passed === undefined) return undefined;
    if (passed.leadsTo !== undefined) {
      if (++links > maxLinks) {
        throw Object.assign(new Error(`ELOOP: too many symbolic links, '${path}'`), {
          code: 'ELOOP',
          path,
        });
      }
      const target = plain(passed.leadsTo, paths);
      names.unshift(...namesOf(target, paths));
      // The target may be on another drive or have no drive: `\dir` is relative to the drive of the
      // link.
      at = isAbsolute(target) ? parse(resolve(dirname(at), target)).root : dirname(at);
      continue;
    }
    const name = names.shift();
    if (name === undefined) return at;
    at = join(at, name);
  }
}

function namesOf(path: string, { parse, sep }: PlatformPath): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep === '/' ? '/' : /[\\/]/)
    .filter((name) => name !== '' && name !== '.');
}

/** Removes the prefix that Windows puts before a literal path: `\\?\C:\dir`, `\\?\UNC\server\share`. */
function plain(target: string, { sep }: PlatformPath): string {
  if (sep === '/') return target;
  return target.replace(/^\\[\\?]\?\\(UNC\\|(?=[a-z]:))/i, (_, share: string) =>
    share === '' ? '' : '\\\\',
  );
}
