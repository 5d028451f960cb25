import { normalize, parse, sep } from 'node:path';
import { glob as globWith } from 'tinyglobby';
import { refuseRecord } from './read-recorder.ts';

/** The absolute paths of matching files. A hidden file matches only if the pattern contains the dot. */
export async function glob(pattern: string, directory: string): Promise<string[]> {
  refuseRecord('files were searched by a pattern');
  // An absolute pattern needs no base directory.
  const cwd = directory === '' ? parse(pattern).root : directory;
  // The library uses `/` as the separator on every system.
  const paths = await globWith(pattern.replaceAll(sep, '/'), {
    cwd,
    absolute: true,
    followSymbolicLinks: false,
    dot: false,
  });
  return paths.map(normalize);
}
