import { glob as globWith } from 'tinyglobby';

/** The files that match, absolute. Hidden ones match only where the pattern says the dot. */
export function glob(pattern: string, directory: string): Promise<string[]> {
  // An absolute pattern needs no directory to start from.
  const cwd = directory === '' ? '/' : directory;
  return globWith(pattern, { cwd, absolute: true, followSymbolicLinks: false, dot: false });
}
