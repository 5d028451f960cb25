import nodePath, { type PlatformPath } from 'node:path';

const maxLinks = 40;

/** What is at a path on the way. */
export interface Passed {
  /** What the link says, where it is one. */
  readonly leadsTo?: string;
}

/**
 * Follows a path name by name, links too, as the system does. Returns the real path, or undefined
 * where the way ends.
 *
 * @param look sees all that is passed; `isLast`: it is what the path is of, unless it is a link
 * @throws an error with the code ELOOP for too many links, and what `look` throws
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
      // It may be of another drive, or of none: `\dir` is one of the drive that the link is on.
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

/** Without what Windows puts before a path that it takes as it is: `\\?\C:\dir`, `\\?\UNC\server\share`. */
function plain(target: string, { sep }: PlatformPath): string {
  if (sep === '/') return target;
  return target.replace(/^\\[\\?]\?\\(UNC\\|(?=[a-z]:))/i, (_, share: string) =>
    share === '' ? '' : '\\\\',
  );
}
