import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import type { Sourced } from '../core/json.ts';
import { requirePath } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { statIfVisible } from '../host/read-files.ts';
import { byDepth, findYamlFiles } from './find-config-files.ts';
import { findGitRoot } from './git-root.ts';
import { isDirectory, isFile } from './read.ts';

/** What an entry of `import:` leads to. */
export type Import =
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | { readonly kind: 'remote' }
  | { readonly kind: 'missing' };

/**
 * The files that an entry of `import:` names: a file, whose extension may be left out, a directory,
 * or a glob. A relative one starts from the base path, or else from the directory of the file that
 * says it. In the order they are merged: by depth, then by name.
 *
 * @param from the base path, then the directory of the importing file, both absolute
 */
export async function findImport(entry: string, from: readonly string[]): Promise<Import> {
  if (isRemote(entry)) return { kind: 'remote' };
  for (const start of isAbsolute(entry) ? [''] : from) {
    const paths = isGlob(entry) ? await globFiles(entry, start) : plainFiles(resolve(start, entry));
    if (paths.length > 0) return { kind: 'files', paths };
  }
  return { kind: 'missing' };
}

/** Any address that go-getter, which Atmos imports with, would fetch. */
function isRemote(entry: string): boolean {
  const forges = /^(github\.com|gitlab\.com|bitbucket\.org|git@[^/]+:)/;
  return /^[a-z][a-z0-9+.-]*:(\/\/|:)/i.test(entry) || forges.test(entry);
}

function isGlob(entry: string): boolean {
  return /[*?[{]/.test(entry);
}

function plainFiles(path: string): string[] {
  if (isFile(path)) return [path];
  if (isDirectory(path)) return findYamlFiles(path);
  const withExtension = ['.yaml', '.yml'].map((extension) => `${path}${extension}`);
  const found = extname(path) === '' ? withExtension.find(isFile) : undefined;
  return found === undefined ? [] : [found];
}

async function globFiles(pattern: string, start: string): Promise<string[]> {
  const { glob } = await import('../host/glob.ts');
  const paths = await glob(pattern, start);
  return byDepth(paths.filter((path) => /\.ya?ml$/.test(path)).toSorted());
}

/** Where imports of a file start from. */
export function importStarts(basePath: string, file: string): string[] {
  return [...new Set([basePath, dirname(file)])];
}

type Where = Pick<Host, 'env' | 'workingDirectory'>;

/** `--base-path`, or else `ATMOS_BASE_PATH`. */
export function chosenBasePath(
  given: Sourced<string> | undefined,
  { env }: Pick<Host, 'env'>,
): string | undefined {
  const source = 'ATMOS_BASE_PATH';
  const said = given ?? { value: env[source] ?? '', source };
  return given !== undefined || said.value !== '' ? requirePath(said) : undefined;
}

/**
 * The directory that relative imports start from, as Atmos finds it: an absolute path is itself;
 * `.`, `..` and what begins with them start from the file that says it, or from the working directory
 * when a flag or variable does; another one, an empty one too, from the root of the git repository
 * if it is there, else from the working directory. Without a repository, from the file that says it.
 *
 * @param chosen what a flag or variable says, over what the file says
 * @param file the configuration file, absolute
 */
export function resolveBasePath(
  { chosen, said, file }: { chosen: string | undefined; said: unknown; file: string },
  host: Where,
): string {
  const path = chosen ?? (typeof said === 'string' ? said : '');
  const working = host.workingDirectory();
  if (isAbsolute(path)) return path;
  if (/^\.{1,2}([/\\]|$)/.test(path)) {
    return resolve(chosen === undefined ? dirname(file) : working, path);
  }
  const root = host.env['ATMOS_GIT_ROOT_BASEPATH'] === 'false' ? undefined : findGitRoot(working);
  const starts = root === undefined ? [dirname(file), working] : [root, working];
  const candidates = starts.map((start) => join(start, path));
  return candidates.find(statIfVisible) ?? candidates[0] ?? working;
}
