import { normalize, parse, sep } from 'node:path';
import { glob as globWith } from 'tinyglobby';

/** The files that match, absolute. Hidden ones match only where the pattern says the dot. */
export async function glob(pattern: string, directory: string): Promise<string[]> {
  // An absolute pattern needs no directory to start from.
  const cwd = directory === '' ? parse(pattern).root : directory;
  // The library's separator is `/` everywhere.
  const paths = await globWith(pattern.replaceAll(sep, '/'), {
    cwd,
    absolute: true,
    followSymbolicLinks: false,
    dot: false,
  });
  return paths.map(normalize);
}
