import { dirname, extname, isAbsolute, resolve } from 'node:path';
import { byDepth, findYamlFiles } from './find-files.ts';
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
  const { glob } = await import('./glob.ts');
  const paths = await glob(pattern, start);
  return byDepth(paths.filter((path) => /\.ya?ml$/.test(path)).toSorted());
}

/** Where imports of a file start from. */
export function importStarts(basePath: string, file: string): string[] {
  return [...new Set([basePath, dirname(file)])];
}
